"""How a job ends: by its function's end, an error in words, an interrupt, or a defect of ours."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from workflow_support.errors import InputError
from workflow_support.job import run_job


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (InputError("wrong", file="a.bed", line=3, mend="right it"), 1, "a.bed, line 3: wrong\n  mend:    right it\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
    ids=["input error", "interrupt"],
)
def test_what_a_user_caused_is_told_without_a_traceback(
    error: BaseException, status: int, told: str, tmp_path: Path, capfd
) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        run_job(SimpleNamespace(log=[tmp_path / "logs/job.log"], input=[]), fail)
    assert ended.value.code == status
    assert (tmp_path / "logs/job.log").read_text() == capfd.readouterr().err == told


def test_a_defect_leaves_its_traceback_in_the_log(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        run_job(SimpleNamespace(log=[tmp_path / "job.log"], input=[]), lambda: 1 / 0)
    assert "ZeroDivisionError" in (tmp_path / "job.log").read_text()
