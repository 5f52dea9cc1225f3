"""Genomes: any sequence file is normalised once, and every job then maps the result into memory."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

from .alphabet import IUPAC_AMBIGUITY, encode_in_place
from .formats.sequence_files import SequenceBlock, read_sequence
from .formats.signatures import SEQUENCES, TWOBIT, kind_of
from .formats.text import content_start
from .intervals.contig_names import ContigSizes, all_other_names, read_other_names

_AMBIGUOUS_TO_N = bytes.maketrans(IUPAC_AMBIGUITY, b"N" * len(IUPAC_AMBIGUITY))


class Contig(NamedTuple):
    """A contig that was written: its length, its digest, and the numbers of letters that were changed."""

    name: str
    length: int
    refget: str
    ambiguous: int
    lower_case: int


def normalise_fasta(
    source: str | Path,
    fasta: str | Path,
    index: str | Path,
    contigs: str | Path,
    sizes: str | Path,
    contig_names: Mapping[str, str] | None = None,
) -> None:
    """Write any sequence file as an upper-case FASTA over A, C, G, T and N with one line per contig.

    Every tool can read such a file as FASTA, and with its index :class:`Genome` can map it into memory.

    Parameters
    ----------
    source
        FASTA or 2bit, plain or compressed with gzip or BGZF, recognised by its content. No file next to it is read or
        written.
    fasta, index
        The normalised FASTA and its ``.fai``.
    contigs
        Table ``contig, length, refget, other_names``. The GA4GH refget digests are of the letters in upper case, before
        ambiguity letters become N, so that they equal the digests of public genomes. Other names are separated by
        spaces: those of ``contig_names``, and those of published builds (`genome_data.intervals.builds`).
    sizes
        ``chrom.sizes``: contig and length, without a header.
    contig_names
        Contig of the genome by the name that other files use for it.
    """
    _report_neighbouring_index(Path(source))
    with Path(fasta).open("wb") as out:
        written = [
            _write_contig(name, blocks, out)
            for name, blocks in groupby(read_sequence(source), key=attrgetter("contig"))
        ]
    _report(source, written)
    table = pd.DataFrame(written)
    table["other_names"] = all_other_names({each.name: each.length for each in written}, contig_names or {})
    columns = {"name": "contig", "length": "length", "refget": "refget", "other_names": "other_names"}
    table[list(columns)].rename(columns=columns).to_csv(contigs, sep="\t", index=False)
    table.to_csv(sizes, sep="\t", columns=["name", "length"], header=False, index=False)
    # A record is ">name\n" + letters + "\n", so the letters begin after all earlier records and their own header.
    header = table["name"].str.encode("utf-8").str.len().astype(np.int64) + 2
    table["offset"] = (header + table["length"] + 1).cumsum() - table["length"] - 1
    table["line_width"] = table["length"] + 1
    columns = ["name", "length", "offset", "length", "line_width"]
    table[columns].to_csv(index, sep="\t", header=False, index=False)


class Genome:
    """A normalised FASTA, mapped into memory once.

    Parameters
    ----------
    fasta
        File that :func:`normalise_fasta` wrote, next to its index ``<fasta>.fai``. Where the table ``contigs.tsv`` is
        there as well, files may use the other names that it has.

    Attributes
    ----------
    sizes : ContigSizes
        Length of every contig, in the order of the file.

    Raises
    ------
    InputError
        If the FASTA or its index is missing, or if the index belongs to another file.
    """

    def __init__(self, fasta: str | Path) -> None:
        fasta = Path(fasta)
        try:
            rows = pd.read_csv(
                f"{fasta}.fai",
                sep="\t",
                names=["contig", "length", "offset", "line_bases", "line_width"],
                dtype={"contig": "str"},
                keep_default_na=False,
            )
            self._letters = np.memmap(fasta, dtype=np.uint8, mode="r")
        except (OSError, ValueError) as error:
            raise _not_normalised(fasta, error) from None
        ends = rows["offset"] + rows["length"]
        if (rows["line_bases"] != rows["length"]).any() or ends.max() > len(self._letters):
            raise _not_normalised(fasta, "an index with contigs that span several lines or reach past the end")
        lengths = dict(zip(rows["contig"], rows["length"].tolist(), strict=True))
        self.sizes = ContigSizes(lengths, read_other_names(fasta.with_name("contigs.tsv")))
        self._offsets: dict[str, int] = dict(zip(rows["contig"], rows["offset"].tolist(), strict=True))

    def bases(self, contig: str) -> np.ndarray:
        """ASCII letters of a contig: uint8 (length,), a view of the memory map."""
        offset = self._offsets[contig]
        return self._letters[offset : offset + self.sizes[contig]]

    def codes(self, contigs: Sequence[str] | pd.Series, starts: Sequence[int] | pd.Series, width: int) -> np.ndarray:
        """Base codes of many windows of one width.

        Parameters
        ----------
        contigs, starts
            Contig and 0-based start of each window, which may reach beyond either end of its contig.
        width
            Number of bases in every window.

        Returns
        -------
        numpy.ndarray
            uint8 (windows, width); N beyond the ends of a contig.
        """
        starts = np.asarray(starts, dtype=np.int64)
        groups, names = pd.factorize(np.asarray(contigs, dtype=object))
        letters = np.empty((len(starts), width), dtype=np.uint8)
        by_contig = np.argsort(groups, kind="stable")
        bounds = np.searchsorted(groups[by_contig], np.arange(len(names) + 1))
        for name, first, last in zip(names, bounds[:-1], bounds[1:], strict=True):
            rows = by_contig[first:last]
            letters[rows] = _window_letters(self.bases(name), starts[rows], width)
        return encode_in_place(letters)


def _window_letters(bases: np.ndarray, starts: np.ndarray, width: int) -> np.ndarray:
    whole = (starts >= 0) & (starts + width <= len(bases))
    if whole.all():
        return np.lib.stride_tricks.sliding_window_view(bases, width)[starts]
    letters = np.empty((len(starts), width), dtype=np.uint8)
    if whole.any():
        letters[whole] = _window_letters(bases, starts[whole], width)
    positions = starts[~whole, None] + np.arange(width)
    beyond = (positions < 0) | (positions >= len(bases))
    letters[~whole] = np.where(beyond, ord("N"), bases[np.where(beyond, 0, positions)])
    return letters


def _write_contig(name: str, blocks: Iterable[SequenceBlock], out: BinaryIO) -> Contig:
    digest = hashlib.sha512()
    length = ambiguous = lower_case = 0
    out.write(b">" + name.encode() + b"\n")
    for block in blocks:
        letters = block.letters
        digest.update(letters)
        length += len(letters)
        lower_case += block.lower_case
        ambiguous_here = len(letters.translate(None, delete=b"ACGTN"))
        if ambiguous_here:
            ambiguous += ambiguous_here
            letters = letters.translate(_AMBIGUOUS_TO_N)
        out.write(letters)
    out.write(b"\n")
    # refget v2: base64url of the first 24 bytes of SHA-512, with the prefix of sequences.
    refget = "SQ." + base64.urlsafe_b64encode(digest.digest()[:24]).decode()
    return Contig(name, length, refget, ambiguous, lower_case)


def _report_neighbouring_index(source: Path) -> None:
    neighbour = Path(f"{source}.fai")
    if kind_of(content_start(source, SEQUENCES)) is TWOBIT:  # the file contains its own index
        return
    if not neighbour.exists():
        state = "has no .fai next to it"
    elif neighbour.stat().st_mtime < source.stat().st_mtime:
        state = f"has a .fai next to it that is older ({neighbour.name})"
    else:
        return
    logger.info("%s %s: nothing to do, the workflow writes its own index to the results", source, state)


def _report(source: str | Path, contigs: list[Contig]) -> None:
    logger.info("%s: %d contigs, %s bases", source, len(contigs), f"{sum(each.length for each in contigs):,}")
    lower_case = sum(each.lower_case for each in contigs)
    if lower_case:
        logger.info("  %s lower-case letters (soft masking) read as upper case", f"{lower_case:,}")
    for each in contigs:
        if each.ambiguous:
            logger.info("  %s: %s IUPAC ambiguity letters read as N", each.name, f"{each.ambiguous:,}")


def _not_normalised(fasta: Path, found: object) -> InputError:
    return InputError(
        "the file is no normalised genome",
        file=fasta,
        found=found,
        allowed="a FASTA with one line per contig and its .fai, as `normalise_genome` writes them",
        fix="delete both files and run the workflow again, which will write new ones",
    )


class JoinedGenome(Genome):
    """The contigs of several normalised genomes, for example of one genome that is divided among files.

    Raises
    ------
    InputError
        If two of them have a contig of the same name.
    """

    def __init__(self, fastas: Sequence[Path]) -> None:
        sizes: dict[str, int] = {}
        other_names: dict[str, str] = {}
        self._genome_of: dict[str, Genome] = {}
        for fasta in fastas:
            genome = Genome(fasta)
            if twice := sizes.keys() & genome.sizes.keys():
                raise InputError(
                    "a contig is in two of the genomes",
                    file=fasta,
                    found=min(twice),
                    allowed="genomes that share no contig",
                    fix="give only one of these genomes",
                )
            sizes |= genome.sizes
            other_names |= genome.sizes.other_names
            self._genome_of |= dict.fromkeys(genome.sizes, genome)
        self.sizes = ContigSizes(sizes, other_names)

    def bases(self, contig: str) -> np.ndarray:
        """ASCII letters of a contig: uint8 (length,), a view of the memory map of its genome."""
        return self._genome_of[contig].bases(contig)
