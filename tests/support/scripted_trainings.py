"""Tasks of planted windows as the files of a run, and trainings on them by the script that the rules call."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from arm_networks import network_content
from encode_kmers import encode_kmers
from planted_windows import ARCHITECTURE, TRAINING, WIDTH
from train import train

from genome_data.windows.table import write_windows

QUICK = TRAINING | {"epochs": 2, "steps_per_epoch": 5}


def write_task(folder: Path, codes: np.ndarray, labels: np.ndarray, kmers: Sequence[int] = (1,)) -> Path:
    """Write windows.tsv, codes.npy and k-mers to ``folder``, with three splits of equal size, and return it."""
    table = pd.DataFrame({"contig": "chrA", "start": np.arange(len(codes)) * 100, "label": labels, "gc": 0.5})
    table = table.assign(end=table["start"] + WIDTH, name=[f"window_{row}" for row in table.index])
    table["split"] = np.repeat(["train", "validation", "test"], len(codes) // 3)
    write_windows(table, folder / "windows.tsv")
    np.save(folder / "codes.npy", codes)
    for k in kmers:
        encode_kmers(folder / "codes.npy", k, folder / f"kmers.k{k}.npy")
    return folder


def train_task(task: Path, out: Path, seeds: Sequence[int] = (0,), kmers: str = "kmers.k1.npy", **changes: Any) -> Path:
    """Train on a task into ``out``, with checkpoints in ``out/checkpoints``, and return ``out``."""
    arguments = {
        "extras": [],
        "extra_names": [],
        "kind": "binary",
        "task": "planted",
        "arm": "regular",
        "size": "all",
        "network": network_content(ARCHITECTURE),
        "training": QUICK,
        "checkpoints": out / "checkpoints",
        "code": "digest",
        "sequences": task / kmers,
    }
    train(
        windows=task / "windows.tsv",
        seeds=list(seeds),
        weights=out / "weights.safetensors",
        models=out / "models.json",
        history=out / "history.tsv",
        **arguments | changes,
    )
    return out
