"""A run that is interrupted goes on where it was, and trains no more than is missing."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time

from checkout import Checkout
from safetensors.numpy import load_file

# Long enough to be cut off.
LONG = """\
name: long
networks:
  labelled: {trunk: {first_width: 9, dilations: [1]}, head: {dense: 8}}
trainings:
  labelled: {epochs: 300, patience: 300, batch_size: 16}
study:
  arms:
    irrep: {representation: irrep, kmer: 2, channels: 8, plus_fraction: 0.5}
  seeds: [3, 4]
tasks:
  motifs:
    kind: labelled
    sequences: {all: tests/labelled.csv, make_splits: {validation: 0.2, test: 0.3}}
"""
MODELS, CHECKPOINTS = "results/long/tasks/motifs/models/irrep/all", "results/long/checkpoints/motifs/irrep/all"
TRAIN_LONG = ["--configfile", "tests/long.yaml", "--cores", "1", f"{MODELS}/weights.safetensors"]
KEPT = rf"Finished after 300 epochs: {CHECKPOINTS}/seed(\d)\.safetensors"


class LongRun:
    """A run of which one job alone matters, which trains the replicates of an arm."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout, self.folder = checkout, checkout.folder
        (self.folder / "tests/long.yaml").write_text(LONG)

    def train(self, *arguments: str) -> list[int]:
        """Train; the seeds of the replicates that were not trained again."""
        self.checkout.snakemake(*TRAIN_LONG, *arguments)
        return [int(seed) for seed in re.findall(KEPT, self.log())]

    def log(self) -> str:
        log = self.folder / "results/long/logs/train/motifs/irrep/all.log"
        return log.read_text() if log.exists() else ""

    def interrupt_in_the_second_replicate(self) -> None:
        """As with Ctrl-C, which all processes of the run get."""
        command = [sys.executable, "-m", "snakemake", *TRAIN_LONG]
        run = subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        while run.poll() is None and "seed 4" not in self.log():
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait() != 0

    def checkpoint(self, seed: int) -> bytes:
        return (self.folder / CHECKPOINTS / f"seed{seed}.safetensors").read_bytes()

    def weights(self) -> dict[str, bytes]:
        tensors = load_file(self.folder / MODELS / "weights.safetensors")
        return {name: tensor.tobytes() for name, tensor in tensors.items()}


def test_an_interrupted_run_goes_on_and_a_new_seed_is_all_that_is_trained(checkout: Checkout) -> None:
    run = LongRun(checkout)
    run.interrupt_in_the_second_replicate()
    first = run.checkpoint(3)
    assert not (run.folder / MODELS / "weights.safetensors").exists()

    assert run.train() == [3]
    assert run.checkpoint(3) == first
    resumed = run.weights()
    assert {name.partition("/")[0] for name in resumed} == {"seed3", "seed4"}

    more = ["--config", "study={seeds: [3, 4, 5]}"]
    assert run.train(*more) == [3, 4]
    extended = run.weights()
    assert {name.partition("/")[0] for name in extended} == {"seed3", "seed4", "seed5"}
    assert resumed.items() < extended.items()

    shutil.rmtree(run.folder / CHECKPOINTS)
    assert run.train(*more, "--forcerun", "train") == []
    assert run.weights() == extended
