"""The workflow on a real Slurm: ``snakemake --profile slurm``, and what becomes of jobs that die."""

from __future__ import annotations

import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from checkout import ROOT, Checkout
from safetensors.numpy import load_file
from slurm_cluster import Cluster, NoSlurmError, install

HERE = Path(__file__).parent
#: As a user calls it. There is no conda here, and a cluster of one node need not be spared questions.
COMMAND = [
    *("snakemake", "--profile", "slurm", "--software-deployment-method", "env-modules"),
    *("--slurm-init-seconds-before-status-checks", "2"),
]
DEMO = ["--configfile", "tests/demo.yaml"]
#: For a whole run, however slow the machine.
SECONDS = 1800
MODELS = "results/demo/tasks/CTCF/models"
ENDED = {"COMPLETED", "FAILED", "TIMEOUT", "OUT_OF_MEMORY", "NODE_FAIL"}
#: Behind the module of checkpoints: the training of each seed stores its first epoch and then waits for its time limit.
STALL_ONCE = """
SECONDS_BETWEEN = 0
_save_if_due = Checkpoint.save_if_due


def _save_and_stall_once(self, state):
    _save_if_due(self, state)
    stalled = Path(f"stalled.{self.path.name}")
    if not stalled.exists():
        stalled.touch()
        time.sleep(3600)


Checkpoint.save_if_due = _save_and_stall_once
"""


class Run:
    """One ``snakemake --profile slurm`` in a folder."""

    def __init__(self, cluster: Cluster, folder: Path, *arguments: str) -> None:
        self.cluster, self.folder = cluster, folder
        tools = str(Path(sys.executable).parent)
        environment = {"PATH": f"{tools}:{cluster.environment['PATH']}"}
        self._log = folder / f"run{time.time_ns()}.txt"
        self.process = cluster.start([*COMMAND, *arguments], self._log, folder, environment)

    @property
    def output(self) -> str:
        return self._log.read_text()

    def has_submitted_all(self) -> bool:
        """Whether Slurm has every job that was to be run so far: one on its way there, Snakemake does not cancel."""
        chosen = sum(map(int, re.findall(r"^Execute (\d+) jobs", self.output, re.MULTILINE)))
        return 0 < chosen == self.output.count("has been submitted with SLURM jobid")

    def end(self, *, succeeds: bool = True, seconds: float = SECONDS) -> Run:
        """Wait for the end, which is a success or not."""
        try:
            self.process.wait(seconds)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait(30)
        assert (self.process.returncode == 0) == succeeds, self.output
        return self

    def jobs(self, rule: str = "") -> list[dict[str, str]]:
        """What accounting holds of the Slurm jobs of a rule or group, once all have ended."""
        name = re.search(r"SLURM run ID: (\S+)", self.output)[1]
        limit = time.monotonic() + 120
        while True:
            jobs = self.cluster.jobs(name)
            if all(job["State"].split()[0] in ENDED | {"CANCELLED"} for job in jobs):
                return [job for job in jobs if job["Comment"].startswith(f"rule_{rule}")]
            assert time.monotonic() < limit, jobs
            time.sleep(1)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with ExitStack() as stack:
        try:
            install()
            running = stack.enter_context(Cluster(tmp_path_factory.mktemp("slurm")))
        except NoSlurmError as error:
            pytest.skip(f"no Slurm: {error}")
        yield running


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    made = Checkout(tmp_path_factory.mktemp("checkout"))
    shutil.copy(HERE / "demo.yaml", made.folder / "tests/demo.yaml")
    return made


