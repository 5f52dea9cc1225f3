"""Scores of regions or whole contigs of a genome by networks for classes, as a table and a bigWig."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from genome_data.alphabet import UNKNOWN
from genome_data.formats.tracks import TrackWriter
from genome_data.intervals.tiles import TileBlock, TiledGenome
from workflow_support.files import atomic_paths
from workflow_support.job import logger

from ..models.networks import architecture_of
from .metrics import sigmoid
from .predict import Clock, answers_of_each, spread

TILES_PER_BLOCK = 8192
TABLE_COLUMNS = ["contig", "start", "end", "name", "score", "probability", "unknown", "spread"]
#: Share of unknown bases in a window above which the log warns of its score.
MOSTLY_UNKNOWN = 0.5


def score_genome(
    networks: Sequence[nn.Module],
    fasta: Path,
    regions: Path | None,
    contigs: list[str] | None,
    *,
    stride: int,
    average_strands: bool,
    table: Path,
    bigwig: Path,
) -> None:
    """Score one window for every ``stride`` bases of the regions, or of the contigs if no regions are given.

    The score is the mean logit of the networks, and of both strands if asked for, and the probability is its sigmoid.
    Where no window has the same middle as its tile, the score is the mean of the two windows beside it, so that a tile
    has the same score from either strand. Tiles are cut from the start of a region: from the other strand they lie
    elsewhere, unless the length of the region is a multiple of ``stride`` or no larger than the window.
    Windows without a known base have none. The table lists windows, cut at the ends of their contig, with the name of
    their region or contig. Its column ``unknown`` is the share of the bases that a network read which are N or lie past
    the ends of the contig: networks learned from whole windows, and the score of a short sequence may say little. The
    ``spread`` is the standard deviation of the scores of single networks, of seeds and folds; one alone has none. The
    bigWig has the probability over the tile of each window; where regions overlap, the first tile counts.
    """
    clock, width = Clock(), architecture_of(networks[0]).window
    genome = TiledGenome(fasta, regions, contigs, window=width, stride=stride)
    scored = mostly_unknown = 0
    with (
        atomic_paths(table, bigwig) as (table_path, bigwig_path),
        table_path.open("w", encoding="utf-8") as rows,
        TrackWriter(bigwig_path, genome.sizes) as track,
    ):
        rows.write("\t".join(TABLE_COLUMNS) + "\n")
        for block in genome.known_blocks(TILES_PER_BLOCK):
            logits, unknown, spreads = (np.empty(len(block.codes)) for _ in range(3))
            for has_two_windows, tiles, codes in block.by_windows():
                answers = answers_of_each(
                    networks, codes, average_strands=average_strands, clock=clock, two_windows=has_two_windows
                )
                logits[tiles], spreads[tiles] = answers.mean(axis=0), spread(answers)
                unknown[tiles] = (codes == UNKNOWN).mean(axis=1)
            scores = _as_rows(logits, block, genome.sizes[block.contig], width).assign(unknown=unknown, spread=spreads)
            scores.to_csv(rows, sep="\t", columns=TABLE_COLUMNS, header=False, index=False, float_format="%.6g")
            track.add(block.contig, block.tiles.starts, block.tiles.ends, scores["probability"])
            scored += len(scores)
            mostly_unknown += int((unknown > MOSTLY_UNKNOWN).sum())
    clock.log(next(networks[0].parameters()).device)
    if mostly_unknown:
        logger.warning(
            "%d of %d windows have more unknown bases than known ones, counting those past the ends of a sequence: "
            "see the column unknown, and trust their scores little",
            mostly_unknown,
            scored,
        )
    logger.info("Scored %d windows of %d bases with %d networks.", scored, width, len(networks))


def _as_rows(logits: np.ndarray, block: TileBlock, contig_size: int, width: int) -> pd.DataFrame:
    """The rows of the table, one per tile, from the start of its window to the end, or to that of its second one."""
    starts = block.tiles.window_starts
    return pd.DataFrame(
        {
            "contig": block.contig,
            "start": np.maximum(starts, 0),
            "end": np.minimum(starts + width + block.tiles.has_two_windows, contig_size),
            "name": block.names,
            "score": logits,
            "probability": sigmoid(logits),
        }
    )
