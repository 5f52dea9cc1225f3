"""The workflow as a user meets it: what it plans, what a run leaves, what makes it run again, how it refuses."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyBigWig
import pytest
import yaml
from checkout import ROOT, Checkout
from playwright.sync_api import Page, sync_playwright
from safetensors.numpy import load_file
from study_configurations import STUDIES, resolve_files

from configuration import contestants_for, replicates_of, train_sizes
from workflow_support.metrics import BASELINE_ARM

TINY = ["--configfile", "tests/tiny.yaml"]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def finished(checkout: Checkout) -> Path:
    """The results of the tiny run."""
    checkout.snakemake(*TINY, "--cores", "2")
    return checkout.folder / "results/tiny"


def test_without_a_configuration_the_study_is_planned(checkout: Checkout) -> None:
    """A job for all seeds of an arm: three tasks, five sizes, 33 arms and 5 combinations of them."""
    plan = checkout.plan()
    assert plan["train"] == 3 * 5 * 33 == 495
    assert plan["evaluate"] == 3 * 5 * (33 + 5) == 570
    assert plan["fetch_file"] == 5


def test_values_from_the_command_line_are_laid_over_the_study(checkout: Checkout) -> None:
    assert checkout.plan("--config", "study={train_sizes: [all], claims: []}")["train"] == 3 * 33
    output = checkout.snakemake("-n", "--config", "study={seeds: [4]}", succeeds=False)
    assert "`study.combinations.two_of_the_best` averages more networks of an arm than exist" in output
    assert "replicates: 2 with 1 seeds" in output


def test_another_configuration_takes_the_place_of_the_study(checkout: Checkout) -> None:
    plan = checkout.plan("--configfile", "resources/demo/config.yaml")
    assert plan["fetch_file"] == 0
    assert plan["simulate_experiment"] == 1
    # Two binary tasks of four arms, and a profile task of three.
    assert plan["train"] == 2 * 4 + 3


@pytest.mark.parametrize("example", sorted((ROOT / "resources/examples").glob("*.yaml")), ids=lambda file: file.stem)
def test_examples_are_planned_on_the_real_data(checkout: Checkout, shared_data: Path, example: Path) -> None:
    arguments = ["--configfile", f"resources/examples/{example.name}", "--config", f"data={shared_data}"]
    plan = checkout.plan(*arguments)
    is_profile = "kind: profile" in example.read_text()
    assert plan["train"] == (3 if is_profile else 4)


@pytest.mark.parametrize("run", STUDIES)
def test_the_runs_of_the_results_are_planned_on_the_real_data(checkout: Checkout, shared_data: Path, run: str) -> None:
    files = [f"resources/runs/{file.name}" for file in STUDIES[run]]
    plan = checkout.plan("--configfile", *files, "--config", f"data={shared_data}")
    settings = resolve_files(STUDIES[run], shared_data)
    study = settings["study"]
    sizes = sum(len(arm.get("train_sizes", study["train_sizes"])) for arm in study["arms"].values())
    assert plan["train"] == sizes * len(settings["tasks"])
    assert plan["write_results_page"] == plan["compare_arms"] == 1


def test_the_profile_study_is_planned_where_its_files_are(checkout: Checkout, tmp_path: Path) -> None:
    for factor in ("Oct4", "Sox2", "Nanog", "Klf4", "patchcap"):
        (tmp_path / factor).mkdir()
        for name in ("peaks.narrowPeak.gz", "counts.plus.bw", "counts.minus.bw"):
            (tmp_path / factor / name).touch()
    plan = checkout.plan("--configfile", "resources/studies/chip_nexus_mm10.yaml", "--config", f"data={tmp_path}")
    assert plan["train"] == 4 * 5
    assert plan["collect_study"] == 1


def test_the_slurm_profile_is_found_by_its_short_name(checkout: Checkout) -> None:
    assert checkout.plan("--profile", "slurm", "--software-deployment-method", "env-modules")["train"] == 495


def test_gpus_are_asked_for_only_where_networks_train_on_them(checkout: Checkout) -> None:
    assert "gpu=1" not in checkout.snakemake("-n", *TINY)
    assert "gpu=1" in checkout.snakemake("-n", *TINY, "--config", "compute={device: cuda}")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("seeds: [3, 4]", "seed: [3, 4]", ["tests/bad.yaml, line", "unknown key `seed`", "did you mean `seeds`?"]),
        ("tests/oligos.fa", "tests/oligo.fa", ["tests/bad.yaml, line", "does not exist", "tests/oligos.fa exists"]),
        ("epochs: 2, steps", "epochs: 0, steps", ["`trainings.binary.epochs`", "found:   0", "at least 1"]),
    ],
    ids=["unknown key", "missing file", "value out of range"],
)
def test_bad_configurations_are_refused_in_plain_words(
    checkout: Checkout, old: str, new: str, words: list[str]
) -> None:
    good = (checkout.folder / "tests/tiny.yaml").read_text()
    (checkout.folder / "tests/bad.yaml").write_text(good.replace(old, new))
    output = checkout.snakemake("--configfile", "tests/bad.yaml", "--cores", "1", succeeds=False)
    for word in words:
        assert word in output
    assert "fix:" in output
    assert "Traceback" not in output
    assert "common.smk" not in output


def test_a_bad_input_is_told_in_plain_words_and_without_a_traceback(checkout: Checkout) -> None:
    (checkout.folder / "tests/empty.fa").write_text("")
    config = (checkout.folder / "tests/tiny.yaml").read_text().replace("tests/oligos.fa", "tests/empty.fa")
    (checkout.folder / "tests/bad.yaml").write_text(config.replace("tiny", "bad"))
    config = ["--configfile", "tests/bad.yaml", "--cores", "1"]
    output = checkout.snakemake(*config, "results/bad/predictions/oligos/genome.fa", succeeds=False)
    assert "tests/empty.fa: the file is empty" in output
    assert "fix:" in output
    assert "Traceback" not in output


def test_what_a_killed_run_left_is_made_again(checkout: Checkout, finished: Path) -> None:
    # Snakemake's own mark of a job that was cut off.
    output = "results/tiny/tasks/CTCF/negatives.tsv"
    marks = checkout.folder / ".snakemake/incomplete"
    marks.mkdir(exist_ok=True)
    mark = marks / base64.urlsafe_b64encode(output.encode()).decode()
    mark.write_text("")
    try:
        plan = checkout.plan(*TINY, "--rerun-incomplete")
    finally:
        mark.unlink()
    assert plan["sample_negatives"] == 1


def test_a_run_leaves_what_it_promises(finished: Path) -> None:
    summary = pd.read_csv(finished / "summary.tsv", sep="\t")
    assert list(summary.columns) == ["task", "arm", "size", "train_size", "metric", "replicates", "mean", "sd"]
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
    } | {(task, BASELINE_ARM, "all", 0) for task in ("CTCF", "motifs")}


def test_the_tables_of_the_study_have_a_row_for_all_that_the_configuration_spans(finished: Path) -> None:
    replicates, means, costs, arms, comparisons, selections = (
        pd.read_csv(finished / f"study/{name}.tsv", sep="\t", dtype={"size": str})
        for name in ("replicates", "means", "costs", "arms", "comparisons", "selections")
    )
    planned = planned_replicates(finished)
    # Binary and profile arms, 2 sizes: 4 x 2, 1, 1 and 2 replicates of 4, 2, 1 and 1; labelled ones 3 x 2; 2 baselines.
    assert len(planned) == 2 * (4 * 2 + 2 * 2 + 1 + 2 + 1 + 3 * 2) + 2
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
        (task, arm, size) for task, arm, size in models if arm not in (references[task], BASELINE_ARM)
    }
    assert selections.groupby("size")["chosen"].sum().to_dict() == {"0.5": 1, "all": 1}
    assert set(selections["candidate"]) == {"irrep_k1", "irrep_k2"}


def test_the_table_of_times_has_every_model_and_empty_cells_for_what_trains_nothing(finished: Path) -> None:
    times = pd.read_csv(finished / "arm_times.tsv", sep="\t", dtype={"size": str})
    models = {(task, arm, size) for task, arm, size, _ in planned_replicates(finished) if arm != BASELINE_ARM}
    assert sorted(times[["task", "arm", "size"]].itertuples(index=False, name=None)) == sorted(models)
    assert (times["evaluation_seconds"] > 0).all()
    combinations = yaml.safe_load((finished / "config.yaml").read_text())["study"]["combinations"]
    assert (times["training_seconds"].isna() == times["arm"].isin(list(combinations))).all()


def test_every_claim_is_tested_at_every_size_and_told_on_the_page_of_results(finished: Path) -> None:
    claims = pd.read_csv(finished / "study/claims.tsv", sep="\t", dtype={"size": str})
    told = claims[["better", "than", "size", "wider_than"]].fillna("").itertuples(index=False, name=None)
    assert list(told) == [
        ("best", "post_hoc", "0.5", ""),
        ("best", "post_hoc", "all", ""),
        ("best", "post_hoc", "0.5", "all"),
    ]
    page = (finished / "results.md").read_text()
    for row in claims.itertuples():
        assert re.search(rf"^\| {re.escape(row.claim)} \| .*{row.verdict} \|$", page, re.MULTILINE)
    for task, arm, size, _ in planned_replicates(finished):
        heading = "all training windows" if size == "all" else f"a share of {size} of the training windows"
        (table,) = re.findall(rf"^### {task}: {heading}\n\n((?:\|.*\n)+)", page, re.MULTILINE)
        assert f"\n| {arm.replace(BASELINE_ARM, '6-mer logistic regression (floor)')} |" in table
    links = re.findall(r"!\[.*?\]\((.*?)\)", page)
    assert len(links) == 8
    assert all((finished / link).stat().st_size > 0 for link in links)


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
    choices = pd.read_csv(finished / "study/selections.tsv", sep="\t").query("size == 'all'").set_index("candidate")
    assert choices["quality"].idxmax() == choices.index[choices["chosen"]].item()
    for name in choices.index:
        models = json.loads((finished / f"tasks/CTCF/models/{name}/all/models.json").read_text())
        assert choices.loc[name, "quality"] == pytest.approx(sum(model["quality"] for model in models) / 2, abs=1e-5)
    chosen = choices["quality"].idxmax()
    assert scores(finished, "best")["logit"].tolist() == pytest.approx(
        scores(finished, chosen)["logit"].tolist(), abs=1e-5
    )


def test_labelled_sequences_are_all_split_or_dropped_for_a_reason(finished: Path) -> None:
    folder = finished / "tasks/motifs"
    assert json.loads((folder / "classes.json").read_text()) == ["left", "none", "right"]
    counts = pd.read_csv(folder / "sequence_counts.tsv", sep="\t").set_index("reason")["rows"]
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


def test_a_second_run_has_nothing_to_do(checkout: Checkout, finished: Path) -> None:
    assert not checkout.plan(*TINY)


def test_the_recorded_configuration_repeats_the_run(checkout: Checkout, finished: Path) -> None:
    assert not checkout.plan("--configfile", "results/tiny/config.yaml")


def test_whatever_is_deleted_is_asked_for(checkout: Checkout, finished: Path) -> None:
    plan = checkout.snakemake("-n", "--forceall", *TINY)
    outputs = re.findall(r"^    output: (.*)$", plan, re.MULTILINE)
    made = {path.removesuffix(" (update)") for line in outputs for path in line.split(", ")}
    asked = re.search(r"rule all:\n    input: (.*)$", plan, re.MULTILINE)[1].split(", ")
    assert made
    assert made <= set(asked)


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        ("tasks/CTCF/models/standard/all/weights.safetensors", "train"),
        ("tasks/CTCF/negatives.bed", "sample_negatives"),
        ("genomes/simulated/chrom.sizes", "normalise_genome"),
    ],
)
def test_a_deleted_file_is_planned_again(checkout: Checkout, finished: Path, file: str, rule: str) -> None:
    deleted, kept = finished / file, finished.parent / "kept"
    deleted.rename(kept)
    plan = checkout.plan(*TINY)
    kept.rename(deleted)
    assert plan[rule] == 1


def test_a_deleted_figure_is_made_again(checkout: Checkout, finished: Path) -> None:
    figure = finished / "figures/gc_matching.png"
    figure.unlink()
    checkout.snakemake(*TINY, "--cores", "2")
    assert figure.stat().st_size > 0
    assert not checkout.plan(*TINY)


@pytest.mark.parametrize(
    ("module", "reruns", "leaves"),
    [
        ("figures/style.py", {"plot_performance", "plot_study_gain"}, {"train", "sample_negatives"}),
        ("figures/calibration.py", {"plot_calibration"}, {"plot_performance", "plot_study_gain"}),
        ("rc_equivariant/layers/convolution.py", {"train"}, {"encode_kmers", "sample_negatives"}),
        ("rc_equivariant/networks/trunks.py", {"train"}, {"encode_kmers", "sample_negatives"}),
        ("rc_equivariant/descriptions/trunks.py", {"train"}, {"encode_kmers", "fit_kmer_baseline", "sample_negatives"}),
        ("rc_equivariant/encoding.py", {"train", "encode_kmers"}, {"sample_negatives", "prepare_peaks"}),
        ("genome_data/windows/negatives.py", {"sample_negatives"}, {"prepare_peaks", "normalise_genome"}),
    ],
)
def test_an_edited_module_reruns_what_depends_on_it(
    checkout: Checkout, finished: Path, module: str, reruns: set[str], leaves: set[str]
) -> None:
    file = checkout.folder / "workflow_scripts" / module
    before = file.read_text()
    file.write_text(before + "\n# edited\n")
    plan = checkout.plan(*TINY)
    file.write_text(before)
    assert reruns <= set(plan)
    assert not leaves & set(plan)


def test_intervals_that_cannot_be_used_show_before_a_genome_is_made(checkout: Checkout) -> None:
    (checkout.folder / "tests/bad.bed").write_text("chrA\t10\t5\n")
    good = (checkout.folder / "tests/tiny.yaml").read_text().replace("name: tiny", "name: bad")
    bad = good.replace("results/tiny/simulation/CTCF.narrowPeak", "tests/bad.bed").replace("/tiny/", "/bad/")
    (checkout.folder / "tests/bad.yaml").write_text(bad)
    output = checkout.snakemake("--configfile", "tests/bad.yaml", "--cores", "1", succeeds=False)
    assert "tests/bad.bed, line 1" in output
    assert not (checkout.folder / "results/bad/genomes").exists()


def test_a_check_that_fails_leaves_the_run_as_it_was(checkout: Checkout, finished: Path) -> None:
    good = (checkout.folder / "tests/tiny.yaml").read_text()
    (checkout.folder / "tests/bad.yaml").write_text(
        good.replace("arm: irrep_k1, contigs: [chrB]", "arm: irrep_k1, contigs: [chrC]")
    )
    output = checkout.snakemake("--configfile", "tests/bad.yaml", "--cores", "1", succeeds=False)
    assert re.search(r"tests/bad\.yaml, line \d+: `predict\.everywhere\.contigs`: the genome lacks", output)
    assert set(checkout.plan(*TINY)) <= {"check_regions", "all"}
    checkout.snakemake(*TINY, "--cores", "1")
    assert not checkout.plan(*TINY)


def test_a_changed_value_reruns_what_depends_on_it(checkout: Checkout, finished: Path) -> None:
    plan = checkout.plan(*TINY, "--config", "trainings={binary: {epochs: 3}}")
    assert plan["train"] == 4 * 2
    assert plan["sample_negatives"] == plan["fit_kmer_baseline"] == plan["normalise_genome"] == 0


# Long enough to be cut off.
LONG = """\
name: long
networks:
  labelled: {trunk: {first_width: 9, dilations: [1]}, head: {dense: 8}}
