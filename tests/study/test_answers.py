"""The answers at the head of a page of results, from tables whose truth is known."""

import re

import pandas as pd
import pytest
from docutils.core import publish_parts

from study.answers import answers_text, as_restructured_text, floor_warnings, largest_sizes, recommended_arm
from study.motifs import Explained
from workflow_support.metrics import BASELINE_ARM

COUNTS = {"train": 1156, "validation": 264, "test": 356, "folds": 0}
PEAKS = pd.DataFrame(
    [("in", 43_402), ("contig_not_in_genome", 42_956), ("duplicate", 0), ("straddles_splits", 2), ("kept", 444)],
    columns=["reason", "rows"],
)
MOTIFS = pd.DataFrame(
    columns=["motif", "sites", "instances", "bits", "evidence", "consensus", "match", "correlation", "q"]
)
VALIDATION = {"good": [0.91, 0.93, 0.92], "next": [0.90, 0.94, 0.91], "weak": [0.70, 0.71, 0.72]}
CLAIM_COLUMNS = ["claim", "scope", "tasks", "difference", "low", "high", "holm_p", "verdict", "why"]
NO_CLAIMS = pd.DataFrame(columns=CLAIM_COLUMNS)


def validation_table(qualities=None, sizes=(("0.5", 500), ("all", 1000))):
    """At the smaller size the order of the networks is the other way round; the floor is better than all of them."""
    qualities = qualities or VALIDATION
    rows = [
        ("t", arm, size, windows, seed, quality if windows == 1000 else 1 - quality)
        for size, windows in sizes
        for arm, of_arm in (qualities | {BASELINE_ARM: [0.99] * 3}).items()
        for seed, quality in enumerate(of_arm)
    ]
    return pd.DataFrame(rows, columns=["task", "arm", "size", "train_size", "seed", "quality"])


def intervals_table(means):
    rows = [("t", arm, "all", mean, mean - 0.02, mean + 0.01) for arm, mean in means.items()]
    return pd.DataFrame(rows, columns=["task", "arm", "size", "mean", "low", "high"])


