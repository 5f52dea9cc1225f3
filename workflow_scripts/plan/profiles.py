"""The signal of profile tasks: bigWigs of read starts on both strands, and of input tracks."""

from __future__ import annotations

from configuration import simulated_files
from rc_equivariant.descriptions.tracks import STRANDED, TRACKS
from workflow_support.palette import MINUS, PLUS

from .run import Run

#: Strands with their sign and their colour in figures.
STRANDS = {"plus": ("+", PLUS), "minus": ("−", MINUS)}


class Profiles:
    """The files of the ``counts`` and of the input tracks of profile tasks.

    A source, ``counts`` or a stranded track, has one or more BAM files, or as many pairs of bigWigs. Any other track is
    one bigWig.

    Attributes
    ----------
    sources
        The names of the sources.
    """

    sources = ("counts", *STRANDED)

    def __init__(self, run: Run) -> None:
        self.run = run

    def strand_files(self, source: str, strand: str, task: str) -> list[str]:
        """The bigWigs of a strand of a source, made from reads or given; none where the task lacks the source."""
        given = self.run.settings["tasks"][task].get(source, {})
        if "reads" in given:
            names = (f"tasks/{task}/signal/{source}.{n}.{strand}.bw" for n in range(len(given["reads"])))
            return [self.run.path(name) for name in names]
        keys = (f"tasks.{task}.{source}.{strand}.{n}" for n in range(len(given.get(strand, []))))
        return self.run.local_paths(*keys)

    def first_track(self, task: str) -> str:
        """The bigWig of the + strand of the first source of counts."""
        return self.strand_files("counts", "plus", task)[0]

    def sample_labels(self, task: str) -> list[str]:
        """Names of the bigWigs of counts in figures, those of the + strand first."""
        return [
            sign if number == 0 else f"{sign} {number + 1}"
            for strand, (sign, _) in STRANDS.items()
            for number, _ in enumerate(self.strand_files("counts", strand, task))
        ]

    def sample_colours(self, task: str) -> list[str]:
        """Colours of the bigWigs of counts in figures, in the order of :meth:`sample_labels`."""
        return [colour for strand, (_, colour) in STRANDS.items() for _ in self.strand_files("counts", strand, task)]

    def track_files(self, track: str, task: str) -> list[list[str]]:
        """The bigWigs of each strand of an input track of a task."""
        if not TRACKS[track].is_stranded:
            return [self.run.local_paths(f"tasks.{task}.{track}")]
        return [self.strand_files(track, strand, task) for strand in TRACKS[track].strands]

    def sources_of_reads(self, task: str) -> list[tuple[str, int]]:
        """The BAM files of a task as (source, number)."""
        given = self.run.settings["tasks"][task]
        numbers = {source: range(len(given.get(source, {}).get("reads", []))) for source in self.sources}
        return [(source, n) for source in numbers for n in numbers[source]]

    def read_files(self, suffix: str, task: str) -> list[str]:
        """The file with this suffix that is made from each BAM file of a task, such as ``bam.bai``."""
        return [
            self.run.path(f"tasks/{task}/signal/{source}.{n}.{suffix}") for source, n in self.sources_of_reads(task)
        ]

    def read_labels(self, task: str) -> list[str]:
        """Names of the BAM files of a task in figures; they are numbered if there are several from one source."""
        files = self.sources_of_reads(task)
        return [f"{source} {n + 1}" if (source, 1) in files else source for source, n in files]

    def with_reads(self) -> list[str]:
        """The profile tasks whose counts come from BAM files."""
        return [task for task in self.run.profile if "reads" in self.run.settings["tasks"][task]["counts"]]

    def with_replicates(self) -> list[str]:
        """The profile tasks whose counts have several sources."""
        return [task for task in self.run.profile if len(self.strand_files("counts", "plus", task)) > 1]

    def motif_sites(self, task: str) -> list[str]:
        """The table of the motifs that the simulated experiment planted for a task: one file or none."""
        peaks = self.run.settings["tasks"][task]["peaks"]
        table = peaks.removesuffix(".narrowPeak") + ".sites.tsv"
        return [table] if table in simulated_files(self.run.settings) else []
