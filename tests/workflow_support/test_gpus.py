"""GPUs of one machine, which are fake here: each is used by one job at a time, and none stands idle while jobs wait."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workflow_support.errors import InputError
from workflow_support.gpus import POOL_VARIABLE, gpu_pool, leased_gpus

SCRIPTS = Path(__file__).parents[2] / "workflow_scripts"
#: A job that says which GPUs it sees, and uses them until a file appears.
JOB = """
import os, sys, time
from pathlib import Path
from workflow_support.gpus import leased_gpus
with leased_gpus(int(sys.argv[1])):
    Path(sys.argv[2]).write_text(os.environ.get("CUDA_VISIBLE_DEVICES", "all"))
    while not Path(sys.argv[3]).exists():
        time.sleep(0.02)
"""


@pytest.fixture
def start(tmp_path: Path):
    """Starts a job with a pool of GPUs: start(gpus, name, pool); ends what still runs."""
    jobs = []

    def started(gpus: int, name: str, pool: str = "4,5") -> subprocess.Popen:
        environment = os.environ | {
            POOL_VARIABLE: pool,
            "PYTHONPATH": str(SCRIPTS),
            "TMPDIR": str(tmp_path),
        }
        command = [sys.executable, "-c", JOB, str(gpus), str(tmp_path / name), str(tmp_path / f"end {name}")]
        jobs.append(subprocess.Popen(command, env=environment))
        return jobs[-1]

    yield started
    for job in jobs:
        job.kill()
        job.wait()


def seen(file: Path) -> str:
    """What a job sees, once it has its GPUs."""
    limit = time.monotonic() + 60
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < limit, file
        time.sleep(0.02)
    return file.read_text()


def test_jobs_have_a_gpu_each_and_the_third_waits_for_one(start, tmp_path: Path) -> None:
    start(1, "a"), start(1, "b")
    assert {seen(tmp_path / "a"), seen(tmp_path / "b")} == {"4", "5"}
    start(1, "c")
    time.sleep(1)
    assert not (tmp_path / "c").exists()
    (tmp_path / "end a").touch()
    assert seen(tmp_path / "c") == (tmp_path / "a").read_text()


def test_a_killed_job_gives_its_gpus_back(start, tmp_path: Path) -> None:
    both = start(2, "a")
    assert seen(tmp_path / "a") == "4,5"
    start(1, "b")
    both.kill()
    both.wait()
    assert seen(tmp_path / "b") in ("4", "5")


def test_jobs_without_a_gpu_or_a_pool_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    for gpus, pool in ((0, "4,5"), (1, "")):
        monkeypatch.setenv(POOL_VARIABLE, pool)
        with leased_gpus(gpus):
            assert os.environ["CUDA_VISIBLE_DEVICES"] == "7"


def test_the_pool_honours_what_the_command_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert gpu_pool(3) == "0,1,2"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,GPU-8f1c,6")
    assert gpu_pool(2) == "2,GPU-8f1c"
    with pytest.raises(InputError, match="4 GPUs are to be shared"):
        gpu_pool(4)


def test_a_job_that_asks_for_more_than_there_are_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(POOL_VARIABLE, "0")
    with pytest.raises(InputError, match="more GPUs than there are"), leased_gpus(2):
        pass
