"""A trained model in use, from Python and from a shell: scores of sequences and of regions of a genome.

From Python::

    from learning.predict import load
    model = load("CTCF.default")
    scores = model.predict(["ACGTTGCA...", "TTGACCA..."])
    table = model.predict("genome.fa", "regions.bed")

From a shell: ``python -m learning.predict MODEL regions.bed genome.fa -o scores.bw``.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
from torch import nn

from genome_data.alphabet import ALLOWED_LETTERS, ASCII_TO_CODE, NUCLEOTIDES, reverse_complement
from genome_data.genome import normalise_fasta
from genome_data.windows.placing import in_the_middle
from workflow_support.errors import InputError
from workflow_support.fetch import SCHEMES, fetch
from workflow_support.job import logger
from workflow_support.kinds import PROFILE

from .evaluation.averages import load_replicates
from .evaluation.genome_profiles import predict_genome
from .evaluation.genome_scores import score_genome
from .evaluation.predict import expected_reads, logits_of_sequences
from .models.devices import select_device
from .models.model_files import DESCRIPTION, WEIGHTS, model_folder, read_description

#: Bases from one scored window to the next: the default of ``predict: stride``. docs/measurements.md says why.
STRIDE = 20


@dataclass(frozen=True, eq=False)
class Model:
    """A trained model: networks whose mean answer is that of the model.

    Attributes
    ----------
    facts
        The content of ``model.json``: what the model answers, the bases that it reads, its data and its test metrics.
    networks
        The networks, in evaluation mode.
    """

    facts: dict[str, Any]
    networks: list[nn.Module]

    @property
    def is_profile(self) -> bool:
        """True if the model answers how many reads start at each base, and not a class."""
        return self.facts["answers"] == PROFILE

    def predict(
        self,
        sequences: Sequence[str] | str | Path,
        regions: str | Path | None = None,
        *,
        stride: int = STRIDE,
        tracks: Mapping[str, str | Path] | None = None,
    ) -> np.ndarray | pd.DataFrame:
        """The answers for sequences, or for regions of a genome.

        Parameters
        ----------
        sequences
            Sequences, none longer than ``facts["window"]``, and of that length for profile models; or the path of a
            FASTA or 2bit file.
        regions
            A BED file of regions of the FASTA file; None for all of its contigs.
        stride
            Bases from one scored window of a region to the next. Profiles have one value per base in any case.
        tracks
            bigWigs on the genome of the tracks that a profile model reads beside the sequence (``facts["tracks"]``), by
            name and strand, such as ``control.plus`` and ``control.minus``.

        Returns
        -------
        Of sequences, the mean logits: float (sequences,), or (sequences, classes) for more than two classes. Of profile
        models the expected reads of the + and the - strand: (sequences, 2, ``facts["output_length"]``).

        Of a file, a table with one row per window: ``contig, start, end, name``, then ``score, probability, unknown``
        or, for profile models, ``reads_plus, reads_minus``.

        Raises
        ------
        InputError
            If a sequence is empty, too long, or has other letters; if a file cannot be read; or if the model reads
            another track beside the sequence.
        """
        if isinstance(sequences, str | Path):
            with tempfile.TemporaryDirectory() as folder:
                table = Path(folder) / "scores.tsv"
                self.write(table, Path(folder) / "scores.bw", sequences, regions, stride=stride, tracks=tracks)
                return pd.read_csv(table, sep="\t", dtype={"contig": str, "name": str}, keep_default_na=False)
        if regions is not None or tracks:
            raise InputError(
                "regions and tracks belong to a genome, and sequences were given as a list",
                found="tracks" if tracks else "regions",
                allowed="the path of a FASTA or 2bit file with regions or tracks, or sequences alone",
                fix="give the path of the genome, or leave out the regions and tracks",
            )
        codes = [self._codes(number, sequence) for number, sequence in enumerate(sequences)]
        if not codes:
            raise InputError("there is nothing to predict", found="no sequence", allowed="one or more", fix="give some")
        if self.is_profile:
            return self._profiles(codes)
        logits = logits_of_sequences(self.networks, codes)
        if self.facts["average_strands"]:
            logits += logits_of_sequences(self.networks, [reverse_complement(each) for each in codes])
        return np.mean(logits, axis=0)

    def write(
        self,
        table: Path,
        bigwig: Path,
        fasta: str | Path,
        regions: str | Path | None = None,
        *,
        stride: int = STRIDE,
        tracks: Mapping[str, str | Path] | None = None,
    ) -> list[Path]:
        """Write the table that :meth:`predict` returns for a file, and bigWigs; return the names of the bigWigs.

        Profile models write one bigWig per strand: ``scores.bw`` stands for ``scores.plus.bw`` and ``scores.minus.bw``.
        """
        average_strands = self.facts["average_strands"]
        files = {name: _existing(Path(file), "a bigWig") for name, file in (tracks or {}).items()}
        regions = None if regions is None else _existing(Path(regions), "a BED file")
        self._require_one_score()
        _require_whole_number(stride, "stride", "bases between windows")
        bigwigs = [bigwig]
        if self.is_profile:
            bigwigs = [bigwig.with_suffix(f".{strand}{bigwig.suffix}") for strand in ("plus", "minus")]
        _require_others([table, *bigwigs], [Path(fasta), *([] if regions is None else [regions]), *files.values()])
        if tracks and not self.is_profile:
            raise InputError(
                "the networks read no track beside the sequence, and one is given",
                found=", ".join(tracks),
                allowed="none",
                fix="leave it out",
            )
        with _normalised(_existing(Path(fasta), "a FASTA or 2bit file")) as genome:
            if self.is_profile:
                plus, minus = bigwigs
                options = {"average_strands": average_strands, "table": table, "plus": plus, "minus": minus}
                read = {"tracks": list(files.values()), "track_names": list(files)}
                predict_genome(self.networks, genome, regions, None, **read, **options)
                return bigwigs
            options = {"average_strands": average_strands, "table": table, "bigwig": bigwig}
            score_genome(self.networks, genome, regions, None, stride=stride, **options)
            return bigwigs

    def _codes(self, number: int, sequence: str) -> np.ndarray:
        """The base codes of a sequence that the networks can read; profile networks read whole windows alone."""
        window = self.facts["window"]
        letters = sequence.upper().encode("ascii", "replace")
        others = set(letters) - set(NUCLEOTIDES)
        if not (window if self.is_profile else 1) <= len(letters) <= window or others:
            raise InputError(
                f"sequence {number}, counted from 0, cannot be read by this model",
                found=f"{len(letters)} letters; not allowed are {_shown(others) or 'none of them'}",
                allowed=f"{'' if self.is_profile else '1 to '}{window} letters: {ALLOWED_LETTERS}",
                fix="cut the sequence, or give a FASTA file, whose longer sequences are scored window by window",
            )
        return ASCII_TO_CODE[np.frombuffer(letters, dtype=np.uint8)]

    def _profiles(self, codes: list[np.ndarray]) -> np.ndarray:
        if self.facts["tracks"]:
            tracks = " and ".join(self.facts["tracks"])
            raise InputError(
                f"the networks read a {tracks} beside the sequence, which is not there",
                found="sequences alone",
                allowed=f"regions of a genome with a measured {tracks}",
                fix="give a FASTA file, and bigWigs as tracks",
            )
        placed = in_the_middle(codes, self.facts["window"])
        return expected_reads(self.networks, placed, {}, average_strands=self.facts["average_strands"])

    def _require_one_score(self) -> None:
        if len(self.facts["classes"]) > 2:
            raise InputError(
                "regions need a model with one score per window",
                found=f"a model of {len(self.facts['classes'])} classes",
                allowed="models of two classes, and profile models",
                fix="give the sequences as a list, which has one score per class",
            )


def load(source: str | Path, *, device: str = "cpu", threads: int | None = None) -> Model:
    """The model in a folder, in a zip of a folder, or in a zip at an http(s) or ftp address.

    Parameters
    ----------
    device
        ``cpu`` or ``cuda``.
    threads
        Threads for what runs on the CPU; by default all cores that this process may use.

    Raises
    ------
    InputError
        If the source is no model, has another format, or was changed or damaged.
    """
    if threads is None:
        threads = len(os.sched_getaffinity(0))
    _require_whole_number(threads, "threads", "processor cores to use")
    torch_device = select_device(device, threads)
    with _local(source) as file, model_folder(file) as folder:
        facts = read_description(folder / DESCRIPTION)
        networks = load_replicates([folder / WEIGHTS], [folder / DESCRIPTION], torch_device, facts["kind"])
        return Model(facts, networks)


def main(arguments: Sequence[str] | None = None) -> None:
    """Score the regions of a genome with a model, as the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m learning.predict", description="Score regions of a genome with a trained model."
    )
    parser.add_argument("model", help="folder of a model, a zip of it, or the address of such a zip")
    parser.add_argument("regions", type=Path, help="BED file")
    parser.add_argument("genome", type=Path, help="FASTA or 2bit file, gzipped or not")
    parser.add_argument("-o", "--output", type=Path, required=True, help="bigWig to write; a table goes beside it")
    parser.add_argument("--stride", type=int, default=STRIDE, help=f"bases between windows (default {STRIDE})")
    parser.add_argument(
        "--track",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="bigWig that a profile model reads beside the sequence, such as control.plus=input.plus.bw",
    )
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--threads", type=int)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    if wrong := [each for each in given.track if "=" not in each]:
        parser.error(f"--track {wrong[0]}: write NAME=FILE")
    tracks = dict(each.split("=", 1) for each in given.track)
    table = given.output.with_suffix(".tsv")
    try:
        model = load(given.model, device=given.device, threads=given.threads)
        written = model.write(table, given.output, given.genome, given.regions, stride=given.stride, tracks=tracks)
    except InputError as error:
        sys.exit(str(error))
    for file in (table, *written):
        logger.info("Wrote %s", file)


