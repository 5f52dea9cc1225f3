"""Settings of the windows of a task and of its negatives, as sections of the configuration hold them.

The schema and the documentation of the configuration are generated from these classes.
"""

from __future__ import annotations

from dataclasses import dataclass

from rc_equivariant.descriptions.options import option


@dataclass(frozen=True)
class WindowSettings:
    """The windows that networks of a binary task read: the section ``windows``."""

    width: int = option(1000, "Length of a window.", unit="bases", minimum=10, maximum=100_000)
    max_unknown_fraction: float = option(
        0.1, "Largest fraction of N in a window; windows with more are left out.", minimum=0, maximum=1
    )


@dataclass(frozen=True)
class NegativeSettings:
    """Options of the draw of negative windows: the section ``negatives``.

    To add an option, add a field here and use it in `genome_data.windows.negatives`.
    """

    ratio: float = option(5, "Negatives to draw per positive.", above=0, maximum=1000)
    margin: int = option(1000, "Distance that negatives keep from every peak.", unit="bases", minimum=0)
    overlap: bool = option(False, "Whether negatives may overlap one another; no window is drawn twice.")
    gc_bin_width: float = option(
        0.02,
        "Width of the bins within which negatives match the GC fraction of the positives.",
        minimum=0.001,
        maximum=1,
    )
    seed: int = option(1, "Seed of the draw, which does not depend on the order of the contigs.", minimum=0)
