"""Differences between alleles are those of the networks, and their agreement with effects is what textbooks say."""

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import image
from mean_answers import mean_logits
from planted_windows import ARCHITECTURE, WIDTH
from plot import figure_writer
from saved_networks import files_of, save_replicates
from scipy import stats
from score_variants import score_variants

from genome_data.genome import normalise_fasta
from learning.analysis.variant_effects import BOOTSTRAPS, _bootstrap, correlation, correlations, lead

CAPTION = Path(__file__).parents[2] / "resources" / "captions" / "variant_effects.rst"
MOTIF = Path(__file__).parents[2] / "resources" / "motifs" / "MA0080.5.SPI1.jaspar"
COLUMNS = {
    "contig": "chrom",
    "position": "pos",
    "reference": "ref",
    "alternative": "alt",
    "effect": "effect",
    "p_value": "p",
}
PLACES = {key: name for key, name in COLUMNS.items() if key not in ("effect", "p_value")}
VARIANTS = 60


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A random contig, single-base variants on it, two replicates, and what they read, made by hand.

    A base has no place in the middle of an even window, so what is read is one base wider.
    """
    folder = tmp_path_factory.mktemp("variants")
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 4, 3000, dtype=np.uint8)
    (folder / "source.fa").write_text(">chr1\n" + "".join("ACGT"[code] for code in codes) + "\n")
    normalise_fasta(folder / "source.fa", folder / "genome.fa", folder / "genome.fa.fai", folder / "c", folder / "s")
    # Standard networks read the strands differently.
    standard = ARCHITECTURE | {"window": WIDTH, "representation": "standard"}
    networks = save_replicates(folder, "arm", standard, {0: {}, 1: {}})
    places = rng.choice(np.arange(WIDTH, 3000 - WIDTH), VARIANTS, replace=False)
    windows = np.array([codes[place - WIDTH // 2 :][: WIDTH + 1] for place in places])
    changed = windows.copy()
    changed[:, WIDTH // 2] = (windows[:, WIDTH // 2] + rng.integers(1, 4, VARIANTS)) % 4
    table = pd.DataFrame(
        {
            "chrom": "chr1",
            "pos": places + 1,
            "ref": ["ACGT"[code] for code in windows[:, WIDTH // 2]],
            "alt": ["ACGT"[code] for code in changed[:, WIDTH // 2]],
        }
    )
    return folder, networks, table, windows, changed


def score(run, table, average_strands=False, motif=MOTIF, columns=COLUMNS, suffix="tsv", nulls=0, predictions=None):
    folder = run[0]
    variants = folder / f"variants.{suffix}"
    if isinstance(table, str):
        variants.write_text(table)
    else:
        table.to_csv(variants, sep="\t", index=False)
    score_variants(
        variants=variants,
        columns=columns,
        fastas=[folder / "genome.fa"],
        **files_of(folder, ["arm"]),
        motif=motif,
        average_strands=average_strands,
        device="cpu",
        threads=1,
        table=folder / "out" / "variants.tsv",
        accounting=folder / "out" / "accounting.tsv",
        dropped=folder / "out" / "dropped.tsv",
        correlation=folder / "out" / "correlation.json",
        predictions=predictions,
        nulls=nulls,
        null_table=folder / "out" / "nulls.tsv",
    )
    out = folder / "out"
    return pd.read_csv(out / "variants.tsv", sep="\t"), json.loads((out / "correlation.json").read_text())


def of_one_strand(networks, rows):
    """The mean of both windows of a row."""
    return (mean_logits(networks, rows[:, :-1]) + mean_logits(networks, rows[:, 1:])) / 2


def mean_of_both(networks, rows):
    return (of_one_strand(networks, rows) + of_one_strand(networks, 3 - rows[:, ::-1])) / 2


@pytest.mark.parametrize("average_strands", [False, True])
def test_scores_are_mean_logits_of_both_alleles_and_planted_effects_are_recovered(run, average_strands):
    _, networks, table, windows, changed = run
    logits = mean_of_both if average_strands else of_one_strand
    reference, alternative = logits(networks, windows), logits(networks, changed)
    assert np.ptp(alternative - reference) > 0.01
    planted = table.assign(effect=3 * (alternative - reference).astype(float), p=np.where(table.index < 20, 1e-6, 0.5))
    scored, found = score(run, planted, average_strands)
    assert np.allclose(scored["score_reference"], reference, atol=1e-4)
    assert np.allclose(scored["score_alternative"], alternative, atol=1e-4)
    assert np.allclose(scored["difference"], alternative - reference, atol=1e-4)
    of_networks = [logits([network], changed) - logits([network], windows) for network in networks]
    assert np.allclose(scored["difference_spread"], np.std(of_networks, axis=0, ddof=1), atol=1e-4)
    assert scored["position"].tolist() == table["pos"].tolist()
    by_key = {(row["scorer"], row["subset"]): row for row in found}
    assert {key: row["n"] for key, row in by_key.items()} == {
        ("network", "all"): VARIANTS,
        ("motif", "all"): VARIANTS,
        ("network", "p < 1e-05"): 20,
        ("motif", "p < 1e-05"): 20,
    }
    assert by_key["network", "all"]["pearson"] == pytest.approx(1, abs=1e-3)
    assert abs(by_key["motif", "all"]["pearson"]) < 0.5
    _, turned = score(run, planted.assign(effect=-planted["effect"]), average_strands)
    assert turned[0]["pearson"] == pytest.approx(-1, abs=1e-3)


def test_names_of_variants_are_kept_and_those_left_out_are_listed_with_their_lines(run):
    table = run[2].assign(rs=[f"rs{row}" for row in range(VARIANTS)])
    table.loc[[3, 7], "alt"] = ["*", "-"]
    scored, _ = score(run, table, motif=None, columns=PLACES | {"id": "rs"})
    assert scored["id"].tolist() == table["rs"].drop([3, 7]).tolist()
    dropped = pd.read_csv(run[0] / "out" / "dropped.tsv", sep="\t")
    assert dropped[["line", "id", "alternative", "reason"]].to_numpy().tolist() == [
        [5, "rs3", "*", "spanning_deletion"],
        [9, "rs7", "-", "dash_for_no_base"],
    ]


def test_strands_matter_to_the_network_of_these_tests(run):
    _, networks, _, windows, _ = run
    assert not np.allclose(mean_of_both(networks, windows), of_one_strand(networks, windows), atol=1e-3)
    assert not np.allclose(mean_logits(networks, windows[:, 1:]), mean_logits(networks, windows[:, :-1]), atol=1e-3)


@pytest.mark.parametrize("window", [WIDTH, WIDTH + 1])
@pytest.mark.parametrize(
    ("own", "average_strands"),
    [({"representation": "irrep", "kmer": 3, "plus_fraction": 0.75}, False), ({"representation": "standard"}, True)],
    ids=["irrep", "post hoc"],
)
def test_variants_have_the_same_scores_on_the_reverse_complement_of_the_genome(tmp_path, own, average_strands, window):
    """Bases, longer alleles, insertions and deletions, in and out of repeats, at the ends of the contig and long ones;

    on each strand written as in a VCF, with the base before them.
    """
    genome = "ACGTTTTTTGCACACACACAGGATTACATCCCGTAGATCAGTTGACCAGTAACGATCGGGATTTACGCATCAGGCAT" * 2
    lengths = [  # start, bases that go, and bases that come
        (0, 1, "G"), (40, 1, "C"), (5, 1, ""), (5, 0, "TT"), (12, 2, ""), (12, 0, "CACA"), (30, 0, "G"), (41, 2, "CA"),
        (50, 0, "ACGTACG"), (60, 5, "AC"), (len(genome) - 1, 1, "C"), (70, 0, "A" * 40), (25, 50, ""), (1, 1, ""),
        (len(genome) - 2, 1, ""), (len(genome) - 1, 0, "C"),
    ]  # fmt: skip
    changes = [(start, genome[start : start + length], alternative) for start, length, alternative in lengths]
    strands = []
    for bases, listed in ((genome, changes), (other_strand(genome), [mirrored(genome, each) for each in changes])):
        folder = tmp_path / str(len(strands))
        folder.mkdir()
        (folder / "source.fa").write_text(f">chr1\n{bases}\n")
        normalise_fasta(folder / "source.fa", *(folder / name for name in ("genome.fa", "genome.fa.fai", "c", "s")))
        save_replicates(folder, "arm", ARCHITECTURE | {"window": window} | own, {0: {}, 1: {}})
        rows = []
        for start, reference, alternative in listed:
            before = "" if reference and alternative else bases[start - 1]
            rows.append(("chr1", start + 1 - len(before), before + reference, before + alternative))
        table = pd.DataFrame(rows, columns=["chrom", "pos", "ref", "alt"])
        strands.append(score((folder,), table, average_strands, columns=PLACES)[0])
    forward, reverse = strands
    assert len(forward) == len(changes)
    names = [column for column in forward if column.startswith(("score", "difference", "motif"))]
    # One network has no spread.
    names.remove("difference_spread")
    assert len(names) == 6
    for name in names:
        assert np.ptp(forward[name]) > 1e-3
        assert np.allclose(forward[name], reverse[name], rtol=1e-5, atol=2e-5), name


def other_strand(bases):
    return bases[::-1].translate(str.maketrans("ACGT", "TGCA"))


def mirrored(genome, change):
    start, reference, alternative = change
    return len(genome) - start - len(reference), other_strand(reference), other_strand(alternative)


def test_a_vcf_has_scores_and_no_correlation(run):
    rows = "".join(f"chr1\t{row.pos}\t.\t{row.ref}\t{row.alt}\n" for row in run[2].itertuples())
    text = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n" + rows
    scored, found = score(run, text, motif=None, columns=None, suffix="vcf")
    assert len(scored) == VARIANTS
    assert found == []
    assert not [column for column in scored if column.startswith("motif")]
    counts = pd.read_csv(run[0] / "out" / "accounting.tsv", sep="\t", index_col="reason")["rows"]
    assert counts["in"] == counts["kept"] == VARIANTS


@given(st.integers(4, 30), st.integers(0, 2**32 - 1), st.booleans())
def test_correlations_are_those_of_scipy(n, seed, with_ties):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(2, n))
    if with_ties:
        first = np.append(rng.integers(0, 3, n - 2), [0, 1]).astype(float)
    found = correlation(first, second, scorer="s", subset="all")
    pearson = stats.pearsonr(first, second)
    assert found.pearson == pytest.approx(pearson.statistic, abs=1e-9)
    assert found.spearman == pytest.approx(stats.spearmanr(first, second).statistic, abs=1e-9)
    fisher = pearson.confidence_interval(0.95)
    assert [found.fisher_low, found.fisher_high] == pytest.approx([fisher.low, fisher.high], abs=1e-5)


def test_draws_of_the_bootstrap_are_correlations_of_repeated_variants():
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 4, 9).astype(float), rng.normal(size=9)
    draws = _bootstrap(first, second)
    times = np.random.default_rng(0).multinomial(9, np.full(9, 1 / 9), size=BOOTSTRAPS)
    for draw, counts in list(zip(draws, times, strict=True))[:200]:
        if np.ptp(first[counts > 0]) == 0:
            assert np.isnan(draw).all()
            continue
        one, other = np.repeat(first, counts), np.repeat(second, counts)
        by_hand = [stats.pearsonr(one, other).statistic, stats.spearmanr(one, other).statistic]
        assert draw == pytest.approx(by_hand, abs=1e-9)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(11)
    held = np.zeros(2)
    trials = 60
    for _ in range(trials):
        first, noise = rng.normal(size=(2, 40))
        found = correlation(first, 0.5 * first + np.sqrt(0.75) * noise, scorer="s", subset="all")
        held += [found.low <= 0.5 <= found.high, found.fisher_low <= 0.5 <= found.fisher_high]
    # Four standard errors of 0.95, and a percentile interval is a little too short.
    assert (held / trials > 0.95 - 4 * np.sqrt(0.05 * 0.95 / trials)).all()
    assert (held < trials).all()


def test_what_has_no_correlation_says_so():
    alike = correlation(np.arange(9.0), np.ones(9), scorer="s", subset="all")
    few = correlation(np.arange(3.0), np.arange(3.0), scorer="s", subset="all")
    assert alike.pearson is few.pearson is few.low is None
    assert (alike.n, few.n) == (9, 3)
    nothing = np.full(5, np.nan)
    assert correlations(nothing, nothing, {"network": np.arange(5.0)}) == []
    without_p = correlations(np.arange(5.0), nothing, {"network": np.arange(5.0)})
    assert [(row.subset, row.n) for row in without_p] == [("all", 5)]
    assert without_p == correlations(np.arange(5.0), nothing, {"network": np.arange(5.0)})


def drawn(folder, table, found):
    table.to_csv(folder / "variants.tsv", sep="\t", index=False)
    (folder / "correlation.json").write_text(json.dumps(found))
    svg, png = folder / "figure.svg", folder / "figure.png"
    inputs = {"table": folder / "variants.tsv", "correlation": folder / "correlation.json"}
    figure_writer("variant_effects")(**inputs, svg=svg, png=png)
    elements = ElementTree.parse(svg).iter("{http://www.w3.org/2000/svg}text")
    return "\n".join("".join(element.itertext()).strip() for element in elements), image.imread(png)[..., :3]


def scored_rows(n=40, seed=2):
    rng = np.random.default_rng(seed)
    effect = rng.normal(size=n)
    effect[0] = np.nan
    return pd.DataFrame(
        {
            "effect": effect,
            "p_value": np.where(np.arange(n) < 15, 1e-7, 0.01),
            "difference": effect + rng.normal(size=n),
            "motif_difference": rng.normal(size=n),
        }
    )


def found_rows(scorers, subsets):
    row = {"pearson": -0.61, "low": -0.83, "high": -0.2}
    return [{"scorer": scorer, "subset": subset, "n": n} | row for subset, n in subsets for scorer in scorers]


@pytest.mark.parametrize(
    ("scorers", "subsets"),
    [
        (["network", "motif"], [("all", 1039), ("p < 1e-05", 14)]),
        (["network"], [("all", 39)]),
    ],
)
def test_the_figure_says_r_with_its_interval_and_touches_no_edge(tmp_path, scorers, subsets):
    words, pixels = drawn(tmp_path, scored_rows(), found_rows(scorers, subsets))
    assert words.count(": −0.61 [−0.83, −0.20]") == len(scorers) * len(subsets)
    assert ("Motif matrix" in words) == ("motif" in scorers)
    assert ("other variants (n = 25)" in words) == ("p < 10⁻⁵ (n = 14)" in words) == (len(subsets) > 1)
    assert "Measured effect" in words
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == 1).all(), "ink touches the edge of the figure"


def test_the_figure_has_a_caption():
    assert len(CAPTION.read_text().split()) > 20


def test_the_lead_of_a_scorer_is_the_difference_of_the_correlations():
    rng = np.random.default_rng(4)
    effects = rng.normal(size=200)
    ours, other = (effects + rng.normal(scale=scale, size=200) for scale in (1, 2))
    found, low, high = lead(effects, ours, other)
    assert found == pytest.approx(stats.pearsonr(effects, ours)[0] - stats.pearsonr(effects, other)[0])
    assert low < found < high
    back, back_low, back_high = lead(effects, other, ours)
    assert (back, back_low, back_high) == pytest.approx((-found, -high, -low))
    # On the same variants, what the scorers share does not make their difference uncertain.
    assert lead(effects, ours, 3 * ours + 1) == pytest.approx((0, 0, 0), abs=1e-9)


def test_the_interval_of_a_lead_is_as_wide_as_that_of_repeated_experiments():
    rng = np.random.default_rng(5)

    def experiment():
        effects = rng.normal(size=300)
        return (effects, *(effects + rng.normal(scale=scale, size=300) for scale in (1, 2)))

    _, low, high = lead(*experiment())
    repeated = [
        stats.pearsonr(effects, ours)[0] - stats.pearsonr(effects, other)[0]
        for effects, ours, other in (experiment() for _ in range(500))
    ]
    assert high - low == pytest.approx(4 * np.std(repeated), rel=0.35)


def test_null_variants_of_the_genome_give_p_and_q_values(run):
    """The variants of the table are drawn like nulls, so that their p values are those of chance."""
    scored, _ = score(run, run[2], motif=None, columns=PLACES, nulls=600)
    nulls = pd.read_csv(run[0] / "out" / "nulls.tsv", sep="\t")
    assert len(nulls) == 600
    assert np.allclose(nulls["difference"], nulls["score_alternative"] - nulls["score_reference"], atol=1e-4)
    expected = [(1 + (nulls["difference"].abs() >= abs(each)).sum()) / 601 for each in scored["difference"]]
    assert np.allclose(scored["null_p"], expected, atol=2 / 601)
    assert stats.kstest(scored["null_p"], "uniform").pvalue > 0.01
    assert np.allclose(scored["null_q"], stats.false_discovery_control(scored["null_p"]), rtol=1e-4)
    without, _ = score(run, run[2], motif=None, columns=PLACES, nulls=0)
    assert without[["null_p", "null_q"]].isna().all(axis=None)
    assert np.array_equal(without["difference"], scored["difference"])


def test_the_stronger_allele_has_its_quantile_among_peaks(run):
    """Peaks have the mean of their replicates, and negatives do not count."""
    scored, _ = score(run, run[2], motif=None, columns=PLACES)
    assert "peak_quantile" not in scored
    stronger = scored[["score_reference", "score_alternative"]].max(axis=1)
    values = np.quantile(stronger, [0.2, 0.5, 0.9])
    rows = [
        ("chr1", 100 * place, 100 * place + 50, label, seed, value + shift)
        for place, (label, value) in enumerate([*((1, value) for value in values), (0, -100.0), (0, 100.0)])
        for seed, shift in ((1, -0.25), (2, 0.25))
    ]
    path = run[0] / "predictions.tsv"
    pd.DataFrame(rows, columns=["contig", "start", "end", "label", "seed", "logit"]).to_csv(path, sep="\t", index=False)
    scored, _ = score(run, run[2], motif=None, columns=PLACES, predictions=path)
    expected = [np.mean(values <= each) for each in stronger]
    assert np.mean(np.isclose(scored["peak_quantile"], expected)) > 0.95
    assert set(scored["peak_quantile"].round(3)) == {0, 0.333, 0.667, 1}
