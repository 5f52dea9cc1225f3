"""Settings of the windows of a task and of its negatives, as sections of the configuration hold them.

This module imports nothing beyond the standard library, so that the schema of the configuration can be generated from
its classes. The metadata of a field are ``doc`` (a sentence) and, where there are any, ``unit``, ``minimum``,
``maximum`` and ``above`` (a limit that is itself not allowed).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class WindowSettings:
    """The windows that networks of a binary task read: the section ``windows``."""

    width: int = field(
        default=1000,
        metadata={"doc": "Length of a window.", "unit": "bases", "minimum": 10, "maximum": 100_000},
    )
    max_unknown_fraction: float = field(
        default=0.1,
        metadata={
            "doc": "Largest fraction of N in a window; windows with more are left out.",
            "minimum": 0,
            "maximum": 1,
        },
    )


@dataclass(frozen=True)
class NegativeSettings:
    """Options of the draw of negative windows: the section ``negatives``.

    To add an option, add a field here and use it in `genome_data.windows.negatives`.
    """

    ratio: float = field(
        default=5,
        metadata={"doc": "Negatives to draw per positive.", "above": 0, "maximum": 1000},
    )
    margin: int = field(
        default=1000,
        metadata={"doc": "Distance that negatives keep from every peak.", "unit": "bases", "minimum": 0},
    )
    overlap: bool = field(
        default=False,
        metadata={"doc": "Allow negatives to overlap one another; no window is drawn twice."},
    )
    gc_bin_width: float = field(
        default=0.02,
        metadata={
            "doc": "Width of the bins within which negatives match the GC fraction of the positives.",
            "minimum": 0.001,
            "maximum": 1,
        },
    )
    seed: int = field(
        default=1,
        metadata={"doc": "Seed of the draw, which does not depend on the order of the contigs.", "minimum": 0},
    )
