"""Evolution of sequences along a phylogenetic tree: substitutions, indels, and gain and loss of a motif.

Rates are relative to the rate of substitutions. Branch lengths are expected substitutions per site.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dendropy
import numpy as np
from dendropy.model.discrete import Hky85, Jc69

from genome_data.motifs import Motif


@dataclass(frozen=True)
class Evolution:
    """The model of evolution along a branch.

    Parameters
    ----------
    model
        ``jc69`` (Jukes & Cantor 1969) or ``hky85`` (Hasegawa, Kishino & Yano 1985).
    kappa, frequencies
        For ``hky85``, the rate of transitions relative to transversions, and the stationary frequencies of A, C, G and
        T.
    indel_rate, indel_length
        Insertions and deletions, in equal numbers, per substitution; and the mean of their geometric lengths.
    motif
        A motif that is gained and lost as a whole, or None. Selection keeps it unchanged while it is present.
    gain, loss
        The rates at which the motif is gained and lost.
    """

    model: str = "jc69"
    kappa: float = 2.0
    frequencies: Sequence[float] = (0.25, 0.25, 0.25, 0.25)
    indel_rate: float = 0.0
    indel_length: float = 3.0
    motif: Motif | None = None
    gain: float = 1.0
    loss: float = 1.0

    def transitions(self, length: float) -> np.ndarray:
        """The probability (4, 4) of each base at the end of a branch (column) given its base at the start (row)."""
        model = Jc69() if self.model == "jc69" else Hky85(kappa=self.kappa, base_freqs=list(self.frequencies))
        return np.array(model.pmatrix(length))

    @property
    def stationary(self) -> np.ndarray:
        """The stationary frequencies of A, C, G and T."""
        return np.full(4, 0.25) if self.model == "jc69" else np.asarray(self.frequencies) / np.sum(self.frequencies)


@dataclass(frozen=True)
class Lineage:
    """A sequence of base codes (uint8; A, C, G, T = 0..3), and the start of the motif in it, or None."""

    codes: np.ndarray
    site: int | None = None

    def kept(self, evolution: Evolution) -> slice:
        """The positions that selection keeps unchanged."""
        return slice(0, 0) if self.site is None else slice(self.site, self.site + evolution.motif.width)


def evolve(tree: dendropy.Tree, length: int, evolution: Evolution, rng: np.random.Generator) -> Mapping[str, Lineage]:
    """The sequences of the leaves by taxon, from a root of ``length`` bases drawn from the stationary distribution.

    Sequences longer than ``length`` are cut to ``length`` bases that include the motif; deletions leave shorter ones.
    """
    lineages: dict[dendropy.Node, Lineage] = {}
    for node in tree.preorder_node_iter():
        parent = node.parent_node
        lineages[node] = (
            _root(length, evolution, rng)
            if parent is None
            else _along(lineages[parent], node.edge_length, evolution, rng)
        )
    return {leaf.taxon.label: _cut(lineages[leaf], length, evolution) for leaf in tree.leaf_node_iter()}


def _root(length: int, evolution: Evolution, rng: np.random.Generator) -> Lineage:
    root = Lineage(rng.choice(4, length, p=evolution.stationary).astype(np.uint8))
    if evolution.motif is None or rng.random() * (evolution.gain + evolution.loss) >= evolution.gain:
        return root
    return _gain(root, evolution, rng)


def _along(start: Lineage, length: float, evolution: Evolution, rng: np.random.Generator) -> Lineage:
    """The sequence at the end of a branch, after substitutions, then indels, then gain or loss of the motif."""
    lineage = _substitute(start, evolution.transitions(length), evolution, rng)
    for _ in range(rng.poisson(evolution.indel_rate * length * len(lineage.codes))):
        size = rng.geometric(1 / evolution.indel_length)
        change = _insert if rng.random() < 0.5 else _delete
        lineage = change(lineage, size, evolution, rng)
    return lineage if evolution.motif is None else _change_motif(lineage, length, evolution, rng)


def _substitute(lineage: Lineage, matrix: np.ndarray, evolution: Evolution, rng: np.random.Generator) -> Lineage:
    thresholds = np.cumsum(matrix, axis=1)[lineage.codes, :3]
    codes = (rng.random((len(lineage.codes), 1)) > thresholds).sum(axis=1).astype(np.uint8)
    kept = lineage.kept(evolution)
    codes[kept] = lineage.codes[kept]
    return Lineage(codes, lineage.site)


def _insert(lineage: Lineage, size: int, evolution: Evolution, rng: np.random.Generator) -> Lineage:
    at, kept = int(rng.integers(len(lineage.codes) + 1)), lineage.kept(evolution)
    if kept.start < at < kept.stop:
        return lineage
    inserted = rng.choice(4, size, p=evolution.stationary).astype(np.uint8)
    codes = np.concatenate([lineage.codes[:at], inserted, lineage.codes[at:]])
    return Lineage(codes, _moved(lineage.site, at, size))


def _delete(lineage: Lineage, size: int, evolution: Evolution, rng: np.random.Generator) -> Lineage:
    start, kept = int(rng.integers(len(lineage.codes))), lineage.kept(evolution)
    end = min(start + size, len(lineage.codes))
    shortest = evolution.motif.width if evolution.motif is not None else 1
    if (start < kept.stop and kept.start < end) or len(lineage.codes) - (end - start) < shortest:
        return lineage
    return Lineage(np.delete(lineage.codes, slice(start, end)), _moved(lineage.site, start, start - end))


def _moved(site: int | None, at: int, by: int) -> int | None:
    return site + by if site is not None and site >= at else site


def _change_motif(lineage: Lineage, length: float, evolution: Evolution, rng: np.random.Generator) -> Lineage:
    """Gain or lose the motif by a two-state Markov chain in continuous time; loss and regain count as no change."""
    is_there, total = lineage.site is not None, evolution.gain + evolution.loss
    rate = evolution.loss if is_there else evolution.gain
    if rng.random() * total >= rate * -np.expm1(-total * length):
        return lineage
    return _lose(lineage, evolution, rng) if is_there else _gain(lineage, evolution, rng)


def _gain(lineage: Lineage, evolution: Evolution, rng: np.random.Generator) -> Lineage:
    """Write a word of the motif at a random position on the forward strand."""
    width = evolution.motif.width
    site, codes = int(rng.integers(len(lineage.codes) - width + 1)), lineage.codes.copy()
    codes[site : site + width] = evolution.motif.sample(np.ones(1), rng)[0]
    return Lineage(codes, site)


def _lose(lineage: Lineage, evolution: Evolution, rng: np.random.Generator) -> Lineage:
    codes = lineage.codes.copy()
    codes[lineage.kept(evolution)] = rng.choice(4, evolution.motif.width, p=evolution.stationary)
    return Lineage(codes)


def _cut(lineage: Lineage, length: int, evolution: Evolution) -> Lineage:
    """The middle ``length`` bases, shifted as little as possible to include the motif."""
    surplus = len(lineage.codes) - length
    if surplus <= 0:
        return lineage
    start = surplus // 2
    if lineage.site is not None:
        start = int(np.clip(start, lineage.site + evolution.motif.width - length, lineage.site))
        return Lineage(lineage.codes[start : start + length], lineage.site - start)
    return Lineage(lineage.codes[start : start + length])
