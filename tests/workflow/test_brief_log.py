"""What `make run` prints of Snakemake's records: counts, warnings and errors, and nothing of its inner life."""

from __future__ import annotations

import logging
import re
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry
from snakemake_logger_plugin_brief import LogHandler, brief
from workflow_rules import ROOT


def record(message: str | None, level: int = logging.INFO, **values: Any) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": message, "levelno": level, "args": ()} | values)


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        (record("Select jobs to execute..."), None),
        (record("Provided cores: 2"), None),
        (record("Finished jobid: 3", event=LogEvent.JOB_FINISHED), None),
        (record("rule train", event=LogEvent.JOB_INFO), None),
        (record("table", event=LogEvent.RUN_INFO, stats={"train": 2, "all": 1, "total": 3}), "2 jobs to do: train 2"),
        (record(None, event=LogEvent.PROGRESS, done=2, total=3), "2 of 3 jobs (66%) done"),
        (record(None, event=LogEvent.PROGRESS, done=3, total=3), "3 of 3 jobs (100%) done"),
        (
            record("Error", logging.ERROR, event=LogEvent.JOB_ERROR, rule_name="train", log=["logs/train.log"]),
            "A job of the rule train failed; what it said is in logs/train.log",
        ),
        (
            record("Error", logging.ERROR, event=LogEvent.JOB_ERROR, rule_name="all", log=[]),
            "A job of the rule all failed",
        ),
        (record("the peaks are bad", logging.ERROR), "the peaks are bad"),
        (record("a file is old", logging.WARNING), "a file is old"),
        (record(NOTHING_TO_BE_DONE_MSG), NOTHING_TO_BE_DONE_MSG),
    ],
)
def test_counts_warnings_and_errors_are_printed(given: logging.LogRecord, printed: str | None) -> None:
    assert brief(given) == printed


@pytest.mark.parametrize("is_dry", [True, False])
def test_a_dry_run_keeps_the_words_of_snakemake(is_dry: bool, capsys: pytest.CaptureFixture[str]) -> None:
    handler = LogHandler(SimpleNamespace(dryrun=is_dry), None)
    assert handler.has_filter is not is_dry
    handler.emit(record("rule train:", event=LogEvent.JOB_INFO))
    assert capsys.readouterr().err == ("rule train:\n" if is_dry else "")


@pytest.mark.parametrize("has_all", [True, False])
def test_the_counts_of_a_run_agree(has_all: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """Snakemake counts the rule `all` as a job, which does nothing."""
    handler = LogHandler(SimpleNamespace(dryrun=False), None)
    stats = {"train": 2, "total": 2 + has_all} | ({"all": 1} if has_all else {})
    handler.emit(record("table", event=LogEvent.RUN_INFO, stats=stats))
    for done in range(1, stats["total"] + 1):
        handler.emit(record(None, event=LogEvent.PROGRESS, done=done, total=stats["total"]))
    assert capsys.readouterr().err.splitlines() == [
        "2 jobs to do: train 2",
        "1 of 2 jobs (50%) done",
        "2 of 2 jobs (100%) done",
    ]


def test_snakemake_finds_it_and_make_asks_for_it() -> None:
    assert "brief" in LoggerPluginRegistry().plugins
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(r"^BRIEF := PYTHONPATH=workflow_scripts .*--logger brief$", makefile, re.MULTILINE)
    recipes = re.split(r"^(?=[a-z-]+:)", makefile, flags=re.MULTILINE)
    for target in ("run", "demo"):
        (recipe,) = [each for each in recipes if each.startswith(f"{target}: ")]
        assert "$(BRIEF)" in recipe
