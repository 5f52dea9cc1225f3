"""Trained networks and a task -> contributions of the bases of its bound windows, as arrays and a bigWig."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from genome_data.formats.tracks import TrackWriter
from genome_data.genome import Genome
from genome_data.intervals.contigs import in_genome_order
from genome_data.windows.table import WINDOW_TABLE_COLUMNS, read_windows
from learning.analysis.attribution import (
    Windows,
    gradient_contributions,
    mutagenesis_contributions,
    of_present_bases,
    window_scores,
)
from learning.evaluation.averages import load_classifiers, load_replicates
from learning.evaluation.predict import Clock
from learning.evaluation.predict import spread as spread_of
from learning.models.devices import select_device
from learning.models.inputs import tracks_of
from learning.models.model_files import averages_strands
from learning.models.networks import architecture_of
from rc_equivariant.strategies import StrandAverage
from workflow_support.errors import InputError
from workflow_support.files import atomic_paths
from workflow_support.job import logger, progress, run_job
from workflow_support.kinds import PROFILE, kinds_answering

WINDOWS_PER_BLOCK = 16


def attribute_sequences(
    windows: Path,
    codes: Path,
    extras: list[Path],
    extra_names: list[str],
    weights: list[Path],
    models: list[Path],
    method: str,
    head: str,
    strongest: int,
    bases: int | None,
    fasta: Path,
    average_strands: bool,
    device: str,
    threads: int,
    contributions: Path,
    sequences: Path,
    table: Path,
    bigwig: Path,
    spread: Path,
) -> None:
    """Attribute the mean answer of networks to the bases of bound windows, those of all splits.

    Contributions say what the networks have learned, and are no measure of how well, so windows of the training split
    are explained like others. A standard network is always averaged over both strands first, so that contributions
    never depend on the strand.

    Parameters
    ----------
    windows, codes
        Files of the task. The middle of each window, of the width that the networks read, is explained.
    extras, extra_names
        Further files of the task, among them the input tracks that the networks read.
    weights, models
        Saved networks.
    method
        ``gradient`` (centred, times input) or ``mutagenesis`` (in silico).
    head
        The output that is explained: ``logit`` for a binary task, ``profile`` or ``counts`` for a profile task.
    strongest
        The largest number of windows: those with the highest logits or predicted counts are explained.
    bases
        The number of bases in the middle of each window that are explained; None for all.
    fasta
        Normalised genome.
    average_strands
        Whether to average every network over both strands.
    contributions, sequences
        Arrays to write, with one row per window, the strongest first: hypothetical contributions, float32 (windows,
        bases, 4), and base codes, uint8 (windows, bases).
    table
        Window table to write, of the explained bases, with the column ``score`` by which windows were chosen.
    bigwig
        Track to write, the contributions of the actual bases. Where windows overlap, the first in the genome has its
        bases.
    spread
        Track to write: the standard deviation of these contributions by single networks, of seeds and folds. It is 0
        for one network alone.
    """
    torch_device, clock = select_device(device, threads), Clock()
    loaded = _load(weights, models, torch_device, head)
    average_strands = average_strands or averages_strands(models)
    networks = [_on_both_strands(network) if average_strands else _invariant(network) for network in loaded]
    named = dict(zip(extra_names, extras, strict=True))
    rows, read = _bound_windows(windows, codes, named, networks[0])
    scores = np.mean([window_scores(network, read) for network in networks], axis=0)
    chosen = np.argsort(-scores, kind="stable")[:strongest]
    read = read.rows(chosen)
    middle = _middle(read.codes.shape[1], bases or read.codes.shape[1])
    with clock.timing(len(read.codes) * len(networks)):
        of_networks = np.stack([_explain(network, read, method, head, middle) for network in networks])
    explained = of_networks.mean(axis=0)
    rows = rows.iloc[chosen].assign(score=scores[chosen])
    rows["start"] += middle.start
    rows["end"] = rows["start"] + len(middle)
    shown = read.codes[:, middle]
    present = np.stack([of_present_bases(each, shown) for each in of_networks])
    with atomic_paths(contributions, sequences, table, bigwig, spread) as paths:
        new_contributions, new_sequences, new_table, track, track_of_spread = paths
        np.save(new_contributions, explained.astype(np.float32))
        np.save(new_sequences, shown)
        rows.to_csv(new_table, sep="\t", columns=[*WINDOW_TABLE_COLUMNS, "score"], index=False, float_format="%.6g")
        sizes = Genome(fasta).sizes
        _write_track(track, rows, of_present_bases(explained, shown), sizes)
        _write_track(track_of_spread, rows, np.nan_to_num(spread_of(present)), sizes)
    clock.log(torch_device, what="windows explained, each network counted")
    logger.info("Explained %d bases of windows with %d networks.", len(middle), len(networks))
    why = "all" if len(rows) == len(scores) else f"those with the highest scores, as `strongest` is {strongest}"
    logger.info("Explained %d of %d bound windows: %s.", len(rows), len(scores), why)


def _load(weights: list[Path], models: list[Path], device: torch.device, head: str) -> list[nn.Module]:
    if head == "logit":
        return load_classifiers(weights, models, device)
    return load_replicates(weights, models, device, *kinds_answering(PROFILE))


def _invariant(network: nn.Module) -> nn.Module:
    """The network, averaged over both strands if its layers are not equivariant."""
    is_standard = not architecture_of(network).symmetry.is_equivariant
    return _on_both_strands(network) if is_standard else network


def _on_both_strands(network: nn.Module) -> nn.Module:
    is_average = any(isinstance(part, StrandAverage) for part in network.modules())
    return network if is_average else StrandAverage(network).eval()


def _bound_windows(
    windows: Path, codes: Path, extras: dict[str, Path], network: nn.Module
) -> tuple[pd.DataFrame, Windows]:
    """The table of bound windows, cut to the width that the networks read, and the inputs of the networks."""
    table = read_windows(windows)
    rows = np.flatnonzero(table["label"] == 1)
    if rows.size == 0:
        raise InputError(
            "there is no window to explain",
            file=windows,
            found="no bound window",
            allowed="at least one",
            fix="give peaks on the contigs of the splits",
        )
    all_codes = np.load(codes, mmap_mode="r")
    _require_fitting(windows, all_codes.shape[1], extras, network)
    middle = _middle(all_codes.shape[1], architecture_of(network).window)
    table = table.iloc[rows].reset_index(drop=True)
    table["start"] += middle.start
    table["end"] = table["start"] + len(middle)
    tracks = {}
    for name in tracks_of(network):
        values = np.load(extras[name], mmap_mode="r")
        positions = _middle(values.shape[2], architecture_of(network).output_length)
        tracks[name] = values[rows, :, positions.start : positions.stop]
    return table, Windows(all_codes[rows, middle.start : middle.stop], tracks)


def _require_fitting(windows: Path, width: int, extras: dict[str, Path], network: nn.Module) -> None:
    """Raise an InputError unless the task has all that the networks read, which a model that was sent may not find."""
    window = architecture_of(network).window
    # Half a base is in no middle: the windows of both strands would be different ones.
    if width < window or (width - window) % 2:
        raise InputError(
            "the windows of the task do not fit the networks",
            file=windows,
            found=f"windows of {width} bases",
            allowed=f"{window} bases, or more by an even number",
            fix="name a task with such windows, or one of its own arms",
        )
    if lacking := [name for name in tracks_of(network) if name not in extras]:
        raise InputError(
            f"the networks read a {' and a '.join(lacking)} beside the sequence, which the task has not",
            file=windows,
            found=", ".join(extras) or "sequences alone",
            allowed=", ".join(tracks_of(network)),
            fix="name a task with it, or networks that read the sequence alone",
        )


def _middle(width: int, part: int) -> range:
    """The ``part`` positions in the middle of ``width``, at most all of them."""
    start = max(0, (width - part) // 2)
    return range(start, min(width, start + part))


def _explain(network: nn.Module, read: Windows, method: str, head: str, middle: range) -> np.ndarray:
    """The hypothetical contributions (windows, len(middle), 4)."""
    parts = []
    for start in progress(range(0, len(read.codes), WINDOWS_PER_BLOCK), description="attribution", unit=" blocks"):
        block = read.rows(slice(start, start + WINDOWS_PER_BLOCK))
        if method == "mutagenesis":
            parts.append(mutagenesis_contributions(network, block, head, middle))
        else:
            parts.append(gradient_contributions(network, block, head)[:, middle])
    return np.concatenate(parts)


def _write_track(path: Path, rows: pd.DataFrame, values: np.ndarray, sizes: dict[str, int]) -> None:
    with TrackWriter(path, sizes) as track:
        for row in in_genome_order(rows.assign(row=range(len(rows))), sizes).itertuples():
            starts = np.arange(row.start, row.end)
            track.add(row.contig, starts, starts + 1, values[row.row])


if "snakemake" in globals():
    run_job(snakemake, attribute_sequences)