@pytest.fixture(scope="module")
def placed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of jobs that say where they are."""
    folder = tmp_path_factory.mktemp("placement")
    shutil.copytree(ROOT / "slurm", folder / "slurm")
    return Run(cluster, folder, "--snakefile", str(HERE / "placement.smk")).end()


@pytest.fixture(scope="module")
def interrupted(cluster: Cluster, checkout: Checkout) -> Run:
    """A run that got a Ctrl-C while a job of it was running."""
    run = Run(cluster, checkout.folder, *DEMO)
    limit = time.monotonic() + 900
    while not (run.has_submitted_all() and any("RUNNING" in job for job in cluster.queue())):
        assert run.process.poll() is None, run.output
        assert time.monotonic() < limit, run.output
        time.sleep(0.5)
    run.process.send_signal(signal.SIGINT)
    return run.end(succeeds=False, seconds=300)


@pytest.fixture(scope="module")
def finished(cluster: Cluster, checkout: Checkout, interrupted: Run) -> Run:
    """The same command again."""
    return Run(cluster, checkout.folder, *DEMO).end()


def test_jobs_go_to_the_partition_that_has_what_they_ask_for(placed: Run) -> None:
    (on_cpu,), (on_gpu,) = placed.jobs("on_cpu"), placed.jobs("on_gpu")
    assert on_cpu["Partition"] == "cpu"
    assert "gpu" not in on_cpu["AllocTRES"]
    assert on_gpu["Partition"] == "gpu"
    assert "gres/gpu=1" in on_gpu["AllocTRES"]
    assert (placed.folder / "placed/on_cpu.txt").read_text() == "none\n"
    assert (placed.folder / "placed/on_gpu.txt").read_text() in ("0\n", "1\n")


def test_short_jobs_share_one_job_and_one_gpu(placed: Run) -> None:
    (group,) = placed.jobs("evaluations")
    assert group["Partition"] == "gpu"
    assert "gres/gpu=1" in group["AllocTRES"]
    # One after the other: half an hour each.
    assert group["TimelimitRaw"] == "60"
    devices = {(placed.folder / f"placed/evaluated.{n}.txt").read_text() for n in (1, 2)}
    assert devices in ({"0\n"}, {"1\n"})


def test_a_job_killed_for_memory_comes_back_with_more(placed: Run) -> None:
    killed, passed = placed.jobs("grow")
    assert killed["ReqMem"] == "600M"
    assert killed["State"] in ("FAILED", "OUT_OF_MEMORY")
    assert passed["ReqMem"] == "1200M"
    assert passed["State"] == "COMPLETED"
    assert (placed.folder / "placed/grown.txt").read_text() == "1200\n"


def test_an_interrupted_run_leaves_no_job_behind(cluster: Cluster, interrupted: Run) -> None:
    limit = time.monotonic() + 120
    while cluster.queue():
        assert time.monotonic() < limit, cluster.queue()
        time.sleep(1)
    # What was about to end at that moment may have ended.
    assert {job["State"].split()[0] for job in interrupted.jobs()} <= {"CANCELLED", "COMPLETED"}


def test_an_interrupted_run_goes_on_to_its_end(checkout: Checkout, finished: Run) -> None:
    assert (checkout.folder / "results/demo/summary.tsv").stat().st_size > 0
    assert not checkout.plan(*DEMO)


def test_without_cuda_every_job_is_on_the_cpu_partition_and_asks_for_what_its_rule_says(finished: Run) -> None:
    jobs = finished.jobs()
    assert {job["Partition"] for job in jobs} == {"cpu"}
    assert not any("gpu" in job["AllocTRES"] for job in jobs)
    assert all(job["State"] == "COMPLETED" for job in jobs)
    trainings = finished.jobs("train")
    assert len(trainings) == 2
    assert {(job["ReqMem"], job["TimelimitRaw"]) for job in trainings} == {("4000M", "480")}


def test_a_training_says_where_in_what_precision_and_how_fast_it_ran(checkout: Checkout, finished: Run) -> None:
    log = (checkout.folder / "results/demo/logs/train/CTCF/standard/all.log").read_text()
    assert re.search(r"Trained .*on cpu \(.+\), float32, .* [\d,]+ windows a second", log)


def test_the_short_jobs_of_a_run_share_slurm_jobs(finished: Run) -> None:
    asked = {}
    for group in ("windows", "evaluations"):
        (job,) = finished.jobs(group)
        asked[group] = job["ReqMem"], job["TimelimitRaw"]
    # Memory of what runs side by side, minutes of what follows one another: three rules, then k-mers of two lengths
    # and the search for near-copies; two jobs of one rule.
    assert asked == {"windows": ("3000M", "75"), "evaluations": ("8000M", "60")}
    rules = int(re.search(r"^total +(\d+)$", finished.output, re.MULTILINE)[1])
    # `all` runs nothing; six jobs on windows and two evaluations are one Slurm job each.
    assert len(finished.jobs()) == rules - 1 - 5 - 1


def test_a_gpu_without_a_driver_is_refused_and_the_logs_are_named(
    cluster: Cluster, checkout: Checkout, finished: Run
) -> None:
    if shutil.which("nvidia-smi"):
        pytest.skip("this machine may have a GPU that works")
    on_gpu = ["--config", "compute={device: cuda}", "--retries", "0"]
    run = Run(cluster, checkout.folder, *DEMO, *on_gpu, f"{MODELS}/irrep/all/weights.safetensors").end(succeeds=False)
    (job,) = run.jobs("train")
    assert job["Partition"] == "gpu"
    assert "gres/gpu=1" in job["AllocTRES"]
    failure = run.output.split("Error in rule train:")[1]
    of_rule, of_slurm = re.search(r"^ +log: (.+), (.+) \(check log file", failure, re.MULTILINE).groups()
    assert of_rule == "results/demo/logs/train/CTCF/irrep/all.log"
    for log in (of_rule, of_slurm):
        text = (checkout.folder / log).read_text()
        assert "compute: device is cuda, but torch sees no GPU" in text
        assert re.search(r"CUDA_VISIBLE_DEVICES: [01]$", text, re.MULTILINE)
        assert "Traceback" not in text.split("compute: device is cuda")[0]


@pytest.mark.slow
def test_a_training_killed_at_its_time_limit_goes_on_from_its_checkpoint_under_the_same_limit(
    cluster: Cluster, checkout: Checkout, finished: Run
) -> None:
    target = f"{MODELS}/standard/all/weights.safetensors"
    uninterrupted = load_file(checkout.folder / target)
    shutil.rmtree(checkout.folder / "results/demo/checkpoints")
    with (checkout.folder / "workflow_scripts/learning/training/checkpoints.py").open("a") as module:
        module.write(STALL_ONCE)
    common = checkout.folder / "rules/common.smk"
    hours = "TRAINING_MINUTES = 480"
    assert hours in common.read_text()
    common.write_text(common.read_text().replace(hours, "TRAINING_MINUTES = 2"))
    # Two seeds stall; where two minutes are too short for an epoch, attempts are killed besides.
    run = Run(cluster, checkout.folder, target, *DEMO, "--retries", "6").end()
    *killed, passed = jobs = run.jobs("train")
    assert len(killed) >= 2
    assert {job["State"] for job in killed} == {"TIMEOUT"}
    assert passed["State"] == "COMPLETED"
    assert {job["TimelimitRaw"] for job in jobs} == {"2"}
    assert [job["ReqMem"] for job in jobs] == [f"{4000 * (attempt + 1)}M" for attempt in range(len(jobs))]
    log = (checkout.folder / "results/demo/logs/train/CTCF/standard/all.log").read_text()
    assert re.search(r"Finished after 2 epochs: .*checkpoints/CTCF/standard/all/seed3", log)
    assert re.search(r"Going on after 1 epochs: .*checkpoints/CTCF/standard/all/seed4", log)
    resumed = load_file(checkout.folder / target)
    assert resumed.keys() == uninterrupted.keys()
    assert all(np.array_equal(resumed[name], uninterrupted[name]) for name in uninterrupted)
