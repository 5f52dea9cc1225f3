"""Whatever changes, one run suffices: all outputs are then those of a clean run.

Every input file and every key that the small run uses is changed, Snakemake runs once on what the run before left, and
each output is compared with that of a run in an empty folder. Left out are `rule_times.tsv`, `arm_times.tsv` and
`disk_use.tsv`, which hold times and sizes, and what is no output: logs, benchmarks and checkpoints. A clean run takes
the outputs of a job from memory if another run did the same work, which is a script with the same arguments on files
with the same content; for one change of each section, and for files, the clean run does all of its jobs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from run_changes import CHANGES, UNUSED, is_unused, keys
from small_run import SETTINGS, SmallRun, new_run, write_files

from configuration import resolve
from configuration.documentation import SCHEMA_FILE
from workflow_support.provenance import file_digest

FILES = (
    *("genome.fa", "peaks.narrowPeak", "blacklist.bed", "unlabelled.bed", "labelled.csv", "regions.bed", "oligos.fa"),
    *("known.jaspar", "scored.jaspar", "variants.tsv"),
)
#: One change of each section, with a clean run that does all of its jobs.
WHOLE = (
    *("data", "genomes.*.blacklist", "windows.width", "negatives.seed", "networks.*.trunk.kernel_widths"),
    *("trainings.*.learning_rate", "compute.stacked_replicates", "hyperbolicity.split", "study.seeds"),
    *("tasks.*.strongest", "predict.*.contigs", "attribute.*.strongest", "variants.*.motif"),
)


def changed_settings(key: str, folder: Path) -> dict[str, Any]:
    """The settings of the small run after the change of a key of the schema."""
    settings = deepcopy(SETTINGS)
    for path, value in CHANGES[key].items():
        *above, last = path.split(".")
        section: dict[str, Any] = settings
        for name in above:
            section = section.setdefault(name, {})
        if value is None:
            del section[last]
        else:
            section[last] = with_checksums(value, folder)
    return settings


def with_checksums(value: Any, folder: Path) -> Any:
    """A value in which paths are locations with their right checksums."""
    if isinstance(value, Path):
        return {"location": str(value), "checksum": file_digest(folder / value)}
    if isinstance(value, Mapping):
        return {key: with_checksums(each, folder) for key, each in value.items()}
    return [with_checksums(each, folder) for each in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> SmallRun:
    """The small run, done."""
    folder = tmp_path_factory.mktemp("small")
    run = new_run(folder / "base", folder / "memory")
    run.run()
    return run


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the input files alone."""
    folder = tmp_path_factory.mktemp("inputs")
    for seed, name in enumerate(("inputs", "others"), start=1):
        write_files(folder / name, seed)
    return folder


def replace_file(file: Path, other: Path, age: str) -> None:
    """Write another file over a file; an older one is as if it was moved there."""
    file.write_bytes(other.read_bytes())
    if age == "older":
        os.utime(file, (1e9, 1e9))


def assert_one_run_suffices(again: SmallRun, *, clean_run_remembers: bool) -> None:
    """Do a changed run once, and compare its outputs with those of a clean run."""
    again.run()
    clean = again.copy(again.folder.parent / "clean", again.settings, with_results=False)
    clean.run(remembers=clean_run_remembers)
    assert again.ran
    expected, found = clean.digests(), again.digests()
    assert expected
    assert [file for file, digest in expected.items() if found.get(file) != digest] == []
    shutil.rmtree(again.folder)
    shutil.rmtree(clean.folder)


def test_every_key_has_a_change_or_a_reason_for_none() -> None:
    """A key without a row here may leave old results behind, and nothing would show it."""
    assert {key for key in keys() if not is_unused(key)} == set(CHANGES)
    assert not [start for start in UNUSED if not any(is_unused(key) and key.startswith(start) for key in keys())]


@pytest.mark.parametrize("key", CHANGES)
def test_every_change_is_allowed_and_changes_the_configuration(
    key: str, inputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(inputs)
    changed = resolve(changed_settings(key, inputs), [], SCHEMA_FILE)
    assert yaml.safe_dump(changed.settings) != yaml.safe_dump(resolve(SETTINGS, [], SCHEMA_FILE).settings)


@pytest.mark.parametrize("file", FILES)
def test_every_file_has_another_content(file: str, inputs: Path) -> None:
    assert (inputs / "inputs" / file).read_bytes() != (inputs / "others" / file).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("age", ["older", "newer"])
@pytest.mark.parametrize("file", FILES)
def test_one_run_suffices_after_a_change_of_a_file(file: str, age: str, finished: SmallRun, tmp_path: Path) -> None:
    run = finished.copy(tmp_path / "again", SETTINGS)
    replace_file(run.folder / "inputs" / file, run.folder / "others" / file, age)
    assert_one_run_suffices(run, clean_run_remembers=age == "newer")


@pytest.mark.slow
@pytest.mark.parametrize("key", CHANGES)
def test_one_run_suffices_after_a_change_of_a_key(key: str, finished: SmallRun, tmp_path: Path) -> None:
    run = finished.copy(tmp_path / "again", changed_settings(key, finished.folder))
    assert_one_run_suffices(run, clean_run_remembers=key not in WHOLE)


def test_one_run_suffices_for_the_labelled_task(tmp_path: Path) -> None:
    """A small part of the above: a key, and a file over which an older one was moved."""
    arms = {"paired": SETTINGS["study"]["arms"]["paired"]}
    settings = {key: SETTINGS[key] for key in ("name", "data", "genomes", "networks", "trainings")} | {
        "study": {"arms": arms, "seeds": [1]},
        "tasks": {"words": SETTINGS["tasks"]["words"]},
        "predict": {"oligos": SETTINGS["predict"]["oligos"]},
    }
    run = new_run(tmp_path / "base", tmp_path / "memory", settings)
    run.run()
    run.run()
    assert not run.ran
    again = run.copy(tmp_path / "again", settings | {"study": {"arms": arms, "seeds": [1, 2]}})
    replace_file(again.folder / "inputs/oligos.fa", again.folder / "others/oligos.fa", "older")
    assert_one_run_suffices(again, clean_run_remembers=True)
    assert {"normalise_genome", "train", "predict_binding"} <= set(again.ran)
    assert "prepare_sequences" not in again.ran