def comparisons_table(means, reach=0.03, size="all"):
    """Every arm against the floor, and against a reference that is no floor and must not be taken for it."""
    rows = []
    for reference in ("weak", BASELINE_ARM):
        for arm in means:
            if arm != reference and reference in means:
                difference = means[arm] - means[reference]
                bounds = difference - reach, difference + reach
                rows.append(("t", size, arm, reference, means[arm], means[reference], difference, *bounds))
    columns = ["task", "size", "arm", "reference", "mean_arm", "mean_reference", "difference", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def answers(
    means,
    kind="binary",
    reach=0.03,
    metric="AUROC",
    qualities=None,
    explained=(),
    peaks=None,
    claims=NO_CLAIMS,
    pairs=3,
    network="",
):
    tasks = pd.DataFrame([{"task": "t", "kind": kind, "width": "200"} | COUNTS])
    return answers_text(
        tasks,
        {"t": PEAKS} if peaks is None else peaks,
        validation_table(qualities),
        intervals_table(means),
        comparisons_table(means, reach).assign(pairs=pairs, window_error=0.01),
        claims,
        {"t": metric},
        dict.fromkeys(VALIDATION, network),
        explained,
        {"t": {arm: [f"tasks/t/{arm}/predictions.tsv", *FURTHER.get(arm, [])] for arm in VALIDATION}},
    )


ARMS = dict.fromkeys(VALIDATION, "")
FURTHER = {"good": ["predictions/genome.tsv"], "weak": ["predictions/designs.tsv"]}
ABOVE = {"good": 0.90, "next": 0.95, "weak": 0.82, BASELINE_ARM: 0.80}
BELOW = {"good": 0.75, "next": 0.90, "weak": 0.70, BASELINE_ARM: 0.80}


def test_the_best_network_on_the_validation_split_is_recommended_whatever_the_test_split_says():
    text = answers(ABOVE)
    assert "**Recommended:** `good`. Of 3 networks it is the best on the validation split: mean AUROC 0.9200." in text
    assert "`next` is next with 0.9167, and `good` is ahead of it with 2 of 3 seeds." in text
    assert recommended_arm(validation_table()) == "good"
    assert recommended_arm(validation_table({"a": [0.5, 0.5, 0.5], "b": [0.5, 0.5, 0.5]})) == "a"
    assert largest_sizes(validation_table()) == {"t": "all"}


@pytest.mark.parametrize(
    ("means", "reach", "difference", "verdict"),
    [
        (ABOVE, 0.03, "+0.1000 (95 % +0.0700 to +0.1300)", "excludes 0, so the network is better than the floor."),
        (
            ABOVE,
            0.2,
            "+0.1000 (95 % −0.1000 to +0.3000)",
            "includes 0, so it is not certain which of the two is better.",
        ),
        (BELOW, 0.03, "−0.0500 (95 % −0.0800 to −0.0200)", "excludes 0, so the network is worse than the floor."),
    ],
)
def test_the_difference_from_the_floor_stands_with_what_its_interval_says(means, reach, difference, verdict):
    text = answers(means, reach=reach)
    mean = means["good"]
    assert f"AUROC on the test split: {mean:.4f} (95 % {mean - 0.02:.4f} to {mean + 0.01:.4f})." in text
    assert "The floor, logistic regression on 6-mers, has 0.8000 (95 % 0.7800 to 0.8100)." in text
    assert f"Difference: {difference}: it {verdict}" in text


def test_every_network_below_the_floor_is_named_with_advice_and_those_above_are_not():
    text = answers(BELOW)
    (line,) = [line for line in text.splitlines() if line.startswith("**Warning.**")]
    assert "`good` (0.7500 against 0.8000), `weak` (0.7000 against 0.8000)." in line
    assert "`next`" not in line
    for advice in ("`network: large`", "`training: default`", "more peaks", "wider windows", "one build"):
        assert advice in line
    assert "Warning" not in answers(ABOVE)


@pytest.mark.parametrize("kind", ["binary", "labelled"])
def test_the_best_network_is_not_advised_where_it_is_the_one_that_failed(kind):
    peaks = {} if kind == "labelled" else None
    for network, is_advised in (("large", False), ("default", True), ("binary", True), ("", True)):
        text = answers(BELOW, kind=kind, peaks=peaks, network=network)
        (line,) = [line for line in text.splitlines() if line.startswith("**Warning.**")]
        assert ("`network: large`" in line) == is_advised
        assert "`epochs`" in line


def test_the_log_has_the_same_line_and_is_silent_without_a_network_below():
    sizes, metrics, kinds = {"t": "all"}, {"t": "AUROC"}, {"t": "binary"}
    (line,) = floor_warnings(comparisons_table(BELOW), sizes, metrics, kinds, ARMS).values()
    assert f"**Warning.** {line}" in answers(BELOW)
    assert floor_warnings(comparisons_table(ABOVE), sizes, metrics, kinds, ARMS) == {}
    at_smaller_size = comparisons_table(BELOW, size="0.5")
    assert floor_warnings(at_smaller_size, sizes, metrics, kinds, ARMS) == {}


def test_where_nothing_is_known_about_windows_no_certainty_is_claimed():
    text = answers(ABOVE, reach=float("nan"))
    assert "Difference: +0.1000; no interval of it is known" in text
    assert "excludes" not in text
    assert "nan" not in text


def test_data_are_accounted_for_without_reasons_that_left_out_nothing():
    text = answers(ABOVE)
    assert "444 of 43,402 rows of the file of peaks were kept" in text
    assert "(left out: 42,956 `contig_not_in_genome`, 2 `straddles_splits`)" in text
    assert "The task has 1,776 windows of 200 bases: 1,156 for training, 264 for validation, 356 for the test." in text
    whole = PEAKS[PEAKS["reason"].isin(["in", "kept"])].assign(rows=444)
    assert "444 of 444 rows of the file of peaks were kept. The task has" in answers(ABOVE, peaks={"t": whole})


def test_a_labelled_task_has_sequences_and_advice_of_its_own():
    text = answers(BELOW, kind="labelled", peaks={})
    assert "The task has 1,776 sequences of 200 bases" in text
    assert "file of peaks" not in text
    assert "Motifs" not in text, "the configuration refuses to explain labelled tasks"
    assert "more sequences" in text
    assert "more peaks" not in text


def test_a_profile_task_has_no_floor_and_is_chosen_by_its_loss():
    means = {"good": 0.4, "next": 0.3, "weak": 0.2}
    losses = {arm: [-100 * (1 - value) for value in values] for arm, values in VALIDATION.items()}
    text = answers(means, kind="profile", metric="Spearman 1 bp", qualities=losses)
    assert "**Recommended:** `good`. Of 3 networks it is the best on the validation split: mean loss 8.0000." in text
    assert "Spearman 1 bp on the test split: 0.4000 (95 % 0.3800 to 0.4100)." in text
    assert "Tasks of this kind have no floor of 6-mers" in text
    assert "Warning" not in text


def test_a_single_network_is_not_said_to_be_the_best():
    text = answers({"good": 0.9, BASELINE_ARM: 0.8}, qualities={"good": [0.9, 0.9, 0.9]})
    assert "**Recommended:** `good`. It is the only network that was trained. AUROC on the test split" in text


def motifs(*rows):
    """Of ten bits each; those with fewer than 25 sites and like no known motif are weak."""
    columns = ["sites", "instances", "consensus", "match", "correlation", "q"]
    found = pd.DataFrame(rows, columns=columns).assign(bits=10.0)
    is_weak = (found["sites"] < 25) & (found["match"] == "")
    return found.assign(evidence=is_weak.map({True: "weak", False: "sites"}))


SEARCH = {
    "bound": 446,
    "explained": 446,
    "strongest": 2000,
    "seqlets": 1_234,
    "least_seqlets": 40,
    "clusters": 7,
    "largest": 14,
    "least_sites": 20,
    "correlation": 0.45,
}


def entry(found, name="bases", arm="good", task="t", **changes):
    return Explained(name, task, arm, found, SEARCH | changes)


def test_without_an_attribution_no_motif_is_claimed():
    assert "**Motifs.** None were looked for: add an entry to `attribute`." in answers(ABOVE)


def test_only_a_strong_match_is_a_finding():
    found = motifs(
        (56, 81, "GATTACA", "", 0.79, float("nan")),
        (30, 1234, "CCACNAGG", "CTCF", 0.8, 3.21e-7),
        (25, 0, "TTTT", "", 0.37, 0.4),
    )
    text = answers(ABOVE, explained=[entry(found)])
    (line,) = [line for line in text.splitlines() if line.startswith("**Motifs.**")]
    assert line == (
        "**Motifs.** `bases`, of `good`: `CCACNAGG` (30 sites, 1,234 instances, 10.0 bits), which resembles `CTCF` "
        "(correlation 0.80, q 3e-07); "
        "`GATTACA` (56 sites, 81 instances, 10.0 bits), which resembles no known motif (best correlation 0.79); "
        "`TTTT` (25 sites, 0 instances, 10.0 bits), which resembles no known motif (best correlation 0.37, q 0.4). "
        "Searched in 446 of 446 bound windows."
    )


def test_motifs_beyond_the_first_are_counted_and_those_without_known_motifs_say_so():
    found = motifs(*[(50 - row, 60, "ACGT", "", float("nan"), float("nan")) for row in range(5)])
    text = answers(ABOVE, explained=[entry(found, correlation=None)])
    assert text.count("`ACGT`") == 3
    assert (
        "`ACGT` (48 sites, 60 instances, 10.0 bits); and 2 more. Searched in 446 of 446 bound windows. No `known_m"
        in text
    )
    assert "resembles" not in text
    assert "nan" not in text


def test_motifs_that_may_be_chance_are_folded_away_and_said_to_be():
    strong, weak = (90, 99, "CCACNAGG", "", 0.5, 0.2), (24, 9, "TTTT", "", 0.5, 0.3)
    for found, words in (
        ([strong, weak, weak], "best correlation 0.50, q 0.2). 2 more motifs may be chance: so many sites"),
        ([strong, weak], ". 1 more motif may be chance: "),
        (
            [weak],
            "which resembles no known motif (best correlation 0.50, q 0.3). It may be chance: ",
        ),
        ([weak, weak], ". All 2 motifs may be chance: "),
    ):
        text = answers(ABOVE, explained=[entry(motifs(*found))])
        assert words in text
        assert "(`weak` in `motifs.tsv`)" in text
        assert ("TTTT" in text) == (strong not in found)
    for found in ([strong], [(24, 9, "CCACNAGG", "CTCF", 0.9, 1e-9)], [(25, 9, "CCACNAGG", "", 0.5, 0.2)]):
        assert "chance" not in answers(ABOVE, explained=[entry(motifs(*found))])


def test_windows_left_out_are_counted_with_the_reason():
    text = answers(
        ABOVE, explained=[entry(motifs((30, 33, "CCACNAGG", "CTCF", 0.8, 1e-9)), bound=8_089, explained=2_000)]
    )
    assert "Searched in 2,000 of 8,089 bound windows (those with the highest scores: `strongest` is 2000)." in text


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"seqlets": 12, "clusters": 0, "correlation": None},
            "12 stretches of bases raise the score more than by chance, and at least 40 are needed to cluster them.",
        ),
        (
            {"clusters": 0, "correlation": None},
            "1,234 stretches of bases raise the score more than by chance, and no",
        ),
        (
            {},
            "They form 7 clusters, the largest of 14 sites, and a motif needs 20. "
            "The best correlation of a cluster with a known motif is 0.45.",
        ),
        ({"correlation": None}, "They form 7 clusters, the largest of 14 sites, and a motif needs 20.\n"),
    ],
)
def test_where_no_motif_is_found_the_reason_is_in_numbers(changes, reason):
    text = answers(ABOVE, explained=[entry(MOTIFS, **changes)])
    assert "`bases`, of `good`: no motif was found in 446 of 446 bound windows. " in text
    assert reason in text


