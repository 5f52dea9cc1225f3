"""Checks of `make run`, `make report` and `make benchmark` before Snakemake starts, and the work of `make clean-run`.

Snakemake answers the name of an absent configuration with a traceback, and an early report with the first of its files
that it misses. Usage: ``python -m plan.commands run FILE...``, ``report FILE... [--data FOLDER]`` (prints the path of
the report), ``outdated FILE... [--data FOLDER]`` (prints a notice if results are out of date), ``benchmark NAME``
(prints the configuration of the benchmark) or ``clean NAME`` (removes files of a run).
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import yaml
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

from configuration import resolve
from configuration.documentation import SCHEMA_FILE
from figures.registry import figure_files
from workflow_support.errors import InputError

from . import Plan
from .leftovers import clean_run
from .outdated import outdated

BENCHMARKS = Path("resources/benchmarks")


def require_configurations(files: Sequence[Path]) -> None:
    """Raise an InputError unless there are files, and all of them exist and hold keys with values."""
    if not files:
        raise InputError(
            "no configuration was given",
            allowed="one file, or several of which each is laid over those before it",
            fix="add CONFIG=FILE; `make config BED=peaks.bed GENOME=hg19.fa.gz` writes such a file",
        )
    for file in files:
        if not file.is_file():
            others = [str(other) for other in file.parent.glob("*.yaml") if other.is_file()]
            near = get_close_matches(str(file), others, n=1)
            raise InputError(
                f"there is no configuration {file}",
                found="a folder" if file.is_dir() else None,
                allowed=f"an existing file; relative paths start at {Path.cwd()}",
                fix=f"did you mean {near[0]}?" if near else "correct the name of the file",
            )
        _require_keys(file)


def _require_keys(file: Path) -> None:
    """Raise an InputError unless a file is YAML with keys; Snakemake says neither which file nor which line is not."""
    allowed = "a configuration in YAML: keys with values"
    fix = "give a file such as `make config BED=peaks.bed GENOME=hg19.fa.gz` writes"
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise InputError("the file is not text in UTF-8", file=file, allowed=allowed, fix=fix) from None
    except OSError as error:
        raise InputError(
            "the file cannot be read", file=file, found=error.strerror, allowed=allowed, fix="change its permissions"
        ) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise InputError(
            "the file is not valid YAML",
            file=file,
            line=mark.line + 1 if mark else None,
            found=error.problem,
            allowed=allowed,
            fix="look at this line and those before it: indent with spaces, and close brackets and quotation marks",
        ) from None
    except yaml.YAMLError as error:
        raise InputError("the file is not valid YAML", file=file, found=error, allowed=allowed, fix=fix) from None
    except RecursionError:
        # Found with its line when the configuration is resolved.
        return
    if not isinstance(content, dict) or not content:
        found = "nothing" if content is None else f"{type(content).__name__}, not keys"
        raise InputError("the file has no keys", file=file, found=found, allowed=allowed, fix=fix)


def report_of(files: Sequence[Path], data: str | None = None) -> Path:
    """The path of the report of a finished run.

    Raises
    ------
    InputError
        If a configuration is absent or cannot be used, or the run is not finished.
    """
    plan = _plan_of(files, data)
    wanted = plan.outputs.final(figure_files(plan))
    missing = [file for file in wanted if not Path(file).exists()]
    if missing:
        raise InputError(
            f"the run {plan.run.name} is not finished, so there is nothing to report yet",
            found=f"{len(missing)} of {len(wanted)} files are missing, such as {missing[-1]}",
            allowed="a finished run",
            fix=f"run `make run CONFIG={_quoted(files)}` first",
        )
    return Path(plan.run.path("report.html"))


def notice_of(files: Sequence[Path], data: str | None = None) -> str:
    """The notice of :func:`plan.outdated.outdated` on the run of these configuration files."""
    return outdated(_plan_of(files, data).run, files, data)


def _plan_of(files: Sequence[Path], data: str | None) -> Plan:
    """The plan of a finished run, whose input files may be absent."""
    require_configurations(files)
    config: dict = {}
    for file in files:
        update_config(config, load_configfile(file))
    return Plan(*resolve(config | ({"data": data} if data else {}), files, SCHEMA_FILE, needs_inputs=False))


def benchmark_file(name: str, folder: Path = BENCHMARKS) -> Path:
    """The configuration of the benchmark to which a data set such as ``gue/human_tf_0`` belongs.

    Raises
    ------
    InputError
        If the name is not that of a benchmark and one of its data sets.
    """
    sets = {
        f"{file.stem}/{task}": file for file in sorted(folder.glob("*.yaml")) for task in load_configfile(file)["tasks"]
    }
    if name in sets:
        return sets[name]
    benchmarks = sorted({known.partition("/")[0] for known in sets})
    same = [known for known in sets if known.endswith(f"/{name.rpartition('/')[2]}")]
    near = same or get_close_matches(name, sets, n=3, cutoff=0.5)
    raise InputError(
        f"NAME={name} is not a data set of a benchmark",
        allowed=f"BENCHMARK/SET, where BENCHMARK is one of {', '.join(benchmarks)}",
        fix=f"did you mean {' or '.join(f'NAME={each}' for each in near)}?" if near else f"choose a set of {folder}/",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("run", "report", "outdated"):
        commands.add_parser(command).add_argument("files", nargs="*", type=Path)
    for command in ("report", "outdated"):
        commands.choices[command].add_argument("--data")
    for command in ("benchmark", "clean"):
        commands.add_parser(command).add_argument("name")
    given = parser.parse_args(arguments)
    try:
        if given.command == "run":
            require_configurations(given.files)
        elif given.command == "clean":
            logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
            clean_run(given.name)
        elif given.command == "benchmark":
            print(benchmark_file(given.name))
        else:
            print((report_of if given.command == "report" else notice_of)(given.files, given.data))
    except (InputError, WorkflowError) as error:
        sys.exit(str(error))


def _quoted(files: Sequence[Path]) -> str:
    text = " ".join(map(str, files))
    return f"'{text}'" if len(files) > 1 else text


if __name__ == "__main__":
    main()
