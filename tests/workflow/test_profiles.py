"""The profiles say the same about jobs, plan a run, and submit what they should to schedulers that are stand-ins."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from checkout import ROOT, TINY, Checkout

SHARED = yaml.safe_load((ROOT / "profiles/shared.yaml").read_text())
PROFILES = {name: ROOT / name / "config.yaml" for name in ("slurm", "profiles/lsf", "profiles/pbs", "profiles/gpus")}
CLUSTERS = [name for name in PROFILES if name != "profiles/gpus"]
PLUGINS = str(ROOT / "tests/support/stand_ins")


def read(name: str) -> dict:
    return yaml.safe_load(PROFILES[name].read_text())


def test_every_profile_is_known_here_and_none_applies_unasked() -> None:
    found = {path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("profiles/*/config.yaml")}
    assert found | {"slurm"} == set(PROFILES)
    assert not (ROOT / "profiles/default").exists()


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_have_in_common_what_the_shared_file_says(name: str) -> None:
    expected = SHARED["all"] | (SHARED["clusters"] if name in CLUSTERS else {})
    profile = read(name)
    for key, value in expected.items():
        given = profile[key]
        # A cluster may add defaults of its own.
        assert (given | value if key == "default-resources" else value) == given, key


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_plan_a_run(name: str, checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", PLUGINS)
    output = checkout.snakemake(
        "-n", *TINY, "--config", "compute={device: cuda}", "--profile", name, "--sdm", "env-modules", "--until", "train"
    )
    assert re.search(r"^train +\d+$", output, re.MULTILINE)
    assert re.search(r"resources: .*gpu=1", output)


def fake(folder: Path, program: str, script: str) -> None:
    file = folder / program
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def run(folder: Path, *command: str) -> str:
    environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()


@pytest.mark.parametrize(("gpus", "asks"), [("0", False), ("1", True)])
def test_a_job_asks_lsf_for_what_its_rule_does(tmp_path: Path, gpus: str, asks: bool) -> None:
    fake(tmp_path, "bsub", f'printf "%s " "$@" > {tmp_path}/asked; echo "Job <71> is submitted to queue <normal>."')
    assert run(tmp_path, "profiles/lsf/submit.sh", "2", "4000", "90", gpus, "job.sh") == "71"
    asked = (tmp_path / "asked").read_text().strip()
    assert asked.startswith("-n 2 -W 90 -M 4000MB -R rusage[mem=4000MB] span[hosts=1]")
    assert asked.endswith("job.sh")
    assert ("-gpu num=1" in asked) == asks


@pytest.mark.parametrize(("gpus", "chunk"), [("0", ""), ("2", ":ngpus=2")])
def test_a_job_asks_pbs_for_what_its_rule_does(tmp_path: Path, gpus: str, chunk: str) -> None:
    fake(tmp_path, "qsub", f'printf "%s " "$@" > {tmp_path}/asked; echo 71.server')
    assert run(tmp_path, "profiles/pbs/submit.sh", "2", "4000", "90", gpus, "job.sh") == "71.server"
    asked = (tmp_path / "asked").read_text().strip()
    assert asked.startswith(f"-l select=1:ncpus=2:mem=4000mb{chunk} -l walltime=1:30:00 ")
    assert asked.endswith("job.sh")


@pytest.mark.parametrize(
    ("cluster", "answer", "state"),
    [
        ("lsf", "echo DONE", "success"),
        ("lsf", "echo EXIT", "failed"),
        ("lsf", "echo PEND", "running"),
        ("lsf", "echo 'Job <1> is not found' >&2; exit 255", "failed"),
        ("pbs", "printf 'Job Id: 1\\n    job_state = R\\n'", "running"),
        ("pbs", "printf 'Job Id: 1\\n    job_state = F\\n    Exit_status = 0\\n'", "success"),
        ("pbs", "printf 'Job Id: 1\\n    job_state = F\\n    Exit_status = 271\\n'", "failed"),
        ("pbs", "exit 153", "failed"),
        ("pbs", "echo 'qstat: Unknown Job Id 1.server' >&2; exit 1", "failed"),
        # The scheduler restarts, and the job runs on.
        ("lsf", "echo 'LSF is down. Please wait ...' >&2; exit 255", "running"),
        ("pbs", "echo 'qstat: cannot connect to server (errno=111)' >&2; exit 111", "running"),
    ],
)
def test_states_of_schedulers_are_those_of_snakemake(tmp_path: Path, cluster: str, answer: str, state: str) -> None:
    fake(tmp_path, {"lsf": "bjobs", "pbs": "qstat"}[cluster], answer)
    assert run(tmp_path, f"profiles/{cluster}/status.sh", "1") == state


@pytest.mark.parametrize("name", ["profiles/lsf", "profiles/pbs"])
def test_the_commands_of_a_profile_are_there(name: str) -> None:
    profile = read(name)
    for key in ("cluster-generic-submit-cmd", "cluster-generic-status-cmd"):
        assert os.access(ROOT / profile[key].split()[0], os.X_OK)
    # What the command formats for a job is a resource of every job.
    needed = set(re.findall(r"resources\.(\w+)", profile["cluster-generic-submit-cmd"]))
    assert needed == set(profile["default-resources"])
