"""The cluster of the tests leaves nothing behind: shown without Slurm, with processes that know it."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
import slurm_cluster
from slurm_cluster import Cluster

SLEEP = ["sleep", "600"]


def test_what_a_cluster_started_ends_with_it(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "cluster")
    process = cluster.start(SLEEP, tmp_path / "log.txt")
    # On a busy machine a process may not have become the program yet.
    slurm_cluster._wait("the program to start", cluster.processes, seconds=30)
    assert cluster.processes() == [f"{process.pid} sleep"]
    cluster.__exit__()
    assert process.poll() is not None


def test_what_outlives_a_cluster_is_killed_and_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slurm_cluster, "SECONDS_TO_END", 0.5)
    cluster = Cluster(tmp_path / "cluster")
    stray = subprocess.Popen(SLEEP, env=cluster.environment)
    with pytest.raises(RuntimeError, match=rf"left processes behind, killed now: {stray.pid} sleep"):
        cluster.__exit__()
    assert stray.wait(30) == -signal.SIGKILL
