"""Input tracks: measurements at each base of a window that a network can read beside its sequence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Track:
    """One input track of profile tasks.

    Parameters
    ----------
    name
        Its key in a task of the configuration, and the name of its array among the files of the task.
    doc
        What was measured, for the documentation.
    is_stranded
        Whether the two strands were measured apart. Reverse complement reverses the positions of every track, and
        exchanges the strands of a stranded one. A stranded track is given as ``plus`` and ``minus`` or as ``reads``,
        like the counts of a task; any other is one bigWig. No value may be negative.
    """

    name: str
    doc: str
    is_stranded: bool

    @property
    def strands(self) -> tuple[str, ...]:
        """The names of its channels: ``plus`` and ``minus``, or ``both`` together."""
        return ("plus", "minus") if self.is_stranded else ("both",)


#: Every input track by name, in the order in which networks read them.
TRACKS: dict[str, Track] = {
    each.name: each
    for each in (
        Track(name="control", doc="Where reads of a control start; for kind profile.", is_stranded=True),
    )  # A new track goes above this line.
}
#: Names of the tracks that come from reads, or from one bigWig per strand.
STRANDED = tuple(name for name, track in TRACKS.items() if track.is_stranded)
