"""The workflow as a user meets it: what it plans, what a run leaves, what makes it run again, how it refuses."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyBigWig
import pytest
import yaml
from checkout import ROOT, Checkout
from playwright.sync_api import Page, sync_playwright

TINY = ["--configfile", "tests/tiny.yaml"]
RULES = [
    (file.name, match[1], match[2])
    for file in sorted((ROOT / "rules").glob("*.smk"))
    for match in re.finditer(r"^ *rule (\w+):\n((?:(?! *rule |\S).*\n)*)", file.read_text(), re.MULTILINE)
]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def finished(checkout: Checkout) -> Path:
    """The results of the tiny run."""
    checkout.snakemake(*TINY, "--cores", "2")
    return checkout.folder / "results/tiny"


def test_without_a_configuration_the_study_is_planned(checkout: Checkout) -> None:
    plan = checkout.plan()
    assert plan["train_network"] == 3 * 7 * 10
    assert plan["fetch_file"] == 5


def test_values_from_the_command_line_are_laid_over_the_study(checkout: Checkout) -> None:
    assert checkout.plan("--config", "seeds=[4]")["train_network"] == 3 * 7


def test_another_configuration_takes_the_place_of_the_study(checkout: Checkout) -> None:
    demo = yaml.safe_load((ROOT / "resources/demo/config.yaml").read_text())
    plan = checkout.plan("--configfile", "resources/demo/config.yaml")
    assert plan["fetch_file"] == 0
    assert plan["simulate_experiment"] == 1
    for kind, rule in (("binary", "train_network"), ("profile", "train_profile_network")):
        tasks, arms = (
            [values for values in demo[section].values() if values.get("kind", "binary") == kind]
            for section in ("tasks", "arms")
        )
        assert plan[rule] == len(tasks) * len(arms) * len(demo["seeds"])


@pytest.mark.parametrize("example", sorted((ROOT / "resources/examples").glob("*.yaml")), ids=lambda file: file.stem)
def test_examples_are_planned_on_the_real_data(checkout: Checkout, shared_data: Path, example: Path) -> None:
    arguments = ["--configfile", f"resources/examples/{example.name}", "--config", f"data={shared_data}"]
    plan = checkout.plan(*arguments)
    is_profile = "kind: profile" in example.read_text()
    assert plan["train_profile_network" if is_profile else "train_network"] == (3 * 3 if is_profile else 4 * 5)


def test_the_profile_study_is_planned_where_its_files_are(checkout: Checkout, tmp_path: Path) -> None:
    for factor in ("Oct4", "Sox2", "Nanog", "Klf4", "patchcap"):
        (tmp_path / factor).mkdir()
        for name in ("peaks.narrowPeak.gz", "counts.plus.bw", "counts.minus.bw"):
            (tmp_path / factor / name).touch()
    plan = checkout.plan("--configfile", "resources/studies/chip_nexus_mm10.yaml", "--config", f"data={tmp_path}")
    assert plan["train_profile_network"] == 4 * 5 * 6
    assert plan["summarise_run"] == 1


def test_the_slurm_profile_is_found_by_its_short_name(checkout: Checkout) -> None:
    assert (
        checkout.plan("--profile", "slurm", "--software-deployment-method", "env-modules")["train_network"]
        == 3 * 7 * 10
    )


def test_gpus_are_asked_for_only_where_networks_train_on_them(checkout: Checkout) -> None:
    assert "gpu=1" not in checkout.snakemake("-n", *TINY)
    assert "gpu=1" in checkout.snakemake("-n", *TINY, "--config", "training={device: cuda}")


@pytest.mark.parametrize(("file", "rule", "body"), RULES, ids=[rule for _, rule, _ in RULES])
def test_every_rule_can_be_scheduled_traced_and_deployed(file: str, rule: str, body: str) -> None:
    for directive in ("log:", "benchmark:", "conda:", "threads:", "mem_mb=lambda", "runtime=lambda"):
        assert directive in body, f"{file}: rule {rule} lacks {directive}"
    assert body.count("* attempt") >= 2
    # Inside a cluster job, Snakemake would retry as well, with the memory of the first attempt.
    assert "retries:" not in body
    if script := re.search(r"workflow_scripts/(\w+)\.py", body):
        assert f'code=code("{script[1]}")' in body


def test_rule_files_say_what_they_need_and_make() -> None:
    for file in (ROOT / "rules").glob("*.smk"):
        docstring = file.read_text().split('"""')[1]
        assert "Needs:" in docstring, file.name
        assert "Makes:" in docstring, file.name


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("seeds: [3]", "seed: [3]", ["tests/bad.yaml, line", "unknown key `seed`", "did you mean `seeds`?"]),
        ("tests/oligos.fa", "tests/oligo.fa", ["tests/bad.yaml, line", "does not exist", "tests/oligos.fa exists"]),
        ("epochs: 2", "epochs: 0", ["`training.epochs`", "found:   0", "at least 1"]),
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
    assert "mend:" in output
    assert "Traceback" not in output
    assert "common.smk" not in output


