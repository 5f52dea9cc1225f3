"""What `make report` says of a finished run whose inputs or configuration changed since, or moved away."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import PARTS, ROOT
from small_run import SETTINGS, SmallRun, new_run

from plan.commands import notice_of, report_of
from plan.outdated import NOTICE_VARIABLE

LABELLED = {key: SETTINGS[key] for key in ("name", "data", "genomes", "networks", "trainings")} | {
    "study": {"arms": {"paired": SETTINGS["study"]["arms"]["paired"]}, "seeds": [1]},
    "tasks": {"words": SETTINGS["tasks"]["words"]},
}
FILES = [Path("run.yaml")]
SEQUENCES = Path("inputs/labelled.csv")
REMEDY = "`make run CONFIG=run.yaml`, and then `make report` as before"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> SmallRun:
    """A small run of a labelled task, done, in a folder with the workflow."""
    folder = tmp_path_factory.mktemp("finished")
    run = new_run(folder / "run", folder / "memory", LABELLED)
    run.run()
    for part in PARTS:
        (run.folder / part).symlink_to(ROOT / part)
    return run


@pytest.fixture(autouse=True)
def folder(finished: SmallRun, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The working directory, whose inputs and configuration are as they were after each test."""
    monkeypatch.chdir(finished.folder)
    kept = {file: (file.read_bytes(), file.stat()) for file in (SEQUENCES, *FILES)}
    yield
    for file, (content, status) in kept.items():
        file.write_bytes(content)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_nothing_is_said_of_a_run_that_is_up_to_date() -> None:
    assert notice_of(FILES) == ""


def test_a_changed_input_is_named_also_if_it_is_older() -> None:
    SEQUENCES.write_bytes(Path("others/labelled.csv").read_bytes())
    os.utime(SEQUENCES, (1e9, 1e9))
    notice = notice_of(FILES)
    assert notice.startswith("inputs/labelled.csv changed after the results of small were made: ")
    assert REMEDY in notice


def test_a_changed_key_is_named() -> None:
    FILES[0].write_text(FILES[0].read_text().replace("batch_size: 16", "batch_size: 8"))
    notice = notice_of(FILES)
    assert notice.startswith("`trainings.binary.batch_size` and `trainings.labelled.batch_size` changed after")
    assert REMEDY in notice


def test_a_report_without_its_inputs_is_written_and_says_so() -> None:
    SEQUENCES.unlink()
    notice, report = notice_of(FILES), report_of(FILES)
    assert notice.startswith("Input files of small are no longer there (tasks.words.sequences.all)")
    assert "would be made again" not in notice
    command = [sys.executable, "-m", "snakemake", "--configfile", *map(str, FILES), "--report", str(report)]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {NOTICE_VARIABLE: notice})
    assert "are no longer there (tasks.words.sequences.all)" in report.read_text(encoding="utf-8")