trainings:
  labelled: {epochs: 300, patience: 300, batch_size: 16}
study:
  arms:
    irrep: {representation: irrep, kmer: 2, channels: 8, plus_fraction: 0.5}
  seeds: [3, 4]
tasks:
  motifs:
    kind: labelled
    sequences: {all: tests/labelled.csv, make_splits: {validation: 0.2, test: 0.3}}
"""
MODELS, CHECKPOINTS = "results/long/tasks/motifs/models/irrep/all", "results/long/checkpoints/motifs/irrep/all"
TRAIN_LONG = ["--configfile", "tests/long.yaml", "--cores", "1", f"{MODELS}/weights.safetensors"]
KEPT = rf"Finished after 300 epochs: {CHECKPOINTS}/seed(\d)\.safetensors"


class LongRun:
    """A run of which one job alone matters, which trains the replicates of an arm."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout, self.folder = checkout, checkout.folder
        (self.folder / "tests/long.yaml").write_text(LONG)

    def train(self, *arguments: str) -> list[int]:
        """Train; the seeds of the replicates that were not trained again."""
        self.checkout.snakemake(*TRAIN_LONG, *arguments)
        return [int(seed) for seed in re.findall(KEPT, self.log())]

    def log(self) -> str:
        log = self.folder / "results/long/logs/train/motifs/irrep/all.log"
        return log.read_text() if log.exists() else ""

    def interrupt_in_the_second_replicate(self) -> None:
        """As with Ctrl-C, which all processes of the run get."""
        command = [sys.executable, "-m", "snakemake", *TRAIN_LONG]
        run = subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        while run.poll() is None and "seed 4" not in self.log():
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait() != 0

    def checkpoint(self, seed: int) -> bytes:
        return (self.folder / CHECKPOINTS / f"seed{seed}.safetensors").read_bytes()

    def weights(self) -> dict[str, bytes]:
        tensors = load_file(self.folder / MODELS / "weights.safetensors")
        return {name: tensor.tobytes() for name, tensor in tensors.items()}


