"""Small sets of windows with a planted motif, for the tests of learning."""

import numpy as np

MOTIF = np.array([0, 1, 1, 2, 3, 0, 2, 1])  # ACCGTAGC
WIDTH = 60
ARCHITECTURE = {
    "representation": "regular",
    "kmer": 1,
    "channels": 16,
    "kernel_widths": [9],
    "pool_width": 20,
    "pool_stride": 10,
}
TRAINING = {
    "learning_rate": 0.01,
    "batch_size": 40,
    "positive_fraction": 0.5,
    "epochs": 8,
    "steps_per_epoch": 15,
    "device": "cpu",
    "threads": 1,
}


def planted_codes(windows: int, seed: int, width: int = WIDTH) -> tuple[np.ndarray, np.ndarray]:
    """Random base codes (windows, width) and labels; every second window holds the motif, on either strand."""
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 4, (windows, width), dtype=np.uint8)
    labels = np.arange(windows) % 2
    for row in np.flatnonzero(labels):
        start = generator.integers(0, width - len(MOTIF) + 1)
        codes[row, start : start + len(MOTIF)] = MOTIF if generator.random() < 0.5 else 3 - MOTIF[::-1]
    return codes, labels
