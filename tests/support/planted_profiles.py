"""A small profile task: a motif anywhere, on either strand, with a footprint of reads on both; for the tests."""

import numpy as np
import pandas as pd

from genome_data.windows.table import write_windows
from rc_equivariant.descriptions.networks import NetworkDescription

MOTIF = np.array([0, 1, 1, 2, 3, 0, 2, 1])  # ACCGTAGC
JITTER = 6
ARCHITECTURE = {
    "representation": "regular",
    "kmer": 1,
    "channels": 16,
    "window": 96,
    "first_width": 9,
    "dilations": [2, 4],
    "profile_width": 21,
}
TRAINING = {
    "learning_rate": 0.01,
    "batch_size": 32,
    "epochs": 12,
    "patience": 6,
    "count_weight": 10.0,
    "device": "cpu",
    "threads": 1,
}
WINDOW = ARCHITECTURE["window"]
OUTPUT = NetworkDescription.named("profile", **ARCHITECTURE).output_length
WIDTH = WINDOW + 2 * JITTER
READS = 60


def planted_profiles(windows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Base codes (windows, WIDTH), reads and control (windows, 2, OUTPUT + 2 JITTER).

    Reads start 3 bases before the motif on its strand and 2 behind it on the other, over a background that the control
    measures. Every window has its own depth, of which the sequence says nothing.
    """
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 4, (windows, WIDTH), dtype=np.uint8)
    positions, edge = OUTPUT + 2 * JITTER, (WINDOW - OUTPUT) // 2
    counts, control = np.zeros((2, windows, 2, positions), dtype=np.uint16)
    for row in range(windows):
        start = generator.integers(edge + 6, edge + positions - len(MOTIF) - 6)
        is_forward = generator.random() < 0.5
        codes[row, start : start + len(MOTIF)] = MOTIF if is_forward else 3 - MOTIF[::-1]
        rate = np.full((2, positions), 0.1)
        before, behind = (3, 2) if is_forward else (2, 3)
        rate[0, start - edge - before] += READS
        rate[1, start - edge + len(MOTIF) - 1 + behind] += READS
        counts[row] = generator.poisson(rate * generator.uniform(0.5, 1.5))
        control[row] = generator.poisson(np.full((2, positions), 0.3))
    return codes, counts, control


def write_planted_task(folder, windows=240, seed=0):
    """``windows.tsv``, ``codes.npy``, ``counts.npy``, ``control.npy`` and ``near_copies.npy``; half is for training."""
    codes, counts, control = planted_profiles(windows, seed)
    start = np.arange(windows) * 1000
    table = pd.DataFrame({"contig": "chrA", "start": start, "end": start + WIDTH, "label": 1, "gc": 0.5})
    table["name"] = [f"peak_{row}" for row in table.index]
    table["split"] = np.repeat(
        ["train", "validation", "test"], [windows // 2, windows // 4, windows - windows * 3 // 4]
    )
    write_windows(table, folder / "windows.tsv")
    arrays = {"codes": codes, "counts": counts, "control": control, "near_copies": np.zeros(windows, dtype=bool)}
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
