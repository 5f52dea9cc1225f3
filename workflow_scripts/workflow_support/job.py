"""Glue between a Snakemake job and the pure function that does its work."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from .disk_errors import storage_error
from .errors import InputError
from .integrity import require_whole

Item = TypeVar("Item")
logger = logging.getLogger("rc")


def run_job(snakemake: Any, function: Callable[..., None], **arguments: Any) -> None:
    """Call ``function(**arguments)`` as the body of a Snakemake job.

    Messages go to the job's log file and to the terminal. An :class:`InputError` ends the job with its text alone, and
    so does what a disk does, as inputs that are gone or were cut off; any other exception is a defect of ours and
    leaves its traceback in the log. An interrupt by the user leaves none.
    """
    log = Path(snakemake.log[0])
    _log_to(log)
    try:
        require_whole(snakemake.input, _folder_of_run(log))
        function(**arguments)
    except InputError as error:
        logger.error("%s", error)
        sys.exit(1)
    except KeyboardInterrupt:
        logger.error("interrupted")
        sys.exit(130)
    except Exception as error:
        logger.error("%s", storage_error(error) or traceback.format_exc())
        sys.exit(1)


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
        logger.error("%s", storage_error(error, log_file) or error)
        sys.exit(1)


def _add_handler(handler: logging.Handler) -> None:
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
