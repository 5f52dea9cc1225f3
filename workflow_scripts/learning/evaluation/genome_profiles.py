"""Expected reads at every base of regions or whole contigs of a genome, by profile networks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from genome_data.formats.tracks import StrandTracks, TrackWriter
from genome_data.intervals.tiles import TileBlock, TiledGenome
from rc_equivariant.descriptions.tracks import TRACKS
from workflow_support.errors import InputError
from workflow_support.files import atomic_paths
from workflow_support.job import logger

from ..models.inputs import tracks_of
from ..models.networks import architecture_of
from .predict import Clock, profiles_of_each, spread

TILES_PER_BLOCK = 512
#: Names of the strands of input tracks in messages.
STRANDS = {"plus": "+ strand", "minus": "− strand", "both": "both strands"}
TABLE_COLUMNS = ["contig", "start", "end", "name", "reads_plus", "reads_minus", "spread_plus", "spread_minus"]


def predict_genome(
    networks: Sequence[nn.Module],
    fasta: Path,
    regions: Path | None,
    contigs: list[str] | None,
    *,
    tracks: Sequence[Path] = (),
    track_names: Sequence[str] = (),
    model: Path | None = None,
    average_strands: bool,
    table: Path,
    plus: Path,
    minus: Path,
) -> None:
    """Predict the regions, or the contigs if no regions are given, in tiles as wide as the networks' output.

    Tiles lie side by side from the start of each region. A narrower one, at the end of a region or for a short region,
    is the middle of an output, or the mean of the two outputs beside its middle. Tiles whose input has no known base
    have no prediction. If the length of a contig is a multiple of the output, or at most one output, equivariant
    networks predict the same from either strand; otherwise tiles that are cut from the other end lie elsewhere.

    Parameters
    ----------
    networks
        Profile networks, averaged as :func:`learning.evaluation.predict.expected_reads` does.
    fasta
        Normalised genome.
    regions, contigs
        As in :class:`genome_data.intervals.tiles.TiledGenome`.
    tracks, track_names
        bigWigs on this genome of the input tracks that the networks read, and the name and strand of each, such as
        ``control.plus``; the strand is ``both`` where both were measured together. Those of one name and strand are
        summed.
    model
        The file of the networks, which errors name.
    average_strands
        Whether to average what the networks expect from both strands.
    table
        Table to write, with one row per tile: its position, the name of its region or contig, its sums of reads, and
        their ``spread``, the standard deviation of the sums by single networks, of seeds and folds; one alone has none.
    plus, minus
        Tracks to write, the expected reads at every base, none of them negative. Where regions overlap, the first in
        the genome has the bases.
    """
    clock, architecture = Clock(), architecture_of(networks[0])
    files = _files_of_tracks(tracks_of(networks[0]), tracks, track_names, model)
    output = architecture.output_length
    margin = (architecture.window - output) // 2
    genome = TiledGenome(fasta, regions, contigs, window=output, stride=output, margin=margin)
    inputs = {name: StrandTracks(strands, genome.sizes) for name, strands in files.items()}
    predicted = 0
    with ExitStack() as stack:
        table_path, *track_paths = stack.enter_context(atomic_paths(table, plus, minus))
        rows = stack.enter_context(table_path.open("w", encoding="utf-8"))
        written = [stack.enter_context(TrackWriter(path, genome.sizes)) for path in track_paths]
        rows.write("\t".join(TABLE_COLUMNS) + "\n")
        for block in genome.known_blocks(TILES_PER_BLOCK):
            reads, of_networks = np.zeros((len(block.codes), 2, output)), np.zeros((len(networks), len(block.codes), 2))
            positions, is_shown = _positions(block, output)
            for further, tiles, codes in block.by_windows():
                starts = block.tiles.window_starts[tiles]
                read = {name: each.read(block.contig, starts, output + further) for name, each in inputs.items()}
                with clock.timing(len(codes) * (1 + further) * len(networks) * (2 if average_strands else 1)):
                    answers, totals = profiles_of_each(networks, codes, read, average_strands=average_strands)
                # Two windows have all positions in common but the first and the last.
                reads[tiles, :, further:] = answers.mean(axis=0) * totals.mean(axis=0)[:, :, None]
                shown = is_shown[tiles, None, further:]
                of_networks[:, tiles] = totals * np.where(shown, answers, 0).sum(axis=3)
            sums = np.where(is_shown[:, None], reads, 0).sum(axis=2)
            _as_rows(block, np.hstack([sums, spread(of_networks)])).to_csv(
                rows, sep="\t", header=False, index=False, float_format="%.6g"
            )
            for strand, track in enumerate(written):
                track.add(block.contig, positions[is_shown], positions[is_shown] + 1, reads[:, strand][is_shown])
            predicted += len(reads)
    clock.log(next(networks[0].parameters()).device)
    logger.info("Predicted %d tiles of at most %d bases with %d networks.", predicted, output, len(networks))


def _files_of_tracks(
    read: tuple[str, ...], files: Sequence[Path], names: Sequence[str], model: Path | None
) -> dict[str, list[list[Path]]]:
    """The bigWigs of each strand of each track that networks read; an InputError unless they fit."""
    found = {}
    for name in read:
        strands = [
            [file for file, given in zip(files, names, strict=True) if given == f"{name}.{strand}"]
            for strand in TRACKS[name].strands
        ]
        if not all(strands):
            raise InputError(
                f"the networks read a {name}, which is not there",
                file=model,
                found=", ".join(
                    f"{len(given)} bigWigs of the {name}'s {STRANDS[strand]}"
                    for strand, given in zip(TRACKS[name].strands, strands, strict=True)
                ),
                allowed="at least one of each",
                fix=f"predict on the genome of the task, whose {name} is known, or train networks without a {name}",
            )
        found[name] = strands
    allowed = [f"{name}.{strand}" for name in read for strand in TRACKS[name].strands]
    for file, given in zip(files, names, strict=True):
        if given not in allowed:
            name = given.partition(".")[0]
            raise InputError(
                f"the networks read no {given if name in read else name}, and one is given",
                file=model,
                found=file,
                allowed=", ".join(allowed) or "none",
                fix="leave it out, or train the networks with it",
            )
    return found


def _positions(block: TileBlock, output: int) -> tuple[np.ndarray, np.ndarray]:
    """The contig's position at each position of each output, and whether it is in its tile; both (tiles, output)."""
    positions = block.tiles.window_starts[:, None] + np.arange(output)
    return positions, (positions >= block.tiles.starts[:, None]) & (positions < block.tiles.ends[:, None])


def _as_rows(block: TileBlock, sums: np.ndarray) -> pd.DataFrame:
    """The rows of the table, one per tile, with sums and their spreads (tiles, 4)."""
    columns = [block.contig, block.tiles.starts, block.tiles.ends, block.names, *sums.T]
    return pd.DataFrame(dict(zip(TABLE_COLUMNS, columns, strict=True)))
