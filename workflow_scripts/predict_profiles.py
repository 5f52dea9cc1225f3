"""Trained profile networks and a genome -> reads they expect at every base of regions or whole contigs."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd

from genome_data.formats.tracks import StrandTracks, TrackWriter
from genome_data.intervals.tiles import TileBlock, TiledGenome
from learning.evaluation.averages import expected_reads, load_replicates
from learning.evaluation.predict import Clock
from learning.models.devices import select_device
from learning.models.networks import architecture_of
from workflow_support.errors import InputError
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job

TILES_PER_BLOCK = 512
TABLE_COLUMNS = ["contig", "start", "end", "name", "reads_plus", "reads_minus"]


def predict_profiles(
    weights: list[Path],
    models: list[Path],
    fasta: Path,
    regions: Path | None,
    contigs: list[str] | None,
    control_plus: list[Path],
    control_minus: list[Path],
    average_strands: bool,
    device: str,
    threads: int,
    table: Path,
    plus: Path,
    minus: Path,
) -> None:
    """Predict the regions, or the contigs where no regions are given, in tiles as wide as the networks' output.

    Tiles lie side by side from the start of each region; one that is narrower, what is left at the end of a region or a
    short region, is the middle of an output. Tiles for which no known base is read have no prediction. Of a contig that
    is a multiple of the output, equivariant networks predict the same from either strand; the tiles of others lie
    elsewhere when they are cut from the other end.

    Parameters
    ----------
    weights, models
        Saved networks; what they expect together is :func:`learning.evaluation.averages.expected_reads`.
    fasta
        Normalised genome.
    regions, contigs
        As in :class:`genome_data.intervals.tiles.TiledGenome`.
    control_plus, control_minus
        bigWigs of the control on this genome, to be summed, for networks that read one; none for others.
    average_strands
        Whether to average what the networks expect from both strands.
    table
        Table to write, a row a tile: its place, the name of its region or contig, and the sums of its tracks.
    plus, minus
        Tracks to write: reads expected at every base, none of them negative. Where regions overlap, the first in the
        genome keeps the bases.
    """
    on, clock = select_device(device, threads), Clock()
    networks = load_replicates(weights, models, on, "profile")
    architecture = architecture_of(networks[0])
    _require_control(architecture.control, control_plus, control_minus, models[0])
    output = architecture.output_length
    margin = (architecture.window - output) // 2
    genome = TiledGenome(fasta, regions, contigs, window=output, stride=output, margin=margin)
    control = StrandTracks(control_plus, control_minus, genome.sizes) if architecture.control else None
    predicted = 0
    with ExitStack() as stack:
        table_path, *track_paths = stack.enter_context(atomic_paths(table, plus, minus))
        rows = stack.enter_context(table_path.open("w", encoding="utf-8"))
        tracks = [stack.enter_context(TrackWriter(path, genome.sizes)) for path in track_paths]
        rows.write("\t".join(TABLE_COLUMNS) + "\n")
        for block in genome.known_blocks(TILES_PER_BLOCK):
            read = None if control is None else control.read(block.contig, block.tiles.window_starts, output)
            with clock.timing(len(block.codes) * len(networks) * (2 if average_strands else 1)):
                reads = expected_reads(networks, block.codes, read, average_strands=average_strands)
            positions, is_shown = _positions(block, output)
            totals = np.where(is_shown[:, None], reads, 0).sum(axis=2)
            _as_rows(block, totals).to_csv(rows, sep="\t", header=False, index=False, float_format="%.6g")
            for strand, track in enumerate(tracks):
                track.add(block.contig, positions[is_shown], positions[is_shown] + 1, reads[:, strand][is_shown])
            predicted += len(reads)
    clock.log(on)
    logger.info("Predicted %d tiles of at most %d bases with %d networks.", predicted, output, len(networks))


def _require_control(is_read: bool, plus: list[Path], minus: list[Path], model: Path) -> None:
    if is_read and not (plus and minus):
        raise InputError(
            "the networks read a control, which is not there",
            file=model,
            found=f"{len(plus)} bigWigs of the control's + strand, {len(minus)} of its − strand",
            allowed="at least one of each",
            mend="predict on the genome of the task, whose control is known, or train networks without a control",
        )
    if not is_read and (plus or minus):
        raise InputError(
            "the networks read no control, and one is given",
            file=model,
            found=", ".join(map(str, [*plus, *minus])),
            allowed="none",
            mend="leave out the control, or train the networks with it",
        )


def _positions(block: TileBlock, output: int) -> tuple[np.ndarray, np.ndarray]:
    """Where on the contig each position of each output lies, and whether it is in its tile; both (tiles, output)."""
    positions = block.tiles.window_starts[:, None] + np.arange(output)
    return positions, (positions >= block.tiles.starts[:, None]) & (positions < block.tiles.ends[:, None])


def _as_rows(block: TileBlock, totals: np.ndarray) -> pd.DataFrame:
    """The rows of the table, one a tile."""
    columns = [block.contig, block.tiles.starts, block.tiles.ends, block.names, *totals.T]
    return pd.DataFrame(dict(zip(TABLE_COLUMNS, columns, strict=True)))


if "snakemake" in globals():
    run_job(snakemake, predict_profiles)
