"""Variants and trained networks -> differences of scores between alleles, and their correlation with effects."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from torch import nn

from genome_data.formats.variant_files import read_variant_table, read_vcf
from genome_data.genome import Genome, JoinedGenome
from genome_data.motifs import Motif, read_motif
from genome_data.windows.alleles import justified_alleles
from genome_data.windows.null_variants import SIGNIFICANT_Q, null_variants
from genome_data.windows.variants import allele_motif_scores, allele_windows, variants_on_genome
from learning.analysis.variant_effects import correlations
from learning.analysis.variant_significance import empirical_p_values, q_values, quantiles
from learning.evaluation.averages import load_classifiers
from learning.evaluation.predict import Clock, answers_of_each, spread
from learning.models.devices import select_device
from learning.models.model_files import averages_strands
from learning.models.networks import architecture_of
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job

VARIANTS_PER_BLOCK = 8192
ALLELES = ("reference", "alternative")
NULL_COLUMNS = ["contig", "position", *ALLELES, "score_reference", "score_alternative", "difference"]
TABLE_COLUMNS = ["id", "contig", "position", *ALLELES, "effect", "p_value"]


def score_variants(
    variants: Path,
    columns: dict[str, Any] | None,
    fastas: list[Path],
    weights: list[Path],
    models: list[Path],
    motif: Path | None,
    predictions: Path | None,
    nulls: int,
    average_strands: bool,
    device: str,
    threads: int,
    table: Path,
    accounting: Path,
    dropped: Path,
    correlation: Path,
    null_table: Path,
) -> None:
    """Score the windows of both alleles, with the variant in the middle.

    Alleles are fully justified first (:func:`genome_data.windows.alleles.justified_alleles`), so that an indel has the
    same windows however the file writes it. An allele of an odd length has no place in the middle of a window of an
    even length, and the other way round: its score is then the mean of the two windows beside it. So a variant has the
    same scores on the reverse complement of the genome, by any network that does not depend on the strand.

    Parameters
    ----------
    variants, columns
        A VCF, or a table and the names of its columns (:func:`genome_data.formats.variant_files.read_variant_table`).
    fastas
        Normalised genomes that have no contig in common.
    predictions
        Predictions of the same networks for the test windows of their task, among which are peaks.
    nulls
        The number of null variants (:func:`genome_data.windows.null_variants.null_variants`), within a window of those
        that are scored; 0 for no p values.
    average_strands
        Whether a score is the mean of both strands.
    motif
        A file of one motif to compare with (:func:`genome_data.motifs.read_motif`): its score is that of the best
        word on either strand that overlaps the allele.
    table
        Table to write, with one row per variant: ``id, contig, position`` (1-based, as in the file), ``reference,
        alternative``, measured ``effect`` of the alternative and ``p_value``, ``score_reference, score_alternative``
        (mean logits of the networks), their ``difference`` and ``difference_spread``, the standard deviation of the
        differences by single networks, of seeds and folds, which is missing for one alone; with ``predictions``
        ``peak_quantile``, the share of peaks that score at most as much as the stronger allele; ``null_p``, the share
        of null variants of the same kind (a single base or not) that differ as much, and ``null_q``, corrected for all
        variants; with a motif also
        ``motif_reference, motif_alternative, motif_difference`` (bits). A difference above 0 means that the alternative
        is bound more.
    accounting
        Table to write, ``reason, rows`` (:func:`genome_data.windows.variants.variants_on_genome`).
    dropped
        Table to write, with one row per variant that was left out: its line, its alleles and the reason.
    correlation
        File to write, a list of :class:`learning.analysis.variant_effects.Correlation`; empty if the variants have no
        effects.
    null_table
        Table to write, with one row per null variant: ``contig, position`` (1-based, in the genome), ``reference,
        alternative`` and the scores.
    """
    torch_device, clock = select_device(device, threads), Clock()
    networks = load_classifiers(weights, models, torch_device)
    average_strands = average_strands or averages_strands(models)
    genome, width = JoinedGenome(fastas), architecture_of(networks[0]).window
    listed = read_vcf(variants) if columns is None else read_variant_table(variants, columns)
    kept, counts, left_out = variants_on_genome(listed, genome, width=width, file=variants)
    placed = justified_alleles(genome, kept)
    scored = kept[TABLE_COLUMNS].assign(**_network_scores(networks, genome, placed, width, average_strands, clock))
    if predictions is not None:
        stronger = scored[["score_reference", "score_alternative"]].max(axis=1).to_numpy()
        scored["peak_quantile"] = quantiles(stronger, _peak_scores(predictions))
    drawn = null_variants(genome, kept, nulls, reach=width)
    of_nulls = drawn.assign(
        **_network_scores(networks, genome, justified_alleles(genome, drawn), width, average_strands, clock)
    )
    scored["null_p"] = empirical_p_values(
        scored["difference"].to_numpy(), _is_single(kept), of_nulls["difference"].to_numpy(), _is_single(drawn)
    )
    scored["null_q"] = q_values(scored["null_p"].to_numpy())
    differences = {"network": scored["difference"].to_numpy()}
    if motif is not None:
        matrix = read_motif(motif)
        scored = scored.assign(**_motif_scores(matrix, genome, placed))
        differences["motif"] = scored["motif_difference"].to_numpy()
    found = correlations(scored["effect"].to_numpy(), scored["p_value"].to_numpy(), differences)
    with atomic_paths(table, accounting, dropped, correlation, null_table) as paths:
        new_table, new_accounting, new_dropped, new_correlation, new_nulls = paths
        scored.to_csv(new_table, sep="\t", index=False, float_format="%.6g")
        counts.to_csv(new_accounting, sep="\t", index=False)
        left_out.to_csv(new_dropped, sep="\t", index=False)
        new_correlation.write_text(json.dumps([asdict(each) for each in found], indent=2) + "\n", encoding="utf-8")
        of_nulls.assign(position=of_nulls["genome_start"] + 1).rename(columns={"genome_contig": "contig"}).to_csv(
            new_nulls, sep="\t", columns=NULL_COLUMNS, index=False, float_format="%.6g"
        )
    clock.log(torch_device)
    significant = int((scored["null_q"] <= SIGNIFICANT_Q).sum())
    logger.info("%d variants have q <= %g against %d null variants.", significant, SIGNIFICANT_Q, len(drawn))
    logger.info("Scored %d of %d variants with %d networks.", len(kept), len(listed), len(networks))
    for each in found:
        if each.pearson is not None:
            interval = f"{each.pearson:.2f} (95 % interval {each.low:.2f} to {each.high:.2f})"
            logger.info("  %s, %s, %d variants: Pearson %s", each.scorer, each.subset, each.n, interval)


def _network_scores(
    networks: Sequence[nn.Module],
    genome: Genome,
    variants: pd.DataFrame,
    width: int,
    average_strands: bool,
    clock: Clock,
) -> dict[str, np.ndarray]:
    answers = {allele: np.empty((len(networks), len(variants))) for allele in ALLELES}
    for first in range(0, len(variants), VARIANTS_PER_BLOCK):
        block = variants.iloc[first : first + VARIANTS_PER_BLOCK]
        for allele in ALLELES:
            has_two_windows = (width - block[allele].str.len().to_numpy()) % 2
            for further in np.unique(has_two_windows).tolist():
                rows = np.flatnonzero(has_two_windows == further)
                codes = allele_windows(genome, block.iloc[rows], allele, width + further)
                answers[allele][:, first + rows] = answers_of_each(
                    networks, codes, average_strands=average_strands, clock=clock, two_windows=further == 1
                )
    scores = {f"score_{allele}": answers[allele].mean(axis=0) for allele in ALLELES}
    difference = scores["score_alternative"] - scores["score_reference"]
    differences = answers["alternative"] - answers["reference"]
    return scores | {"difference": difference, "difference_spread": spread(differences)}


def _peak_scores(predictions: Path) -> np.ndarray:
    """The mean logit of each bound test window over replicates."""
    table = pd.read_csv(predictions, sep="\t", usecols=["contig", "start", "end", "label", "logit"])
    return table[table["label"] == 1].groupby(["contig", "start", "end"])["logit"].mean().to_numpy()


def _is_single(variants: pd.DataFrame) -> np.ndarray:
    """True for each variant that is a change of a single base."""
    return ((variants["reference"].str.len() == 1) & (variants["alternative"].str.len() == 1)).to_numpy()


def _motif_scores(motif: Motif, genome: Genome, variants: pd.DataFrame) -> dict[str, np.ndarray]:
    scores = {f"motif_{allele}": allele_motif_scores(genome, variants, allele, motif) for allele in ALLELES}
    return scores | {"motif_difference": scores["motif_alternative"] - scores["motif_reference"]}


if "snakemake" in globals():
    run_job(snakemake, score_variants)
