"""The modules that train and evaluate networks for each kind of task, and the files that they read.

The row of a kind in :data:`workflow_support.kinds.KINDS` names its two modules. The training module has a function
``prepare(files, settings, network)``, which returns a :class:`learning.training.replicates.TrainingData`; its settings
are a row of :data:`learning.training.options.TRAININGS`. The evaluation module has a function
``evaluate(combination, files)``, which returns a :class:`learning.evaluation.records.TestFindings` for each replicate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from workflow_support.kinds import KINDS


def module_of_kind(kind: str, script: str) -> ModuleType:
    """The module of a kind of task for the script ``train`` or ``evaluate``."""
    return import_module(getattr(KINDS[kind], script))


def modules_of_kind(kind: str, script: str) -> list[str]:
    """The names of the modules that a script loads for a kind of task, beside those that it imports."""
    return [getattr(KINDS[kind], script)]


def modules_of_script(script: str) -> list[str]:
    """The names of the modules that a script loads for tasks of any kind; none for scripts that load none."""
    return sorted({getattr(kind, script) for kind in KINDS.values() if hasattr(kind, script)})


@dataclass(frozen=True)
class TaskFiles:
    """The files of a task that a network is trained or evaluated on.

    Parameters
    ----------
    windows
        The table of windows.
    sequences
        k-mers or base codes of the windows.
    extras
        Further files by name: ``classes`` of a labelled task, ``counts`` of a profile task, input tracks, and, for an
        evaluation, ``near_copies`` and, of a binary task, ``surroundings``.
    fold
        The fold whose networks are trained, as :func:`genome_data.folds.roles` takes it.
    """

    windows: Path
    sequences: Path
    extras: Mapping[str, Path]
    fold: int | None = None

    @classmethod
    def named(cls, windows: Path, sequences: Path, extras: Sequence[Path], names: Sequence[str]) -> TaskFiles:
        """The files of a task, the extra ones in the order of their ``names``."""
        return cls(windows, sequences, dict(zip(names, extras, strict=True)))
