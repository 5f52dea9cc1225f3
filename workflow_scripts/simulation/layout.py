"""The layout of a simulated genome: disjoint slots for sites, decoys, peaks and runs of N."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_support.errors import InputError

SLOT_WIDTH = 500
LARGEST_GAP = 400


@dataclass
class SlotPool:
    """The free slots of a genome. Slots that are taken are no longer free.

    Parameters
    ----------
    free
        The free slots: ``contig, start, gc``.
    width
        Bases per slot.
    rng
        The generator that decides which slots are taken.
    """

    free: pd.DataFrame
    width: int
    rng: np.random.Generator

    @classmethod
    def covering(cls, contigs: dict[str, np.ndarray], rng: np.random.Generator) -> SlotPool:
        """Cut contigs of base codes into slots. Both ends of a contig stay free, so that widened peaks fit on it."""
        frames = []
        for contig, codes in contigs.items():
            # Gaps differ in length, so that neighbouring peaks do not all lie at the same distance.
            gaps = rng.integers(0, LARGEST_GAP, size=len(codes) // SLOT_WIDTH, endpoint=True)
            starts = np.cumsum(SLOT_WIDTH + gaps)
            starts = starts[starts <= len(codes) - 2 * SLOT_WIDTH]
            bases = codes[starts[:, None] + np.arange(SLOT_WIDTH)]
            gc = ((bases == 1) | (bases == 2)).mean(axis=1)
            frames.append(pd.DataFrame({"contig": contig, "start": starts, "gc": gc}))
        return cls(pd.concat(frames, ignore_index=True), SLOT_WIDTH, rng)

    def take(self, count: int, what: str) -> pd.DataFrame:
        """Take ``count`` slots (contig, start), with a preference for GC-rich ones, because regulatory DNA is GC-rich.

        Raises
        ------
        InputError
            If fewer slots are free.
        """
        if count > len(self.free):
            raise InputError(
                f"the simulated genome has no room for {what}",
                found=f"{len(self.free)} free slots of {self.width} bases",
                allowed=f"at least {count}",
                fix="lengthen simulation.contigs, or plant fewer sites",
            )
        weights = self.free["gc"].to_numpy() ** 2
        rows = self.rng.choice(len(self.free), size=count, replace=False, p=weights / weights.sum(), shuffle=True)
        taken = self.free.iloc[rows]
        self.free = self.free.drop(index=taken.index)
        return taken[["contig", "start"]].reset_index(drop=True)

    def subdivide(self, width: int) -> SlotPool:
        """A pool of narrower slots, cut from the slots that are still free."""
        offsets = np.arange(0, self.width - width + 1, width)
        narrow = self.free.loc[self.free.index.repeat(len(offsets))].reset_index(drop=True)
        narrow["start"] += np.tile(offsets, len(self.free))
        return SlotPool(narrow, width, self.rng)
