"""Trained replicates of an arm and a genome -> scores of regions or whole contigs, as a table and a bigWig."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from genome_data.alphabet import UNKNOWN
from genome_data.genome import Genome
from genome_data.stretches import regions_on_genome, whole_contigs
from genome_data.tiling import Tiles, count_tiles, tile
from genome_data.tracks import TrackWriter
from learning.devices import select_device
from learning.inference import mean_logits
from learning.metrics import sigmoid
from learning.saved_models import load
from workflow_support.errors import InputError
from workflow_support.files import atomic_paths
from workflow_support.job import logger, progress, run_job

TILES_PER_BLOCK = 8192
TABLE_COLUMNS = ["contig", "start", "end", "name", "score", "probability"]


def predict_binding(
    weights: list[Path],
    models: list[Path],
    fasta: Path,
    regions: Path | None,
    contigs: list[str] | None,
    stride: int,
    device: str,
    threads: int,
    table: Path,
    bigwig: Path,
) -> None:
    """Score one window for every ``stride`` bases of the regions, or of the contigs where no regions are given.

    The score is the mean logit of the replicates and the probability its sigmoid; windows without a known base have
    none. The table gives windows, cut at the ends of their contig, with the name of their region or contig. The bigWig
    gives the probability over the tile of each window; where regions overlap, over what no tile before it covers.
    """
    networks, width = _load_replicates(weights, models, select_device(device, threads))
    genome = Genome(fasta)
    stretches = regions_on_genome(regions, genome.sizes) if regions else whole_contigs(contigs, genome.sizes)
    counts = pd.Series(count_tiles(stretches["start"].to_numpy(), stretches["end"].to_numpy(), width, stride))
    blocks = -(-counts.groupby(stretches["contig"].to_numpy()).sum() // TILES_PER_BLOCK)
    scored = 0
    with (
        atomic_paths(table, bigwig) as (table_path, bigwig_path),
        table_path.open("w", encoding="utf-8") as rows,
        TrackWriter(bigwig_path, genome.sizes) as track,
    ):
        rows.write("\t".join(TABLE_COLUMNS) + "\n")
        tiles = _tile_by_contig(stretches, width, stride)
        for of_contig, block in progress(tiles, description="scoring", unit=" blocks", total=int(blocks.sum())):
            scores = _score(networks, genome, of_contig, block, width)
            scores.to_csv(rows, sep="\t", columns=TABLE_COLUMNS, header=False, index=False, float_format="%.6g")
            track.add(of_contig["contig"].iloc[0], scores["tile_start"], scores["tile_end"], scores["probability"])
            scored += len(scores)
        if scored == 0:
            raise InputError(
                "nothing to score: every window consists of unknown bases",
                file=fasta,
                found=f"{counts.sum():,} windows without an A, C, G or T",
                allowed="regions, sequences or contigs with known bases",
                mend="choose other regions, sequences or contigs under predict: in the configuration",
            )
    logger.info("Scored %d windows of %d bases with %d replicates.", scored, width, len(networks))
    if unknown := counts.sum() - scored:
        logger.info("Left out %d windows that consist of unknown bases.", unknown)


def _load_replicates(
    weights: Sequence[Path], models: Sequence[Path], device: torch.device
) -> tuple[list[nn.Module], int]:
    """Networks of one architecture, and the width of their window."""
    loaded = [load(*files, device) for files in zip(weights, models, strict=True)]
    first, kind = loaded[0][1].architecture, loaded[0][1].kind
    if kind != "binary":
        raise InputError(
            "scores and probabilities are predicted by models of binary tasks",
            file=models[0],
            found=f"kind: {kind}",
            allowed="kind: binary",
            mend="name a binary task and one of its arms under predict: in the configuration",
        )
    for (_, description), file in zip(loaded, models, strict=True):
        if description.architecture != first:
            raise InputError(
                "replicates of one arm must have one architecture",
                file=file,
                found=description.architecture,
                allowed=f"the architecture of {models[0]}: {first}",
                mend="train the arm again with one configuration",
            )
    return [network for network, _ in loaded], first["window"]


def _tile_by_contig(stretches: pd.DataFrame, width: int, stride: int) -> Iterator[tuple[pd.DataFrame, Tiles]]:
    """The stretches of every contig with their tiles, in blocks that fit into memory."""
    for _, rows in stretches.groupby("contig", sort=False):
        tiles = tile(rows["start"].to_numpy(), rows["end"].to_numpy(), width, stride)
        for block in tiles.blocks(TILES_PER_BLOCK):
            yield rows, block


def _score(
    networks: Sequence[nn.Module], genome: Genome, stretches: pd.DataFrame, tiles: Tiles, width: int
) -> pd.DataFrame:
    """Windows with a known base: the columns of the table, ``tile_start`` and ``tile_end``."""
    contig = stretches["contig"].iloc[0]
    codes = genome.codes([contig] * len(tiles.starts), tiles.window_starts, width)
    known = (codes != UNKNOWN).any(axis=1)
    logits = mean_logits(networks, codes[known]) if known.any() else np.empty(0)
    starts = tiles.window_starts[known]
    return pd.DataFrame(
        {
            "contig": contig,
            "start": np.maximum(starts, 0),
            "end": np.minimum(starts + width, genome.sizes[contig]),
            "name": stretches["name"].to_numpy()[tiles.stretches[known]],
            "score": logits,
            "probability": sigmoid(logits),
            "tile_start": tiles.starts[known],
            "tile_end": tiles.ends[known],
        }
    )


if "snakemake" in globals():
    run_job(
        snakemake,
        predict_binding,
        weights=[Path(path) for path in snakemake.input.weights],
        models=[Path(path) for path in snakemake.input.models],
        fasta=Path(snakemake.input.fasta),
        regions=next((Path(path) for path in snakemake.input.regions), None),
        contigs=snakemake.params.contigs,
        stride=snakemake.params.stride,
        device=snakemake.params.device,
        threads=snakemake.params.threads,
        table=Path(snakemake.output.table),
        bigwig=Path(snakemake.output.bigwig),
    )
