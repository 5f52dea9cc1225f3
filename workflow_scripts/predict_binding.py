"""Trained replicates of an arm and a genome -> scores of regions or whole contigs, as a table and a bigWig."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import torch
from torch import nn

from genome_data.alphabet import UNKNOWN
from genome_data.bed import read_intervals
from genome_data.contig_names import describe_mismatch
from genome_data.genome import Genome
from genome_data.intervals import merge
from genome_data.windows import in_genome_order
from learning.devices import select_device
from learning.inference import mean_logits
from learning.metrics import sigmoid
from learning.saved_models import load
from learning.tiling import Tiles, count_tiles, tile
from workflow_support.errors import InputError
from workflow_support.files import atomic_paths
from workflow_support.job import logger, progress, run_job

TILES_PER_BLOCK = 8192
TABLE_COLUMNS = ["contig", "start", "end", "score", "probability"]


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
    none. The table gives windows, cut at the ends of their contig; the bigWig gives the probability over the tile of
    each window, so that tiles never overlap.
    """
    networks, width = _load_replicates(weights, models, select_device(device, threads))
    genome = Genome(fasta)
    stretches = _regions_on_genome(regions, genome.sizes) if regions else _whole_contigs(contigs, genome.sizes)
    scored = 0
    with atomic_paths(table, bigwig) as (table_path, bigwig_path), table_path.open("w", encoding="utf-8") as rows:
        track = _open_track(bigwig_path, genome.sizes)
        rows.write("\t".join(TABLE_COLUMNS) + "\n")
        for block in _scored_blocks(networks, genome, stretches, width, stride):
            block.to_csv(rows, sep="\t", columns=TABLE_COLUMNS, header=False, index=False, float_format="%.6g")
            _add_to_track(track, block)
            scored += len(block)
        if scored == 0:
            raise InputError(
                "nothing to score: every window consists of unknown bases",
                file=fasta,
                allowed="regions or contigs with known bases",
                mend="choose other regions or contigs under predict: in the configuration",
            )
        track.close()
    logger.info("Scored %d windows of %d bases with %d replicates.", scored, width, len(networks))


def _load_replicates(
    weights: Sequence[Path], models: Sequence[Path], device: torch.device
) -> tuple[list[nn.Module], int]:
    """Networks of one architecture, and the width of their window."""
    loaded = [load(*files, device) for files in zip(weights, models, strict=True)]
    first = loaded[0][1].architecture
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


def _regions_on_genome(file: Path, sizes: dict[str, int]) -> pd.DataFrame:
    """Regions of a BED file on contigs of the genome, merged, in genome order."""
    regions = read_intervals(file)
    lengths = regions["contig"].map(sizes)
    known = lengths.notna()
    if not known.any():
        names = list(dict.fromkeys(regions["contig"]))
        raise InputError("no region lies on a contig of the genome", file=file, **describe_mismatch(names, list(sizes)))
    if not known.all():
        logger.info("%s: left out %d regions on contigs that the genome lacks.", file, int((~known).sum()))
    beyond = regions[regions["end"] > lengths]
    if len(beyond):
        region = beyond.iloc[0]
        raise InputError(
            "a region ends past its contig",
            file=file,
            line=int(region["line"]),
            found=f"{region['contig']}:{region['start']}-{region['end']}",
            allowed=f"{region['contig']} ends at {sizes[region['contig']]}",
            mend="use regions of the genome build that the FASTA holds",
        )
    return in_genome_order(merge(regions[known]), sizes)


def _whole_contigs(contigs: list[str] | None, sizes: dict[str, int]) -> pd.DataFrame:
    """The named contigs, or all, in genome order."""
    absent = [name for name in contigs or [] if name not in sizes]
    if absent:
        raise InputError("the genome lacks a contig to be scored", **describe_mismatch(absent, list(sizes)))
    chosen = [name for name in sizes if contigs is None or name in contigs]
    return pd.DataFrame({"contig": chosen, "start": 0, "end": [sizes[name] for name in chosen]})


def _scored_blocks(
    networks: Sequence[nn.Module], genome: Genome, stretches: pd.DataFrame, width: int, stride: int
) -> Iterator[pd.DataFrame]:
    """Blocks of scored windows with the columns of the table, ``tile_start`` and ``tile_end``, in genome order."""
    by_contig = [
        (contig, rows["start"].to_numpy(np.int64), rows["end"].to_numpy(np.int64))
        for contig, rows in stretches.groupby("contig", sort=False)
    ]
    blocks = (
        (contig, block)
        for contig, starts, ends in by_contig
        for block in tile(starts, ends, width, stride).blocks(TILES_PER_BLOCK)
    )
    total = sum(-(-count_tiles(starts, ends, width, stride).sum() // TILES_PER_BLOCK) for _, starts, ends in by_contig)
    for contig, tiles in progress(blocks, description="scoring", unit=" blocks", total=int(total)):
        yield _score(networks, genome, contig, tiles, width)


def _score(networks: Sequence[nn.Module], genome: Genome, contig: str, tiles: Tiles, width: int) -> pd.DataFrame:
    codes = genome.codes([contig] * len(tiles.starts), tiles.window_starts, width)
    known = (codes != UNKNOWN).any(axis=1)
    logits = mean_logits(networks, codes[known]) if known.any() else np.empty(0)
    starts = tiles.window_starts[known]
    return pd.DataFrame(
        {
            "contig": contig,
            "start": np.maximum(starts, 0),
            "end": np.minimum(starts + width, genome.sizes[contig]),
            "score": logits,
            "probability": sigmoid(logits),
            "tile_start": tiles.starts[known],
            "tile_end": tiles.ends[known],
        }
    )


def _open_track(path: Path, sizes: dict[str, int]) -> pyBigWig.pyBigWig:
    track = pyBigWig.open(str(path), "w")
    track.addHeader(list(sizes.items()))
    return track


def _add_to_track(track: pyBigWig.pyBigWig, block: pd.DataFrame) -> None:
    if len(block):
        track.addEntries(
            block["contig"].tolist(),
            block["tile_start"].tolist(),
            ends=block["tile_end"].tolist(),
            values=block["probability"].tolist(),
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