def test_an_interrupted_run_goes_on_and_a_new_seed_is_all_that_is_trained(checkout: Checkout) -> None:
    run = LongRun(checkout)
    run.interrupt_in_the_second_replicate()
    first = run.checkpoint(3)
    assert not (run.folder / MODELS / "weights.safetensors").exists()

    assert run.train() == [3]
    assert run.checkpoint(3) == first
    resumed = run.weights()
    assert {name.partition("/")[0] for name in resumed} == {"seed3", "seed4"}

    more = ["--config", "study={seeds: [3, 4, 5]}"]
    assert run.train(*more) == [3, 4]
    extended = run.weights()
    assert {name.partition("/")[0] for name in extended} == {"seed3", "seed4", "seed5"}
    assert resumed.items() < extended.items()

    shutil.rmtree(run.folder / CHECKPOINTS)
    assert run.train(*more, "--forcerun", "train") == []
    assert run.weights() == extended


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FIGURES_OF_REPORT = {
    "Data": {"GC content of positives and negatives", "Peaks in, dropped and kept"},
    "Results": {
        "AUROC and AUPRC",
        "Calibration",
        "Profiles: JSD and correlations",
        "Reverse-complement error",
        "ROC and precision-recall curves",
    },
    "Signal": {"Heatmap", "Profile"},
    "Study": {
        "Arms",
        "Arms by kmer",
        "Calls that differ between the strands",
        "Gain against training size",
        "Learning curves",
    },
    "Training": {"Training curves"},
    "Variants": {"Effects of variants: changes"},
}


