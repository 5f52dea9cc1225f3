"""Two runs of a configuration, file by file: clean runs of one version, or the runs of two versions."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from checkout import Checkout
from safetensors.numpy import load_file

#: Of a run's files, those that need not be the same: by their first folder, or by name.
EXEMPT_FOLDERS = ("figures", "logs", "benchmarks", "checkpoints")
EXEMPT_FILES = {
    "provenance.json": "provenance",
    "report.html": "reports",
    "rule_times.tsv": "times",
    "arm_times.tsv": "times",
    "disk_use.tsv": "sizes",
}


@dataclass(frozen=True)
class Comparison:
    """Files of two runs, relative to their folders.

    Parameters
    ----------
    equal, differing
        In both, with the same bytes or others.
    lone
        In one of them alone.
    exempt
        How many, by kind, are not compared.
    """

    equal: list[str]
    differing: list[str]
    lone: list[str]
    exempt: Mapping[str, int]

    @property
    def is_same(self) -> bool:
        return not self.differing and not self.lone


@dataclass(frozen=True)
class TimedRun:
    """A clean run on so many cores."""

    results: Path
    cores: int
    seconds: float


def clean_run(folder: Path, configuration: str, name: str, cores: int, arguments: Sequence[str] = ()) -> TimedRun:
    """Copy the code to a folder and run it there as a user does; ``name`` is the run's own."""
    folder.mkdir(parents=True)
    checkout = Checkout(folder)
    started = time.monotonic()
    checkout.snakemake("--configfile", configuration, "--cores", str(cores), *arguments)
    return TimedRun(folder / "results" / name, cores, time.monotonic() - started)


def compare(one: Path, other: Path) -> Comparison:
    """Compare the files of two runs by content."""
    first, second = _files(one), _files(other)
    compared = sorted(file for file in first & second if _exemption(file) is None)
    equal = [file for file in compared if _digest(one / file) == _digest(other / file)]
    return Comparison(
        equal=equal,
        differing=sorted(set(compared) - set(equal)),
        lone=sorted(file for file in first ^ second if _exemption(file) is None),
        exempt=dict(Counter(filter(None, map(_exemption, sorted(first | second))))),
    )


def renamed_tensors(one: Path, other: Path, files: Sequence[str]) -> list[str]:
    """Those of ``files`` that hold the same tensors in both runs under other names."""
    weights = (file for file in files if file.endswith(".safetensors"))
    return [file for file in weights if _tensors(one / file) == _tensors(other / file)]


def _tensors(file: Path) -> Counter[tuple[str, str, tuple[int, ...], bytes]]:
    """The tensors of a file of weights by seed, type, shape and digest, whatever they are called."""
    return Counter(
        (name.partition("/")[0], str(value.dtype), value.shape, hashlib.sha256(value.tobytes()).digest())
        for name, value in load_file(file).items()
    )


def _files(folder: Path) -> set[str]:
    return {str((Path(place) / name).relative_to(folder)) for place, _, names in os.walk(folder) for name in names}


def _exemption(file: str) -> str | None:
    """The kind for which a file is not compared; None where it is."""
    first = Path(file).parts[0]
    return first if first in EXEMPT_FOLDERS else EXEMPT_FILES.get(file)


def _digest(file: Path) -> bytes:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest()
