"""What the tiny run leaves: tables, scores and provenance."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pyBigWig
import pytest
import yaml
from checkout import ROOT
from snakemake.common.configfile import load_configfile

from configuration import contestants_for, replicates_of, resolve, sizes_of_task, train_sizes
from configuration.documentation import SCHEMA_FILE
from plan import Plan
from plan.leftovers import undeclared
from workflow_support.metrics import BASELINE_ARM


def test_a_run_leaves_what_it_promises(finished: Path) -> None:
    summary = pd.read_csv(finished / "summary.tsv", sep="\t")
    assert list(summary.columns) == ["task", "arm", "size", "train_size", "metric", "replicates", "mean", "sd", "folds"]
    errors = summary.query("metric == 'RC error'").set_index(["arm", "size"])["mean"].unstack()
    blind = ["irrep_k1", "irrep_k2", "post_hoc", "best", "pair", "profile_rcps", "profile_mean", "labelled_irrep"]
    blind += ["hyperbolic", "labelled_hyperbolic"]
    assert (errors.loc[blind] < 1e-5).all(axis=None)
    assert (errors.drop(index=blind) > 1e-5).all(axis=None)
    assert set(errors.drop(index=blind).index) == {"standard", "labelled_standard"}

    counts = pd.read_csv(finished / "tasks/CTCF/peak_counts.tsv", sep="\t").set_index("reason")["rows"]
    assert counts["in"] == counts.drop("in").sum()
    windows = pd.read_csv(finished / "tasks/CTCF/windows.tsv", sep="\t")
    assert (windows["label"] == 1).sum() == counts["kept"]
    scores = pd.read_csv(finished / "predictions/oligos.tsv", sep="\t")
    assert set(scores["contig"]) == {"oligo_1", "oligo_2"}

    reads = pd.read_csv(finished / "tasks/CTCF_nexus/signal/counts.0.reads.tsv", sep="\t").set_index("reason")["rows"]
    assert reads["in"] == reads.drop("in").sum()
    assert min(reads["duplicate"], reads["low mapping quality"], reads["unmapped"]) > 0
    for strand in ("plus", "minus"):
        with pyBigWig.open(str(finished / f"predictions/profiles.{strand}.bw")) as track:
            assert track.stats("chrB", exact=True)[0] > 0


def planned_replicates(finished: Path) -> set[tuple[str, str, str, int]]:
    """Task, arm or combination, size and label of every replicate that the configuration spans, and of baselines."""
    config = yaml.safe_load((finished / "config.yaml").read_text())
    return {
        (task, name, size, seeds[0])
        for task in config["tasks"]
        for name in contestants_for(config, task)
        for size in train_sizes(config, task, name)
        for seeds in replicates_of(config["study"], name).seeds
    } | {
        (task, BASELINE_ARM, size, seed)
        for task in ("CTCF", "motifs")
        for size in sizes_of_task(config, task)
        for seed in config["study"]["seeds"]
    }


def test_the_tables_of_the_study_have_a_row_for_all_that_the_configuration_spans(finished: Path) -> None:
    replicates, means, costs, arms, comparisons, selections = (
        pd.read_csv(finished / f"study/{name}.tsv", sep="\t", dtype={"size": str})
        for name in ("replicates", "means", "costs", "arms", "comparisons", "selections")
    )
    planned = planned_replicates(finished)
    # Binary and profile arms, 2 sizes: 4 x 2, 1, 1 and 2 replicates of 4, 2, 1 and 1; labelled 3 x 2; baselines 2 x 2.
    assert len(planned) == 2 * (4 * 2 + 2 * 2 + 1 + 2 + 1 + 3 * 2 + 2 * 2)
    assert set(replicates[["task", "arm", "size", "seed"]].itertuples(index=False, name=None)) == planned
    assert not replicates.duplicated(["task", "arm", "size", "seed", "metric"]).any()
    models = {model for *model, _ in map(list, planned) for model in [tuple(model)]}
    for table in (means, costs):
        assert set(table[["task", "arm", "size"]].itertuples(index=False, name=None)) == models
    assert len(costs) == len(models)
    assert set(arms["arm"]) == {arm for _, arm, _ in models} - {BASELINE_ARM}
    references = {"CTCF": "standard", "CTCF_nexus": "profile_rcps", "motifs": "labelled_standard"}
    compared = comparisons[comparisons["reference"] == comparisons["task"].map(references)]
    assert set(compared[["task", "arm", "size"]].itertuples(index=False, name=None)) == {
        (task, arm, size) for task, arm, size in models if arm != references[task]
    }
    assert (selections.groupby(["size", "seed"])["chosen"].sum() == 1).all()
    assert set(selections[["size", "seed"]].itertuples(index=False, name=None)) == {
        (size, seed) for size in ("0.5", "all") for seed in (3, 4)
    }
    assert set(selections["candidate"]) == {"irrep_k1", "irrep_k2"}


def test_the_table_of_times_has_every_model_and_empty_cells_for_what_trains_nothing(finished: Path) -> None:
    times = pd.read_csv(finished / "arm_times.tsv", sep="\t", dtype={"size": str})
    models = {(task, arm, size) for task, arm, size, _ in planned_replicates(finished) if arm != BASELINE_ARM}
    assert sorted(times[["task", "arm", "size"]].itertuples(index=False, name=None)) == sorted(models)
    assert (times["evaluation_seconds"] > 0).all()
    combinations = yaml.safe_load((finished / "config.yaml").read_text())["study"]["combinations"]
    assert (times["training_seconds"].isna() == times["arm"].isin(list(combinations))).all()


def test_every_claim_is_tested_at_every_size_and_shown_on_the_page_of_results(finished: Path) -> None:
    claims = pd.read_csv(finished / "study/claims.tsv", sep="\t", dtype={"size": str})
    rows = claims[["better", "than", "size", "wider_than"]].fillna("").itertuples(index=False, name=None)
    assert list(rows) == [
        ("best", "post_hoc", "0.5", ""),
        ("best", "post_hoc", "all", ""),
        ("best", "post_hoc", "0.5", "all"),
    ]
    page = (finished / "results.md").read_text()
    for row in claims.itertuples():
        # Two seeds decide nothing, and the line says so.
        assert (row.verdict, row.why) == ("not tested", "2 of at least 3 pairs of networks")
        assert re.search(rf"^\| {re.escape(row.claim)} \| .* {row.verdict}: {row.why} \|$", page, re.MULTILINE)
    for task, arm, size, _ in planned_replicates(finished):
        heading = "all training windows" if size == "all" else f"a share of {size} of the training windows"
        (table,) = re.findall(rf"^### {task}: {heading}\n\n((?:\|.*\n)+)", page, re.MULTILINE)
        assert f"\n| {arm.replace(BASELINE_ARM, '6-mer logistic regression (floor)')} |" in table
    links = re.findall(r"!\[.*?\]\((.*?)\)", page)
    assert len(links) == 9
    assert all((finished / link).stat().st_size > 0 for link in links)


def test_the_page_of_results_opens_on_an_answer_for_each_task(finished: Path) -> None:
    page = (finished / "results.md").read_text()
    answers = page[: page.index("\n## Tasks\n")]
    validation = pd.read_csv(finished / "study/validation.tsv", sep="\t").query(
        "size == 'all' and arm != @BASELINE_ARM"
    )
    means = validation.groupby(["task", "arm"], sort=False)["quality"].mean()
    for task, kind in (("CTCF", "binary"), ("CTCF_nexus", "profile"), ("motifs", "labelled")):
        (answer,) = re.findall(rf"^### {task}\n(.*?)(?=^### |\Z)", answers, re.MULTILINE | re.DOTALL)
        assert f"**Recommended:** `{means[task].idxmax()}`. " in answer
        assert ("The floor, logistic regression on 6-mers, has" in answer) == (kind != "profile")
        (file,) = re.findall(r"Test windows: `(.+?)`", answer)
        assert (finished / file).is_file()
    assert "nan" not in answers


def scores(finished: Path, arm: str, size: str = "all") -> pd.DataFrame:
    table = pd.read_csv(finished / f"tasks/CTCF/models/{arm}/{size}/predictions.tsv", sep="\t")
    return table.set_index(["seed", "name"])


@pytest.mark.parametrize("size", ["0.5", "all"])
def test_a_post_hoc_combination_is_the_mean_of_both_strands_of_its_arm(finished: Path, size: str) -> None:
    arm, combined = scores(finished, "standard", size), scores(finished, "post_hoc", size)
    assert list(arm.index) == list(combined.index)
    mean = (arm["logit"] + arm["reverse_complement_logit"]) / 2
    assert combined["logit"].tolist() == pytest.approx(mean.tolist(), abs=1e-5)
    assert combined["reverse_complement_logit"].tolist() == pytest.approx(mean.tolist(), abs=1e-5)
    assert (arm["logit"] - arm["reverse_complement_logit"]).abs().max() > 0.01


def test_other_combinations_are_the_mean_of_their_seeds_and_the_best_on_the_validation_split(finished: Path) -> None:
    arm, pair = scores(finished, "irrep_k2")["logit"], scores(finished, "pair")["logit"]
    assert pair.loc[3].tolist() == pytest.approx(((arm.loc[3] + arm.loc[4]) / 2).tolist(), abs=1e-5)
    assert set(pair.index.get_level_values("seed")) == {3}
    choices = pd.read_csv(finished / "study/selections.tsv", sep="\t").query("size == 'all'")
    for seed, other in ((3, 4), (4, 3)):
        of_seed = choices[choices["seed"] == seed].set_index("candidate")
        for name in of_seed.index:
            models = json.loads((finished / f"tasks/CTCF/models/{name}/all/models.json").read_text())
            quality = {model["seed"]: model["quality"] for model in models}
            assert of_seed.loc[name, "quality"] == pytest.approx(quality[other], abs=1e-5)
        chosen = of_seed["quality"].idxmax()
        assert of_seed.loc[chosen, "chosen"]
        assert scores(finished, "best").loc[seed, "logit"].tolist() == pytest.approx(
            scores(finished, chosen).loc[seed, "logit"].tolist(), abs=1e-5
        )


def test_labelled_sequences_are_all_split_or_dropped_for_a_reason(finished: Path) -> None:
    folder = finished / "tasks/motifs"
    assert json.loads((folder / "classes.json").read_text()) == ["left", "none", "right"]
    counts = pd.read_csv(folder / "window_counts.tsv", sep="\t").set_index("reason")["rows"]
    assert counts["in"] == counts.drop("in").sum() == 90
    windows = pd.read_csv(folder / "windows.tsv", sep="\t")
    assert len(windows) == counts["kept"]
    assert windows["split"].value_counts(normalize=True).to_dict() == pytest.approx(
        {"train": 0.5, "validation": 0.2, "test": 0.3}, abs=0.05
    )
    predictions = pd.read_csv(folder / "models/labelled_irrep/all/predictions.tsv", sep="\t")
    probabilities = predictions[[f"probability.{label}" for label in range(3)]]
    assert probabilities.sum(axis=1).tolist() == pytest.approx([1.0] * len(predictions), abs=1e-5)
    assert len(predictions) == 2 * (windows["split"] == "test").sum()


def test_variants_are_scored_or_dropped_for_a_reason(finished: Path) -> None:
    counts = pd.read_csv(finished / "variants/changes.counts.tsv", sep="\t").set_index("reason")["rows"]
    assert counts["in"] == counts.drop("in").sum() == 40
    variants = pd.read_csv(finished / "variants/changes.tsv", sep="\t")
    assert len(variants) == counts["kept"] == 40 - counts["alternative_is_reference"]
    difference = variants["score_alternative"] - variants["score_reference"]
    assert variants["difference"].tolist() == pytest.approx(difference.tolist(), abs=1e-5)
    found = json.loads((finished / "variants/changes.correlation.json").read_text())
    assert {record["scorer"] for record in found} == {"network", "motif"}


def test_provenance_names_every_input_and_the_code(finished: Path) -> None:
    provenance = json.loads((finished / "provenance.json").read_text())
    assert {record["file"] for record in provenance["inputs"].values()} == {
        "results/tiny/simulation/genome.fa",
        "results/tiny/simulation/CTCF.narrowPeak",
        "results/tiny/simulation/CTCF.bw",
        "results/tiny/simulation/CTCF.nexus.bam",
        "results/tiny/simulation/CTCF.control.bam",
        "resources/motifs/MA0139.2.CTCF.jaspar",
        "tests/labelled.csv",
        "tests/oligos.fa",
        "tests/variants.tsv",
    }
    assert set(provenance["scripts"]) == {script.stem for script in (ROOT / "workflow_scripts").glob("*.py")}
    assert provenance["seeds"] == [3, 4]
    assert "torch" in provenance["software"]["packages"]
    assert {"requirements.lock", "envs/genomics.yaml"} <= set(provenance["environments"])


def test_all_files_of_a_finished_run_are_declared(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that `make clean-run` removes none of them."""
    monkeypatch.chdir(finished.parents[1])
    file = Path("results/tiny/config.yaml")
    plan = Plan(*resolve(load_configfile(file), [file], SCHEMA_FILE))
    assert undeclared(plan, Path("results/tiny")) == []