@contextmanager
def _local(source: str | Path) -> Iterator[Path]:
    """Yield a local file or folder: the source, or a download that is removed afterwards."""
    if urlsplit(str(source)).scheme not in SCHEMES:
        yield Path(source)
        return
    with tempfile.TemporaryDirectory() as folder:
        fetch(str(source), Path(folder) / "model.zip")
        yield Path(folder) / "model.zip"


@contextmanager
def _normalised(fasta: Path) -> Iterator[Path]:
    """Yield a copy of a genome with one line per contig, which can be mapped into memory."""
    with tempfile.TemporaryDirectory() as folder:
        names = ("genome.fa", "genome.fa.fai", "contigs.tsv", "chrom.sizes")
        normalised, *others = (Path(folder) / name for name in names)
        normalise_fasta(fasta, normalised, *others)
        yield normalised


def _require_whole_number(value: int, name: str, what: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InputError(f"{name} is no number of {what}", found=value, allowed="1, 2, 3, ...", fix="correct it")


def _require_others(written: Sequence[Path], read: Sequence[Path]) -> None:
    """Raise an InputError if a file to write is another one to write, or one that is read."""
    taken = {file.resolve() for file in read}
    for file in written:
        if file.resolve() in taken:
            raise InputError(
                "the table and the bigWig lie beside each other, and one of them would overwrite another file",
                file=file,
                found="a file that is read, or that is written as well",
                allowed="names of new files; the table has the name of the bigWig with .tsv",
                fix="choose another name for the bigWig, such as scores.bw",
            )
        taken.add(file.resolve())


def _shown(letters: set[int]) -> str:
    """Letters for a message; line breaks and other invisible ones as Python writes them."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in map(chr, sorted(letters)))


def _existing(file: Path, what: str) -> Path:
    if not file.is_file():
        raise InputError(
            "there is no such file",
            file=file,
            allowed=what,
            fix="correct the path; sequences are given as a list of text",
        )
    return file


if __name__ == "__main__":
    main()