def test_the_recommended_arm_is_explained_first_and_other_tasks_not_at_all():
    entries = [entry(MOTIFS, "one", "weak"), entry(MOTIFS, "two"), entry(MOTIFS, "three", task="other")]
    text = answers(ABOVE, explained=entries)
    assert "**Motifs.** `two`, of `good`: no motif was found" in text
    assert text.index("`two`, of `good`") < text.index("`one`, of `weak`: no motif was found")
    assert "`three`" not in text


def test_scores_are_those_of_the_recommended_arm_and_all_predictions_that_were_asked_for():
    text = answers(ABOVE)
    (line,) = [line for line in text.splitlines() if line.startswith("**Scores.**")]
    assert line == (
        "**Scores.** Test windows: `tasks/t/good/predictions.tsv`. "
        "Predictions: `predictions/genome.tsv`, `predictions/designs.tsv` (of `weak`)."
    )


def test_the_difference_of_a_single_seed_has_an_interval_over_windows_and_says_so():
    text = answers(ABOVE, reach=float("nan"), pairs=1)
    assert "Difference: +0.1000 (95 % +0.0804 to +0.1196 over test windows alone, for there is one seed)" in text
    assert "it excludes 0" in text


def claims_table():
    rows = [
        ("good is better than weak_", "t", 1, 0.1, 0.05, 0.15, 0.002, "holds", ""),
        ("good is better than weak_", "all tasks", 4, 0.02, -0.01, 0.05, 0.4, "undecided", ""),
        ("next is better than good", "t", 1, -0.02, float("nan"), float("nan"), float("nan"), "undecided", "2 pairs"),
    ]
    return pd.DataFrame(rows, columns=CLAIM_COLUMNS)


