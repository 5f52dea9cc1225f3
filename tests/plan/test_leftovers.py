"""`make clean-run`: what left the configuration of a run goes, and all else stays."""

import logging
from pathlib import Path

import pytest
import yaml

from configuration import resolve
from configuration.documentation import SCHEMA_FILE
from figures.registry import figure_files
from plan import Plan
from plan.commands import main
from plan.leftovers import clean_run, report_undeclared
from workflow_support.errors import InputError

ROOT = Path(__file__).parents[2]
ARM = {"representation": "rcps", "kmer": 1, "channels": 8}
SETTINGS = {
    "name": "motifs",
    "study": {"arms": {"rcps": ARM, "wide": ARM | {"channels": 16}}, "seeds": [1, 2]},
    "tasks": {
        "motifs": {"kind": "labelled", "sequences": {"all": "s.csv", "make_splits": {"validation": 0.2, "test": 0.2}}}
    },
    "predict": {"oligos": {"task": "motifs", "arm": "rcps", "sequences": "oligos.fa"}},
}
RUN = Path("results/motifs")
KEPT = [
    *(RUN / name for name in ("notes.txt", "report.html", "logs/train/motifs/rcps/all.log", "mine/table.tsv")),
    RUN / "checkpoints/motifs/rcps/all/seed1.safetensors",
    Path("results/other/predictions/oligos.tsv"),
]


def all_files() -> set[Path]:
    return {path for path in Path("results").rglob("*") if path.is_file()}


def finish(settings: dict) -> set[Path]:
    """Make the files that a run declares, and return them."""
    plan = Plan(*resolve(settings, [], SCHEMA_FILE))
    files = {Path(path) for path in plan.outputs.final(figure_files(plan))}
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x" * 100)
    (RUN / "config.yaml").write_text(yaml.safe_dump(plan.run.settings))
    return files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("s.csv").write_text((ROOT / "tests/labelled.csv").read_text())
    Path("oligos.fa").write_text((ROOT / "tests/oligos.fa").read_text())
    return tmp_path


def test_what_left_the_configuration_is_removed_and_nothing_else(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    finish(SETTINGS)
    gone = [
        RUN / "checkpoints/motifs/wide/all/seed1.safetensors",
        RUN / "checkpoints/motifs/rcps/all/seed2.safetensors",
    ]
    for file in [*KEPT, *gone]:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("y")
    before = all_files()

    less = SETTINGS | {"study": {"arms": {"rcps": ARM}, "seeds": [1]}, "predict": {}}
    declared = finish(less)
    clean_run("motifs")
    assert all_files() == declared | set(KEPT)
    assert RUN / "predictions/oligos.tsv" in before - all_files()
    assert RUN / "tasks/motifs/models/wide/all/weights.safetensors" in before - all_files()
    assert not (RUN / "predictions").exists()
    assert f"removed {len(before - all_files())} files" in caplog.text
    assert "results/motifs takes 0.0 MB on disk" in caplog.text.rpartition("does not declare")[2]


def test_a_run_that_declares_all_keeps_all(folder: Path) -> None:
    declared = finish(SETTINGS)
    clean_run("motifs")
    assert all_files() == declared


def test_a_run_is_cleaned_after_its_inputs_moved_away(folder: Path) -> None:
    declared = finish(SETTINGS)
    Path("s.csv").unlink()
    clean_run("motifs")
    assert declared <= all_files()


def test_outputs_of_a_prediction_that_left_the_configuration_are_warned_of_at_the_end_of_a_run(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    finish(SETTINGS)
    report_undeclared(Plan(*resolve(SETTINGS, [], SCHEMA_FILE)))
    assert not caplog.records
    report_undeclared(Plan(*resolve(SETTINGS | {"predict": {}}, [], SCHEMA_FILE)))
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "files in results/motifs are of settings that are no longer in the configuration" in record.message
    assert "results/motifs/predictions/oligos" in record.message
    assert "make clean-run NAME=motifs" in record.message


def test_nothing_is_removed_while_jobs_may_run(folder: Path) -> None:
    declared = finish(SETTINGS)
    finish(SETTINGS | {"predict": {}})
    lock = folder / ".snakemake/locks/0.output.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(InputError, match="a run is going on"):
        clean_run("motifs")
    assert all_files() == declared


def test_an_unknown_run_is_refused_with_those_that_exist(folder: Path) -> None:
    finish(SETTINGS)
    with pytest.raises(SystemExit, match=r"there is no finished run motif\n(.|\n)*one of motifs"):
        main(["clean", "motif"])


def test_shared_genomes_go_when_no_run_uses_them(folder: Path) -> None:
    finish(SETTINGS)
    for name in ("used", "unused"):
        (folder / "results/.genomes" / name).mkdir(parents=True)
        (folder / "results/.genomes" / name / "genome.fa").write_text(">chr1\nACGT\n")
    link = folder / "results/other/genomes/hg19/genome.fa"
    link.parent.mkdir(parents=True)
    link.symlink_to("../../../.genomes/used/genome.fa")
    clean_run("motifs")
    assert link.read_text() == ">chr1\nACGT\n"
    assert [path.name for path in (folder / "results/.genomes").iterdir()] == ["used"]
