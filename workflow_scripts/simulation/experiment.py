"""A simulated experiment: a genome, and sites, peaks and coverage for every transcription factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from genome_data.alphabet import UNKNOWN
from genome_data.motifs import Motif

from .genome import draw_bases, plant_sites
from .layout import SLOT_WIDTH, SlotPool
from .peaks import CALLING_THRESHOLD, as_narrowpeak, call_peaks, false_signal, site_signal, untidy_peaks

DECOY_SLOT_WIDTH = 100
UNKNOWN_RUNS_PER_MEGABASE = 4


@dataclass(frozen=True)
class ExperimentSettings:
    """The settings of a simulation; ``resources/schemas/simulation.schema.json`` explains each of them."""

    contigs: Mapping[str, int]
    sites: Mapping[str, int]
    gc_range: tuple[float, float]
    gc_block: int
    strength_range: tuple[float, float]
    decoys_per_site: float
    false_peak_fraction: float
    signal_noise: float
    summit_jitter: float


@dataclass(frozen=True)
class BindingData:
    """The true sites and the measurements of one transcription factor.

    Parameters
    ----------
    sites
        The planted sites and decoys: ``contig, start, end, strand, kind, strength, log_odds, in_peak``, sorted.
    peaks
        The raw peaks, with the columns of narrowPeak.
    coverage
        The bumps of read coverage: ``contig, centre, signal``.
    """

    sites: pd.DataFrame
    peaks: pd.DataFrame
    coverage: pd.DataFrame


def simulate(
    settings: ExperimentSettings, motifs: Mapping[str, Motif], rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], dict[str, BindingData]]:
    """Simulate a genome and the binding of every factor in ``motifs``.

    Returns
    -------
    contigs
        Base codes by contig (uint8; A, C, G, T, N = 0..4).
    binding
        The binding data of each factor, in the order of ``motifs``.
    """
    contigs = {
        name: draw_bases(length, settings.gc_range, settings.gc_block, rng) for name, length in settings.contigs.items()
    }
    pool = SlotPool.covering(contigs, rng)
    unknown_runs = pool.take(2 + sum(settings.contigs.values()) * UNKNOWN_RUNS_PER_MEGABASE // 10**6, "runs of N")
    for run in unknown_runs.itertuples():
        contigs[run.contig][run.start : run.start + SLOT_WIDTH] = UNKNOWN

    # The peaks of all factors get their slots before any decoy, so that no decoy lies in a peak of another factor.
    site_slots, false_slots = {}, {}
    for name in motifs:
        site_slots[name] = pool.take(settings.sites[name], f"the sites of {name}")
        false_slots[name] = pool.take(
            round(settings.false_peak_fraction * settings.sites[name]), f"the false peaks of {name}"
        )
    decoy_pool = pool.subdivide(DECOY_SLOT_WIDTH)

    binding = {}
    for name, motif in motifs.items():
        decoy_slots = decoy_pool.take(round(settings.decoys_per_site * settings.sites[name]), f"the decoys of {name}")
        strengths = settings.strength_range
        sites = plant_sites(contigs, site_slots[name], SLOT_WIDTH, motif, "site", strengths, rng)
        decoys = plant_sites(contigs, decoy_slots, DECOY_SLOT_WIDTH, motif, "decoy", strengths, rng)
        binding[name] = _measure(settings, name, motif, sites, decoys, false_slots[name], unknown_runs.iloc[0], rng)
    return contigs, binding


def _measure(
    settings: ExperimentSettings,
    name: str,
    motif: Motif,
    sites: pd.DataFrame,
    decoys: pd.DataFrame,
    false_slots: pd.DataFrame,
    unknown_run: pd.Series,
    rng: np.random.Generator,
) -> BindingData:
    at_sites = pd.DataFrame(
        {
            "contig": sites["contig"],
            "centre": (sites["start"] + sites["end"]) // 2,
            "signal": site_signal(sites["log_odds"].to_numpy(), motif.best_log_odds, settings.signal_noise, rng),
        }
    )
    elsewhere = pd.DataFrame(
        {
            "contig": false_slots["contig"],
            "centre": false_slots["start"] + SLOT_WIDTH // 2,
            "signal": false_signal(len(false_slots), rng),
        }
    )
    coverage = pd.concat([at_sites, elsewhere], ignore_index=True)
    called = call_peaks(coverage[["contig", "centre"]], coverage["signal"].to_numpy(), settings.summit_jitter, rng)
    peaks = pd.concat([called, untidy_peaks(called, unknown_run, rng)], ignore_index=True)
    truth = pd.concat(
        [sites.assign(in_peak=(at_sites["signal"] >= CALLING_THRESHOLD).astype(int)), decoys.assign(in_peak=0)]
    )
    return BindingData(truth.sort_values(["contig", "start"], ignore_index=True), as_narrowpeak(peaks, name), coverage)
