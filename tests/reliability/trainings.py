"""Small trainings as the workflow does them, each in a folder of its own, and what they leave there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from arm_networks import network_content
from planted_profiles import ARCHITECTURE as PROFILE_ARCHITECTURE
from planted_profiles import TRAINING as PROFILE_TRAINING
from planted_profiles import write_planted_task
from planted_windows import TRAINING, planted_codes

from genome_data.windows.table import write_windows
from workflow_support.files import PARTIAL

SCRIPTS = Path(__file__).parents[2] / "workflow_scripts"
JOB = Path(__file__).with_name("job.py")
SEEDS = (1, 2)
CHECKPOINTS, MODELS = Path("checkpoints"), Path("models")
OUTPUTS = {
    "weights": str(MODELS / "weights.safetensors"),
    "models": str(MODELS / "models.json"),
    "history": str(MODELS / "history.tsv"),
}

BASES = 200  # of a window of the demo


@dataclass(frozen=True)
class Event:
    """A line of a trace, as :mod:`reliability.job` says."""

    name: str
    replicate: str
    epochs: int

    @property
    def is_last(self) -> bool:
        """Whether nothing of the replicate is left to train."""
        return self.name in ("kept", "finished")


class Training:
    """A folder with the inputs of a training; the job of the rule may be started in it time and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, trace: str) -> subprocess.Popen:
        """Start the job, whose outputs are removed first, as Snakemake does; it reports to the file ``trace``."""
        for output in (*OUTPUTS.values(), trace):
            (self.folder / output).unlink(missing_ok=True)
        paths = os.pathsep.join(map(str, (SCRIPTS, JOB.parents[1], JOB.parents[1] / "support")))
        with (self.folder / f"{trace}.err").open("wb") as messages:
            return subprocess.Popen(
                [sys.executable, JOB, "job.json", trace],
                cwd=self.folder,
                env=os.environ | {"PYTHONPATH": paths},
                stderr=messages,
            )

    def finish(self, trace: str) -> None:
        """Run the job to its end."""
        if self.start(trace).wait():
            raise RuntimeError(self.messages(trace))

    def messages(self, trace: str) -> str:
        """What a job printed."""
        return (self.folder / f"{trace}.err").read_text(encoding="utf-8")

    def events(self, trace: str) -> list[Event]:
        """What a job did so far, in order."""
        file = self.folder / trace
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [Event(name, replicate, int(epochs)) for name, replicate, epochs in (line.split("\t") for line in lines)]

    def is_writing(self, folder: Path) -> bool:
        """Whether a file of one of the folders is being written."""
        place = self.folder / folder
        return place.exists() and any(path.name.startswith(PARTIAL) for path in place.iterdir())

    def partial_files(self) -> list[Path]:
        """Files that were being written, relative to the folder."""
        return sorted(path.relative_to(self.folder) for path in self.folder.rglob(f"{PARTIAL}*"))

    def results(self) -> dict[str, bytes]:
        """The content of every output."""
        return {name: (self.folder / output).read_bytes() for name, output in OUTPUTS.items()}


def epochs_in(events: list[Event]) -> int:
    """Epochs that had been trained by the end of a trace, over all replicates; those of earlier jobs count."""
    reached: dict[str, int] = {}
    for event in events:
        reached[event.replicate] = event.epochs
    return sum(reached.values())


def binary_training(folder: Path, epochs: int, windows: int = 400) -> Training:
    """An irrep network on k = 1, on windows with and without a motif."""
    codes, labels = planted_codes(windows, seed=0, width=BASES)
    start = np.arange(windows) * 1000
    table = pd.DataFrame({"contig": "chrA", "start": start, "end": start + BASES, "label": labels, "gc": 0.5})
    table["name"] = [f"window_{row}" for row in table.index]
    table["split"] = np.resize(["train", "train", "validation", "test"], windows).repeat(2)[:windows]
    folder.mkdir(parents=True)
    write_windows(table, folder / "windows.tsv")
    np.save(folder / "kmers.npy", codes)
    architecture = {
        "representation": "irrep",
        "kmer": 1,
        "channels": 16,
        "plus_fraction": 0.75,
        "kernel_widths": [20, 9],
        "pool_width": 30,
        "pool_stride": 15,
    }
    training = TRAINING | {"epochs": epochs, "steps_per_epoch": 5, "reverse_complement_augmentation": True}
    inputs = {"windows": "windows.tsv", "sequences": "kmers.npy", "extras": []}
    params = {"kind": "binary", "extra_names": []}
    return _written(folder, inputs, params, network_content(architecture), training)


def profile_training(folder: Path, epochs: int) -> Training:
    """A network that predicts reads, with a control and jitter."""
    folder.mkdir(parents=True)
    write_planted_task(folder)
    inputs = {"windows": "windows.tsv", "sequences": "codes.npy", "extras": ["counts.npy", "control.npy"]}
    training = PROFILE_TRAINING | {"epochs": epochs, "patience": epochs}
    params = {"kind": "profile", "extra_names": ["counts", "control"]}
    network = network_content(PROFILE_ARCHITECTURE, "profile") | {"window": PROFILE_ARCHITECTURE["window"]}
    return _written(folder, inputs, params, network, training)


TRAININGS = {"binary": binary_training, "profile": profile_training}


def _written(
    folder: Path,
    inputs: dict[str, Any],
    params: dict[str, Any],
    network: dict[str, Any],
    training: dict[str, Any],
) -> Training:
    """The training whose job is described in ``job.json``."""
    arm = {"task": "planted", "arm": "arm", "size": "all", "seeds": SEEDS}
    job = {
        "script": str(SCRIPTS / "train.py"),
        "input": inputs,
        "output": OUTPUTS,
        "params": params
        | arm
        | {"network": network, "training": training, "checkpoints": str(CHECKPOINTS), "code": "code"},
        "log": ["job.log"],
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    return Training(folder)
