"""Copies of transposable elements in windows of background, from the sequences at the leaves of a tree.

A leaf is an element that was inserted when its subfamily was active: what changed along the tree down to it makes the
consensus of its subfamily and its own mutations. Its copy is then cut, broken by other copies, turned and placed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from genome_data.alphabet import reverse_complement

#: The shortest share of an element that a truncated copy keeps.
SHORTEST = 0.2


@dataclass(frozen=True)
class Copies:
    """The layout of elements in windows.

    Parameters
    ----------
    window
        Bases of a window. Longer copies lose both ends equally.
    truncated
        Share of copies that lack their 5' end, as reverse transcription often stops early. They keep a share of
        their bases that is uniform from 0.2 to 1.
    nested
        Share of copies with another element inserted, of which a fifth to a half is left.
    background
        Windows without an element, as a share of those with one.
    """

    window: int
    truncated: float
    nested: float
    background: float


def place_copies(
    elements: Mapping[str, np.ndarray], copies: Copies, frequencies: np.ndarray, rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return windows with a copy of each element, by the element's name, and windows of background alone.

    Each copy lies anywhere in its window, on either strand. Background bases are drawn with the given frequencies of
    A, C, G and T, which are those of the root of the tree, so composition does not tell elements from background.
    """
    others = list(elements.values())
    windows = {}
    for name, codes in elements.items():
        copy = _truncated(codes, rng) if rng.random() < copies.truncated else codes
        if rng.random() < copies.nested:
            copy = _with_insertion(copy, others[rng.integers(len(others))], rng)
        copy = reverse_complement(copy) if rng.random() < 0.5 else copy
        windows[name] = _placed(copy, copies.window, frequencies, rng)
    count = round(copies.background * len(elements))
    background = {f"background{number}": _bases(copies.window, frequencies, rng) for number in range(1, count + 1)}
    return windows, background


def _truncated(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    kept = max(1, round(len(codes) * rng.uniform(SHORTEST, 1)))
    return codes[-kept:]


def _with_insertion(codes: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    length = max(1, round(len(other) * rng.uniform(0.2, 0.5)))
    inserted, at = other[-length:], int(rng.integers(1, max(2, len(codes))))
    return np.concatenate([codes[:at], reverse_complement(inserted) if rng.random() < 0.5 else inserted, codes[at:]])


def _placed(codes: np.ndarray, window: int, frequencies: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    surplus = max(0, len(codes) - window)
    codes = codes[surplus // 2 : len(codes) - (surplus - surplus // 2)]
    placed, start = _bases(window, frequencies, rng), int(rng.integers(window - len(codes) + 1))
    placed[start : start + len(codes)] = codes
    return placed


def _bases(count: int, frequencies: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(4, count, p=frequencies).astype(np.uint8)