def test_the_verdict_on_each_claim_is_among_the_answers():
    text = answers(ABOVE, claims=claims_table())
    assert text.split("### Claims\n\n")[1].splitlines() == [
        "- `good is better than weak_`. `t alone`: **holds** (gain +0.1000, 95 % +0.0500 to +0.1500, Holm p 0.002); "
        "`tasks like these 4`: **undecided** (gain +0.0200, 95 % −0.0100 to +0.0500, Holm p 0.4).",
        "- `next is better than good`. `t alone`: **undecided** (2 pairs).",
    ]
    assert "### Claims" not in answers(ABOVE)


def test_the_report_shows_the_same_words():
    """With names that mean something in reStructuredText, and without any complaint about them."""
    found = motifs((56, 60, "CCACNAGG", "NR2C1_", 0.9, 0.01), (50, 51, "T*|T", "", float("nan"), float("nan")))
    explained = [entry(found, "bases_")]
    answers_of_page = answers(BELOW, explained=explained, claims=claims_table())
    shown = publish_parts(
        as_restructured_text(answers_of_page), writer_name="html", settings_overrides={"halt_level": 2}
    )
    words = re.sub(r"<.*?>", "", shown["body"]).split()
    assert words == re.sub(r"\*\*|`|^### |^- ", "", answers_of_page, flags=re.MULTILINE).split()
    assert shown["body"].startswith("<p><strong>t</strong></p>")