def test_a_bad_input_is_told_in_plain_words_and_without_a_traceback(checkout: Checkout) -> None:
    (checkout.folder / "tests/empty.fa").write_text("")
    config = (checkout.folder / "tests/tiny.yaml").read_text().replace("tests/oligos.fa", "tests/empty.fa")
    (checkout.folder / "tests/bad.yaml").write_text(config.replace("tiny", "bad"))
    config = ["--configfile", "tests/bad.yaml", "--cores", "1"]
    output = checkout.snakemake(*config, "results/bad/predictions/oligos/genome.fa", succeeds=False)
    assert "tests/empty.fa: the file is empty" in output
    assert "mend:" in output
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
    assert list(summary.columns) == ["task", "arm", "train_size", "metric", "replicates", "mean", "sd"]
    assert list(summary["arm"].unique()) == ["standard", "irrep", "kmer_logistic_regression", "profile_rcps"]
    errors = summary.query("metric == 'RC error'").set_index("arm")["mean"]
    assert errors["irrep"] < 1e-5 < errors["standard"]
    assert errors["profile_rcps"] < 1e-5

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


def test_provenance_names_every_input_and_the_code(finished: Path) -> None:
    provenance = json.loads((finished / "provenance.json").read_text())
    assert {record["file"] for record in provenance["inputs"].values()} == {
        "results/tiny/simulation/genome.fa",
        "results/tiny/simulation/CTCF.narrowPeak",
        "results/tiny/simulation/CTCF.bw",
        "results/tiny/simulation/CTCF.nexus.bam",
        "results/tiny/simulation/CTCF.control.bam",
        "resources/motifs/MA0139.2.CTCF.jaspar",
        "tests/oligos.fa",
    }
    assert set(provenance["scripts"]) == {script.stem for script in (ROOT / "workflow_scripts").glob("*.py")}
    assert provenance["seeds"] == [3]
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
        ("tasks/CTCF/models/standard/seed3/weights.safetensors", "train_network"),
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
        ("figures/style.py", {"plot_performance", "plot_gc_matching"}, {"train_network", "sample_negatives"}),
        (
            "rc_equivariant/layers/convolution.py",
            {"train_network", "encode_kmers"},
            {"sample_negatives", "prepare_peaks"},
        ),
        ("genome_data/negatives.py", {"sample_negatives"}, {"prepare_peaks", "normalise_genome"}),
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
        good.replace("arm: irrep, contigs: [chrB]", "arm: irrep, contigs: [chrC]")
    )
    output = checkout.snakemake("--configfile", "tests/bad.yaml", "--cores", "1", succeeds=False)
    assert re.search(r"tests/bad\.yaml, line \d+: `predict\.everywhere\.contigs`: the genome lacks", output)
    assert set(checkout.plan(*TINY)) <= {"check_regions", "all"}
    checkout.snakemake(*TINY, "--cores", "1")
    assert not checkout.plan(*TINY)


def test_a_changed_value_reruns_what_depends_on_it(checkout: Checkout, finished: Path) -> None:
    plan = checkout.plan(*TINY, "--config", "training={epochs: 3}")
    assert plan["train_network"] == 2
    assert plan["sample_negatives"] == plan["fit_kmer_baseline"] == plan["normalise_genome"] == 0


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
    "Training": {"Training curves"},
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
