"""Input tracks: measurements at each base of a window that a network can read in addition to the sequence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Track:
    """One input track of profile tasks.

    Parameters
    ----------
    name
        Key of the track in a task of the configuration, and name of its array among the files of the task.
    doc
        Description of the measurement, for the documentation.
    is_stranded
        True if the two strands were measured separately. Reverse complement reverses the positions of every track, and
        exchanges the strands of a stranded one. A stranded track is given as ``plus`` and ``minus`` or as ``reads``,
        like the counts of a task; any other track is a single bigWig. Values must not be negative.
    """

    name: str
    doc: str
    is_stranded: bool

    @property
    def strands(self) -> tuple[str, ...]:
        """The names of the channels: ``plus`` and ``minus``, or only ``both``."""
        return ("plus", "minus") if self.is_stranded else ("both",)


#: Every input track by name, in the order in which networks read them.
TRACKS: dict[str, Track] = {
    each.name: each
    for each in (
        Track(name="control", doc="Start positions of the reads of a control; for kind profile.", is_stranded=True),
    )  # A new track goes above this line.
}
#: Names of the tracks that come from reads, or from one bigWig per strand.
STRANDED = tuple(name for name, track in TRACKS.items() if track.is_stranded)
