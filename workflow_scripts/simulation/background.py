"""Contigs without any site: bases whose GC varies by block, soft-masked stretches, and the FASTA file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from genome_data.alphabet import BASES

LETTERS = np.frombuffer(BASES + b"N", dtype=np.uint8)
LOWER_CASE_BIT = 0x20
LINE_WIDTH = 60
MASKED_STRETCH = 300
UNMASKED_STRETCH = 400


def draw_bases(length: int, gc_range: tuple[float, float], gc_block: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a contig's base codes (uint8, A, C, G, T = 0..3); each block of ``gc_block`` bases has a GC of its own."""
    blocks = rng.uniform(*gc_range, size=-(-length // gc_block))
    is_gc = rng.random(length) < np.repeat(blocks, gc_block)[:length]
    is_second = rng.integers(0, 2, size=length, dtype=np.uint8)
    # C and G are 1 and 2; A and T are 0 and 3.
    return np.where(is_gc, 1 + is_second, 3 * is_second).astype(np.uint8)


def draw_soft_mask(length: int, rng: np.random.Generator) -> np.ndarray:
    """Draw which bases are written in lower case (bool), in alternating stretches, as repeats are masked."""
    means = np.array([UNMASKED_STRETCH, MASKED_STRETCH])
    pairs = 1 + 2 * length // means.sum()
    stretches = 1 + rng.exponential(np.tile(means, pairs)).astype(np.int64)
    is_masked = np.repeat(np.tile([False, True], pairs), stretches)
    # Twice as long as needed on average; should it yet fall short, it starts again.
    return np.resize(is_masked, length)


def write_fasta(path: Path, contigs: Mapping[str, np.ndarray], rng: np.random.Generator) -> None:
    """Write contigs of base codes (4 is N) as soft-masked FASTA in lines of 60 bases."""
    with path.open("wb") as file:
        for name, codes in contigs.items():
            letters = LETTERS[codes]
            letters[draw_soft_mask(len(codes), rng)] |= LOWER_CASE_BIT
            whole = len(letters) // LINE_WIDTH * LINE_WIDTH
            lines = np.full((whole // LINE_WIDTH, LINE_WIDTH + 1), ord("\n"), dtype=np.uint8)
            lines[:, :LINE_WIDTH] = letters[:whole].reshape(-1, LINE_WIDTH)
            file.write(b">%s\n" % name.encode())
            file.write(lines.tobytes())
            if whole < len(letters):
                file.write(letters[whole:].tobytes() + b"\n")
