"""A job gets the files and settings of its rule, and ends with its function, an error, an interrupt or a traceback."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake.iocontainers import Namedlist

from workflow_support.errors import InputError
from workflow_support.job import run_job


def job(log: Path, **parts: dict[str, Any]) -> SimpleNamespace:
    """A job of a rule with these named inputs, outputs and params."""
    return SimpleNamespace(log=[log], **{part: named(parts.get(part, {})) for part in ("input", "output", "params")})


def named(values: dict[str, Any]) -> Namedlist:
    """Files or settings as Snakemake gives them to a script: lists of files are flat, and found by name."""
    found = Namedlist()
    for name, value in values.items():
        found.extend(value if isinstance(value, list) else [value])
        first = len(found) - (len(value) if isinstance(value, list) else 1)
        found._set_name(name, first, end=len(found) if isinstance(value, list) else None)
    return found


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (InputError("wrong", file="a.bed", line=3, fix="right it"), 1, "a.bed, line 3: wrong\n  fix:     right it\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
    ids=["input error", "interrupt"],
)
def test_what_a_user_caused_is_reported_without_a_traceback(
    error: BaseException, status: int, message: str, tmp_path: Path, capfd
) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        run_job(job(tmp_path / "logs/job.log"), fail)
    assert ended.value.code == status
    assert (tmp_path / "logs/job.log").read_text() == capfd.readouterr().err == message


def test_a_defect_leaves_its_traceback_in_the_log(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        run_job(job(tmp_path / "job.log"), lambda: 1 / 0)
    assert "ZeroDivisionError" in (tmp_path / "job.log").read_text()


def test_files_and_settings_get_to_the_function_as_it_declares_them(tmp_path: Path) -> None:
    found: dict[str, Any] = {}

    def work(
        table: Path,
        control: Path | None,
        regions: Path | None,
        weights: list[Path],
        tracks: Sequence[Path],
        folder: Path,
        splits: dict[str, list[str]],
        written: Path,
        absent: Path | None = None,
    ) -> None:
        found.update(locals())

    names = ("a", "b", "w1", "w2")
    table, regions, *weights = (tmp_path / name for name in names)
    for file in (table, regions, *weights):
        file.write_text("whole")
    inputs = {
        "table": str(table),
        "control": [],
        "regions": [str(regions)],
        "weights": [str(file) for file in weights],
        "tracks": str(table),
    }
    params = {"folder": "checkpoints", "splits": {"test": ["chr1"]}, "code": "digest"}
    run_job(job(tmp_path / "job.log", input=inputs, params=params, output={"written": "out"}), work)
    found.pop("found", None)
    assert found == {
        "table": table,
        "control": None,
        "regions": regions,
        "weights": weights,
        "tracks": [table],
        "folder": Path("checkpoints"),
        "splits": {"test": ["chr1"]},
        "written": Path("out"),
        "absent": None,
    }


def test_a_function_that_takes_the_digest_of_its_code_gets_it(tmp_path: Path) -> None:
    found = []
    run_job(job(tmp_path / "job.log", params={"code": "digest"}), lambda code: found.append(code))
    assert found == ["digest"]


def test_a_rule_whose_names_do_not_fit_leaves_them_in_the_log(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        run_job(job(tmp_path / "job.log", params={"seeed": 1}), lambda seed: None)
    assert "unknown: seeed; missing: seed" in (tmp_path / "job.log").read_text()
