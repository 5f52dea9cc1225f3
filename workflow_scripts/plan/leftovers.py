"""Files that a run no longer declares: outputs of predictions, arms, sizes and seeds that left its configuration."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from snakemake.common.configfile import load_configfile

from configuration import resolve
from configuration.documentation import SCHEMA_FILE
from figures.registry import figure_files
from workflow_support.disk_use import disk_use, disk_use_in_words, files_below
from workflow_support.errors import InputError
from workflow_support.job import logger
from workflow_support.shared_files import unused_sets

from . import Plan
from .run import SHARED_GENOMES

#: Folders of a run in which every file is an output or a checkpoint. What a user puts elsewhere is never touched, and
#: logs and benchmarks are small.
FOLDERS = (
    *("attributions", "checked", "checkpoints", "downloads", "figures", "genomes", "models", "opened"),
    *("predictions", "signal", "study", "tasks", "variants"),
)
LOCKS = Path(".snakemake/locks")


def clean_run(name: str) -> None:
    """Remove what a run does not declare, and shared genomes that no run uses; log how much, and how much is left.

    Raises
    ------
    InputError
        If there is no such run, or jobs may be running.
    """
    folder = Path("results", name)
    plan = _last_plan(folder)
    if LOCKS.is_dir() and any(LOCKS.iterdir()):
        raise InputError(
            "a run is going on in this folder, or was killed",
            found=f"locks in {LOCKS}",
            allowed="no run while files are removed",
            fix="wait for the end of the run, or use `snakemake --configfile FILE --unlock` if there is none",
        )
    files = undeclared(plan, folder)
    size = sum(file.lstat().st_size for file in files) / 1e6
    for file in files:
        logger.info("removed: %s", file)
        file.unlink()
    for below in FOLDERS:
        _remove_empty(folder / below)
    for genome in unused_sets(Path(SHARED_GENOMES), folder.parent.glob("*/genomes/*/*")):
        logger.info("removed: %s, a genome that no run uses", genome)
        shutil.rmtree(genome)
    logger.info(
        "%s: removed %d files of %.1f MB that results/%s/config.yaml does not declare.", name, len(files), size, name
    )
    logger.info("%s", disk_use_in_words(name, disk_use(folder)))


def report_undeclared(plan: Plan) -> None:
    """Warn of files that look like results of the run, but are of settings that left its configuration."""
    name = plan.run.settings["name"]
    files = [file for file in undeclared(plan, Path("results", name)) if "checkpoints" not in file.parts]
    if files:
        logger.warning(
            "%d files in results/%s are of settings that are no longer in the configuration, such as %s. "
            "`make clean-run NAME=%s` removes them.",
            len(files),
            name,
            files[0],
            name,
        )


def undeclared(plan: Plan, folder: Path) -> list[Path]:
    """The files in the folders of a run that are neither its outputs nor checkpoints of its trainings."""
    declared = {Path(path) for path in plan.outputs.final(figure_files(plan))} | set(_checkpoints(plan))
    return sorted(file for below in FOLDERS for file in files_below(folder / below) if file not in declared)


def _last_plan(folder: Path) -> Plan:
    """The plan of the configuration that the last finished run was of."""
    file = folder / "config.yaml"
    if not file.is_file():
        runs = sorted(each.parent.name for each in folder.parent.glob("*/config.yaml"))
        raise InputError(
            f"there is no finished run {folder.name}",
            found=f"no file {file}",
            allowed=f"NAME=RUN, where RUN is one of {', '.join(runs)}" if runs else "the name of a finished run",
            fix="correct NAME, or let the run finish: it says what is declared",
        )
    return Plan(*resolve(load_configfile(file), [file], SCHEMA_FILE, needs_inputs=False))


def _checkpoints(plan: Plan) -> Iterable[Path]:
    models = plan.models
    for task in plan.run.tasks:
        for arm in models.arms_for(task):
            for size in models.sizes[task, arm]:
                for seed in models.study["seeds"]:
                    yield Path(plan.run.path(f"checkpoints/{task}/{arm}/{size}/seed{seed}.safetensors"))


def _remove_empty(folder: Path) -> None:
    """Remove the folders below one, and itself, that hold nothing."""
    for each in [*sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True), folder]:
        if each.is_dir() and not any(each.iterdir()):
            each.rmdir()
