"""Motif matrices: reading JASPAR files, sampling words of a chosen strength, scoring words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow_support.errors import InputError

from .alphabet import reverse_complement

BACKGROUND = 0.25
PSEUDOCOUNT = 1.0
JASPAR_FORMAT = "one header line '>accession name', then lines 'A  [ 12 0 7 ]' for A, C, G and T"


@dataclass(frozen=True)
class Motif:
    """A transcription factor's count matrix.

    Parameters
    ----------
    accession, name
        JASPAR's, as in ``MA0139.2`` and ``CTCF``.
    counts
        Sites with each base, shape (width, 4), bases in the order A, C, G, T.
    """

    accession: str
    name: str
    counts: np.ndarray

    @property
    def width(self) -> int:
        """Length of a site in bases."""
        return len(self.counts)

    @property
    def probabilities(self) -> np.ndarray:
        """Probability of each base, shape (width, 4), one pseudocount a base."""
        counts = self.counts + PSEUDOCOUNT
        return counts / counts.sum(axis=1, keepdims=True)

    @property
    def log_odds_matrix(self) -> np.ndarray:
        """Bits in favour of the motif over uniform bases, shape (width, 4)."""
        return np.log2(self.probabilities / BACKGROUND)

    @property
    def best_log_odds(self) -> float:
        """Score of the consensus in bits."""
        return float(self.log_odds_matrix.max(axis=1).sum())

    def log_odds(self, words: np.ndarray) -> np.ndarray:
        """Scores in bits, shape (words,), of base codes A, C, G, T = 0..3, shape (words, width)."""
        return self.log_odds_matrix[np.arange(self.width), words].sum(axis=1)

    def best_log_odds_of_words(self, codes: np.ndarray) -> np.ndarray:
        """Score in bits of the best word on either strand of each sequence, shape (sequences,).

        Parameters
        ----------
        codes
            Base codes A, C, G, T, N = 0..4, shape (sequences, width of the motif or more). An unknown base scores 0.
        """
        # Over what an unknown base may be, the likelihoods of motif and background are equal.
        matrix = np.pad(self.log_odds_matrix, ((0, 0), (0, 1)))
        offsets = codes.shape[1] - self.width + 1
        best = np.full(len(codes), -np.inf)
        for strand in (codes, reverse_complement(codes)):
            for offset in range(offsets):
                word = strand[:, offset : offset + self.width]
                np.maximum(best, matrix[np.arange(self.width), word].sum(axis=1), out=best)
        return best

    def sample(self, strengths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw one word for each strength.

        A word of strength s comes from the matrix of probabilities p^s, renormalised: 0 is background, 1 the motif
        itself, and beyond 1 the words approach the consensus.

        Returns
        -------
        numpy.ndarray
            Base codes, uint8, shape (strengths, width).
        """
        weights = self.probabilities ** np.asarray(strengths)[:, None, None]
        cumulative = np.cumsum(weights / weights.sum(axis=2, keepdims=True), axis=2)
        thresholds = rng.random((len(weights), self.width, 1))
        return (thresholds > cumulative[:, :, :3]).sum(axis=2).astype(np.uint8)

    def sample_decoys(self, strengths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw words whose two halves have changed places: the composition of a site and most of its k-mers, no site.

        Returns
        -------
        numpy.ndarray
            Base codes, uint8, shape (strengths, width).
        """
        return np.roll(self.sample(strengths, rng), self.width // 2, axis=1)


def read_jaspar(path: Path) -> Motif:
    """Read the one count matrix of a file in JASPAR's text format.

    Raises
    ------
    InputError
        If the file is not such a matrix.
    """
    lines = [(number, line.strip()) for number, line in enumerate(path.read_text().splitlines(), start=1)]
    lines = [(number, line) for number, line in lines if line]
    if not lines or not (header := re.fullmatch(r">(\S+)\s+(\S+)", lines[0][1])):
        raise _malformed(path, *(lines[0] if lines else (1, "an empty file")))
    rows = {}
    for number, line in lines[1:]:
        row = re.fullmatch(r"([ACGT])\s*\[([\d.\s]+)\]", line)
        if row is None or row[1] in rows:
            raise _malformed(path, number, line)
        rows[row[1]] = [float(count) for count in row[2].split()]
    if set(rows) != set("ACGT") or len({len(row) for row in rows.values()}) != 1 or not rows["A"]:
        raise _malformed(path, lines[-1][0], {base: len(row) for base, row in rows.items()})
    return Motif(header[1], header[2], np.array([rows[base] for base in "ACGT"]).T)


def _malformed(path: Path, line: int, found: object) -> InputError:
    return InputError(
        "this is no motif matrix in JASPAR's format",
        file=path,
        line=line,
        found=found,
        allowed=JASPAR_FORMAT,
        mend="download the matrix again from jaspar.elixir.no, in the format JASPAR, one matrix a file",
    )
