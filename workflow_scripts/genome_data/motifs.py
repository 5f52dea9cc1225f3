"""Motifs: count matrices that score and sample words, their files, consensus and comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_support.errors import InputError
from workflow_support.job import logger

from .alphabet import reverse_complement
from .formats.motif_files import read_matrices
from .formats.motif_matrices import Matrix

BACKGROUND = 0.25
PSEUDOCOUNT = 1.0
NOMINAL_SITES = 100
"""Number of sites of a matrix of probabilities whose file does not give one."""
LEAST_CORRELATION = 0.8
"""The correlation with a known motif from which on a motif is said to resemble it."""


@dataclass(frozen=True)
class Motif:
    """The count matrix of a transcription factor.

    Parameters
    ----------
    accession, name
        Accession and name in JASPAR, such as ``MA0139.2`` and ``CTCF``.
    counts
        Number of sites with each base: (width, 4), bases in the order A, C, G, T.
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
        """Probability of each base: (width, 4), with one pseudocount per base."""
        counts = self.counts + PSEUDOCOUNT
        return counts / counts.sum(axis=1, keepdims=True)

    @property
    def log_odds_matrix(self) -> np.ndarray:
        """Log odds of each base over uniform bases, in bits: (width, 4)."""
        return np.log2(self.probabilities / BACKGROUND)

    @property
    def best_log_odds(self) -> float:
        """Score of the consensus, in bits."""
        return float(self.log_odds_matrix.max(axis=1).sum())

    def log_odds(self, words: np.ndarray) -> np.ndarray:
        """Scores in bits, (words,), of base codes A, C, G, T = 0..3, (words, width)."""
        return self.log_odds_matrix[np.arange(self.width), words].sum(axis=1)

    def best_log_odds_of_words(self, codes: np.ndarray) -> np.ndarray:
        """Score in bits of the best word on either strand of each sequence: (sequences,).

        Parameters
        ----------
        codes
            Base codes A, C, G, T, N = 0..4: (sequences, bases), at least as many bases as the motif has. An unknown
            base scores 0.
        """
        # An unknown base is equally likely under the motif and the background.
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

        A word of strength s is drawn from the probabilities p^s, renormalised. Strength 0 gives background and 1 the
        motif itself; above 1 the words approach the consensus.

        Returns
        -------
        numpy.ndarray
            Base codes: uint8 (strengths, width).
        """
        weights = self.probabilities ** np.asarray(strengths)[:, None, None]
        cumulative = np.cumsum(weights / weights.sum(axis=2, keepdims=True), axis=2)
        thresholds = rng.random((len(weights), self.width, 1))
        return (thresholds > cumulative[:, :, :3]).sum(axis=2).astype(np.uint8)

    def sample_decoys(self, strengths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw words with their two halves exchanged: they have the composition and most k-mers of a site but are none.

        Returns
        -------
        numpy.ndarray
            Base codes: uint8 (strengths, width).
        """
        return np.roll(self.sample(strengths, rng), self.width // 2, axis=1)


def read_motifs(path: Path) -> list[Motif]:
    """Read the motifs of a file in any format of `genome_data.formats.motif_files`.

    Probabilities become counts of as many sites as the file says, or of `NOMINAL_SITES`, with a warning.

    Raises
    ------
    InputError
        If a matrix cannot be read, or if two have the same accession.
    """
    matrices = read_matrices(path)
    nominal = [matrix.accession for matrix in matrices if matrix.sites == 0]
    if nominal:
        logger.warning(
            "%s: %d motifs are probabilities without a number of sites, and are read as of %d sites; the first is %s",
            path,
            len(nominal),
            NOMINAL_SITES,
            nominal[0],
        )
    motifs = [Motif(each.accession, each.name, _counts(each)) for each in matrices]
    sites = np.concatenate([motif.counts.sum(axis=1) for motif in motifs])
    logger.info(
        "%s: %s, %d positions in total, each of %.6g to %.6g sites",
        path,
        motifs[0].accession if len(motifs) == 1 else f"{len(motifs):,} motifs",
        len(sites),
        sites.min(),
        sites.max(),
    )
    return motifs


def _counts(matrix: Matrix) -> np.ndarray:
    return matrix.values if matrix.sites is None else matrix.values * (matrix.sites or NOMINAL_SITES)


def read_motif(path: Path) -> Motif:
    """Read the only motif of a file; an `InputError` if there are several, or if its matrix cannot be read."""
    motifs = read_motifs(path)
    if len(motifs) == 1:
        return motifs[0]
    raise InputError(
        "the file contains more than one motif",
        file=path,
        found=", ".join(f"{motif.accession} ({motif.name})" for motif in motifs[:5]),
        allowed="one motif",
        fix="copy the motif that you want to a file of its own",
    )


def read_known_motifs(paths: Sequence[Path]) -> dict[str, Motif]:
    """The motifs of all files by accession; those of one name are told apart by it.

    A motif that is in several files is read once. An `InputError` names two files whose matrices of one accession
    differ.
    """
    known: dict[str, Motif] = {}
    files: dict[str, Path] = {}
    for path in paths:
        for motif in read_motifs(path):
            other = known.setdefault(motif.accession, motif)
            first = files.setdefault(motif.accession, path)
            if not np.array_equal(other.counts, motif.counts):
                raise InputError(
                    "two different motifs have the same accession",
                    file=path,
                    found=f"{motif.accession}, which is also in {first}",
                    allowed="one matrix per accession; names may be shared",
                    fix="remove or rename one of the two motifs",
                )
    return known


class FoundMotif(NamedTuple):
    """Base probabilities (width, 4) of a motif, and the number of sites that they were counted on."""

    probabilities: np.ndarray
    sites: int


class Match(NamedTuple):
    """The best alignment of a known motif to another motif.

    Attributes
    ----------
    correlation
        See :func:`best_match`.
    strand
        ``-`` if the known motif is reverse complemented.
    offset
        Start of the known motif relative to the other motif; negative if it starts before it.
    """

    correlation: float
    strand: str
    offset: int


def write_meme(motifs: Mapping[str, FoundMotif], path: Path) -> None:
    """Write motifs by name in the minimal text format of MEME, version 4, for the programs of the MEME suite."""
    parts = ["MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\nBackground letter frequencies\n"]
    parts.append(" ".join(f"{base} {BACKGROUND}" for base in "ACGT") + "\n")
    for name, motif in motifs.items():
        width = len(motif.probabilities)
        parts.append(f"\nMOTIF {name}\nletter-probability matrix: alength= 4 w= {width} nsites= {motif.sites} E= 0\n")
        parts += [" ".join(f"{value:.6f}" for value in row) + "\n" for row in motif.probabilities]
    path.write_text("".join(parts), encoding="ascii")


def read_found_motifs(path: Path) -> dict[str, FoundMotif]:
    """Read the motifs of a file that :func:`write_meme` wrote, by name."""
    if "\nMOTIF " not in path.read_text(encoding="ascii"):
        return {}
    return {each.accession: FoundMotif(each.values, int(each.sites)) for each in read_matrices(path)}


def consensus(probabilities: np.ndarray) -> str:
    """The most frequent base of each position, in lower case if fewer than half of the sites have it."""
    letters = ["ACGT"[row.argmax()] for row in probabilities]
    return "".join(
        letter if top >= 0.5 else letter.lower() for letter, top in zip(letters, probabilities.max(1), strict=True)
    )


def information(probabilities: np.ndarray) -> np.ndarray:
    """Letter heights in bits (positions, 4) of base probabilities: each times its position's information content."""
    bits = np.log2(probabilities, out=np.zeros_like(probabilities), where=probabilities > 0)
    return probabilities * (2 + (probabilities * bits).sum(axis=1, keepdims=True))


def best_match(motif: np.ndarray, known: np.ndarray) -> Match:
    """The best alignment of ``known`` to ``motif``, both (width, 4), over all offsets and both strands.

    The correlation is that of the two matrices when each is extended by background on both sides. Positions of one
    motif beyond the ends of the other therefore count against the match, and no minimum overlap has to be chosen. Equal
    motifs have a correlation of 1.
    """
    ours, theirs = motif - BACKGROUND, known - BACKGROUND
    scale = np.linalg.norm(ours) * np.linalg.norm(theirs)
    matches = []
    for strand, oriented in (("+", theirs), ("-", theirs[::-1, ::-1])):
        products = sum(np.correlate(ours[:, base], oriented[:, base], "full") for base in range(4))
        best = int(products.argmax())
        matches.append(Match(float(products[best] / scale), strand, best - (len(known) - 1)))
    return max(matches, key=lambda match: match.correlation)
