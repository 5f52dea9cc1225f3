"""Glue between a Snakemake job and the pure function that does its work."""

from __future__ import annotations

import inspect
import logging
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from tqdm import tqdm

from .disk_errors import disk_error
from .errors import InputError
from .gpus import leased_gpus
from .integrity import require_intact

Item = TypeVar("Item")
logger = logging.getLogger("rc")

#: Parameters that every rule has so that a job runs again after an edit of code, and after a change of a user's file.
CHANGES = {"code", "given_files"}


def run_job(snakemake: Any, function: Callable[..., None]) -> None:
    """Run ``function`` as the body of a Snakemake job, with the named inputs, outputs and parameters of its rule.

    Messages go to the job's log file and to the terminal. An :class:`InputError`, a fault of the disk and a damaged
    input end the job with their text alone. Any other exception is a defect of the workflow and leaves its traceback in
    the log. An interrupt by the user leaves none.
    """
    log = Path(snakemake.log[0])
    _log_to(log)
    try:
        require_intact(snakemake.input, _folder_of_run(log))
        with leased_gpus(_gpus_of(snakemake)):
            function(**bound_arguments(snakemake, function))
    except InputError as error:
        logger.error("%s", error)
        sys.exit(1)
    except KeyboardInterrupt:
        logger.error("interrupted")
        sys.exit(130)
    except Exception as error:
        logger.error("%s", disk_error(error) or traceback.format_exc())
        sys.exit(1)


def _gpus_of(job: Any) -> int:
    """The GPUs that a job asks for."""
    return getattr(getattr(job, "resources", None), "gpu", 0)


def bound_arguments(job: Any, function: Callable[..., None]) -> dict[str, Any]:
    """The arguments of ``function``: the named inputs, outputs and parameters of a job.

    A parameter annotated as Path, ``Path | None`` or a list or sequence of Path gets its files as such; an empty list
    of files is None for ``Path | None``.
    """
    types = get_type_hints(function)
    return {name: _converted(value, types.get(name)) for name, value in named_values(job, function).items()}


def named_values(rule: Any, function: Callable[..., None]) -> dict[str, Any]:
    """Name and value of the inputs, outputs and parameters of a rule or job that ``function`` takes.

    Inputs without a name only have to be there. The parameters by which a job runs again after a change are left out
    unless the function takes them.

    Raises
    ------
    TypeError
        If a name is given twice, the function does not take one, or one that it needs is missing.
    """
    parameters = inspect.signature(function).parameters
    named = [item for part in (rule.input, rule.output, rule.params) for item in part.items()]
    values = {name: value for name, value in named if name not in CHANGES or name in parameters}
    needed = {name for name, parameter in parameters.items() if parameter.default is inspect.Parameter.empty}
    faults = {
        "given twice": {name for name, times in Counter(name for name, _ in named).items() if times > 1},
        "unknown": values.keys() - parameters.keys(),
        "missing": needed - values.keys(),
    }
    found = [f"{fault}: {', '.join(sorted(names))}" for fault, names in faults.items() if names]
    if found:
        raise TypeError(f"the names of the rule are not the parameters of {function.__name__} ({'; '.join(found)})")
    return values


def _converted(value: Any, annotation: Any) -> Any:
    if annotation in (list[Path], Sequence[Path]):
        return [Path(value)] if isinstance(value, str) else [Path(path) for path in value]
    if annotation == Path | None and not isinstance(value, str):
        return next((Path(path) for path in value or []), None)
    return Path(value) if annotation in (Path, Path | None) else value


def progress(items: Iterable[Item], *, description: str, unit: str, total: float | None = None) -> Iterable[Item]:
    """A progress bar on a terminal; nothing where standard error is a file."""
    return tqdm(items, desc=description, unit=unit, total=total, unit_scale=True, disable=not sys.stderr.isatty())


def _folder_of_run(log: Path) -> Path:
    """The folder of a run, in whose folder ``logs`` all of its jobs keep theirs."""
    return next((folder.parent for folder in log.parents if folder.name == "logs"), log.parent)


def _log_to(log_file: Path) -> None:
    logger.setLevel(logging.INFO)
    logger.handlers.clear()
    logger.propagate = False
    # Where the disk is full, what stands on the terminal must not be buried under complaints about the log file.
    logging.raiseExceptions = False
    _add_handler(logging.StreamHandler(sys.stderr))
    try:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        _add_handler(logging.FileHandler(log_file, mode="w", encoding="utf-8"))
    except OSError as error:
        logger.error("%s", disk_error(error, log_file) or error)
        sys.exit(1)


def _add_handler(handler: logging.Handler) -> None:
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
