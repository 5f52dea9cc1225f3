"""The notice that the results of a finished run are out of date, for `make report`, which shows results as they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from workflow_support.provenance import file_digest

from .run import Run

NOTICE_VARIABLE = "REPORT_NOTICE"
"""The environment variable with the notice that the report shows. It may be empty.

Where it is set, a finished run is looked at and nothing is done, so that input files may have moved away.
"""
_NAMED = 3


def outdated(run: Run, files: Sequence[Path], data: str | None = None) -> str:
    """The notice of a finished run; empty if its results are those of its configuration, inputs and code as they are.

    Snakemake itself says what it would make again, so that every kind of change counts.

    Parameters
    ----------
    files, data
        The configuration files of the run as they are given to Snakemake, and the folder that ``{data}`` stands for.
    """
    sentences = []
    absent = [key for key, file in run.input_files().items() if not Path(file).exists()]
    if absent:
        sentences.append(
            f"Input files of {run.name} are no longer there ({_listed(absent)}), so nobody can tell whether they "
            "changed before they left."
        )
    options = ["--config", f"data={data}"] if data else []
    chosen = " ".join(map(str, files))
    command = f"make run CONFIG={chosen}" if len(files) == 1 else f"make run CONFIG='{chosen}'"
    command += f" DATA={data}" if data else ""
    try:
        pending, total = _pending([*map(str, files)], options)
    except subprocess.CalledProcessError as error:
        words = (error.stderr.strip().splitlines() or ["no message"])[-1]
        return " ".join([*sentences, f"Snakemake could not say whether the results are up to date: {words}"])
    if pending:
        changed = _listed(_changes(run)) or "a file or the code of the workflow"
        sentences.append(
            f"{changed} changed after the results of {run.name} were made: {pending:,} of {total:,} files would be "
            f"made again. `{command}`, and then `make report` as before, brings the report up to date."
        )
    return " ".join(sentences)


def _pending(files: Sequence[str], options: Sequence[str]) -> tuple[int, int]:
    """The number of files that Snakemake would make again, and of all that the run makes."""
    command = [sys.executable, "-m", "snakemake", "--summary", "--configfile", *files, *options]
    environment = os.environ | {NOTICE_VARIABLE: ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    header, *lines = (line.split("\t") for line in done.stdout.splitlines() if "\t" in line)
    plans = [dict(zip(header, line, strict=True))["plan"] for line in lines]
    return plans.count("update pending"), len(plans)


def _changes(run: Run) -> list[str]:
    """The keys of the configuration, and of input files, that differ from those of the finished run."""
    settings, record = (Path(run.path(name)) for name in ("config.yaml", "provenance.json"))
    before = yaml.safe_load(settings.read_text(encoding="utf-8"))
    keys = [".".join(path) for path in sorted(_differing(before, run.settings), key=len)]
    inputs = json.loads(record.read_bytes())["inputs"]
    contents = [
        location.address
        for key, location in run.locations.items()
        if key in inputs
        and not location.is_remote
        and Path(location.address).exists()
        and file_digest(Path(location.address)) != inputs[key]["digest"]
    ]
    return [*dict.fromkeys(contents), *(f"`{key}`" for key in keys)]


def _differing(before: Any, after: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of the keys at which two configurations differ; those below a key that only one has are left out."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*after, *(key for key in before if key not in after)]:
            if key in before and key in after:
                yield from _differing(before[key], after[key], (*path, str(key)))
            else:
                yield (*path, str(key))
    elif before != after:
        yield path


def _listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    shown = [*names[:_NAMED], *([f"{len(names) - _NAMED} more"] if len(names) > _NAMED else [])]
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
