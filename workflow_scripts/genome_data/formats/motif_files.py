"""Motifs as base probabilities (width, 4), A, C, G, T: files in MEME's text format, consensus and comparison."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

BACKGROUND = 0.25


class FoundMotif(NamedTuple):
    """A motif's base probabilities (width, 4) and the number of sites that they come from."""

    probabilities: np.ndarray
    sites: int


class Match(NamedTuple):
    """The best alignment of a known motif to another.

    ``correlation`` is that of :func:`best_match`, ``strand`` is ``-`` where the known motif was reverse complemented,
    and ``offset`` is where it starts in the other, below 0 where it begins before it.
    """

    correlation: float
    strand: str
    offset: int


def write_meme(motifs: Mapping[str, FoundMotif], path: Path) -> None:
    """Write motifs by name in MEME's minimal text format, version 4, which the MEME suite's programs read."""
    parts = ["MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\nBackground letter frequencies\n"]
    parts.append(" ".join(f"{base} {BACKGROUND}" for base in "ACGT") + "\n")
    for name, motif in motifs.items():
        width = len(motif.probabilities)
        parts.append(f"\nMOTIF {name}\nletter-probability matrix: alength= 4 w= {width} nsites= {motif.sites} E= 0\n")
        parts += [" ".join(f"{value:.6f}" for value in row) + "\n" for row in motif.probabilities]
    path.write_text("".join(parts), encoding="ascii")


def read_meme(path: Path) -> dict[str, FoundMotif]:
    """Motifs by name of a file that :func:`write_meme` wrote."""
    motifs = {}
    for block in path.read_text(encoding="ascii").split("\nMOTIF ")[1:]:
        name, header, *rows = block.strip().splitlines()
        probabilities = np.array([[float(value) for value in row.split()] for row in rows])
        motifs[name] = FoundMotif(probabilities, int(header.partition("nsites=")[2].split()[0]))
    return motifs


def consensus(probabilities: np.ndarray) -> str:
    """The likeliest base of each position, in lower case where it is found in less than half of the sites."""
    letters = ["ACGT"[row.argmax()] for row in probabilities]
    return "".join(
        letter if top >= 0.5 else letter.lower() for letter, top in zip(letters, probabilities.max(1), strict=True)
    )


def best_match(motif: np.ndarray, known: np.ndarray) -> Match:
    """The alignment of ``known`` to ``motif``, both (width, 4), over all offsets and both strands.

    The correlation is that of the two matrices where each is continued by background on either side: what one motif
    says beyond the ends of the other counts against the match, so that no least overlap has to be chosen. It is 1 for
    equal motifs.
    """
    ours, theirs = motif - BACKGROUND, known - BACKGROUND
    scale = np.linalg.norm(ours) * np.linalg.norm(theirs)
    matches = []
    for strand, oriented in (("+", theirs), ("-", theirs[::-1, ::-1])):
        products = sum(np.correlate(ours[:, base], oriented[:, base], "full") for base in range(4))
        best = int(products.argmax())
        matches.append(Match(float(products[best] / scale), strand, best - (len(known) - 1)))
    return max(matches, key=lambda match: match.correlation)