@pytest.fixture(scope="module")
def report(checkout: Checkout, finished: Path) -> str:
    """The address of the report of the tiny run."""
    checkout.snakemake(*TINY, "--report", "results/tiny/report.html")
    return (finished / "report.html").as_uri()


@pytest.fixture
def page() -> Iterator[Page]:
    """A browser without a network."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser.new_context(offline=True).new_page()
        browser.close()


@pytest.mark.parametrize("category", FIGURES_OF_REPORT)
def test_the_report_shows_every_figure_offline(report: str, page: Page, category: str) -> None:
    asked_of_the_network = []
    page.on("request", lambda request: asked_of_the_network.append(request.url))
    page.goto(report)
    page.get_by_role("link", name=category, exact=True).click()
    figures = page.locator("tbody tr", has=page.locator("a[iconname=eye]"))
    figures.first.wait_for()
    assert FIGURES_OF_REPORT[category] <= {row.locator("td").first.inner_text() for row in figures.all()}
    for row in figures.all():
        if row.locator("td").first.inner_text() not in FIGURES_OF_REPORT[category]:
            continue
        row.locator("a[iconname=eye]").click()
        image = page.locator("img:not([src*='filename=logo'])").first
        image.wait_for()
        page.wait_for_function("image => image.complete && image.naturalWidth > 200", arg=image.element_handle())
    assert all(url.startswith(("file:", "data:")) for url in asked_of_the_network)
