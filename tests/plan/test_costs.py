"""What jobs ask for follows from the sizes of a run, which its configuration and its files tell before any job runs."""

from __future__ import annotations

import gzip
import math
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from planted_windows import ARCHITECTURE
from sent_models import sent_model
from workflow_rules import ROOT, plan_of

from plan.costs import LEAST_MEGABYTES, Cost, Costs, fitted_costs
from plan.estimate import Estimate, describe
from plan.sizes import Sizes, _bases, _first_width, _rows
from rc_equivariant.cost import multiply_adds


@pytest.fixture
def demo(tmp_path: Path) -> str:
    """The configuration of the demo as it is before any run, whether or not the demo has run here."""
    text = (ROOT / "resources/demo/config.yaml").read_text()
    text = text.replace("name: demo", "name: never_run").replace("results/demo", "results/never_run")
    (tmp_path / "demo.yaml").write_text(text)
    return str(tmp_path / "demo.yaml")


def test_the_demo_has_the_sizes_of_its_simulation(demo: str) -> None:
    """1,500 sites and a tenth as many false peaks, two negatives each, in windows of 200 bases on 3.4 Mb."""
    sizes = plan_of(demo).sizes
    assert sizes.windows["CTCF"] == 1650 * 3
    assert sizes.megabases["CTCF"] == pytest.approx(0.99)
    assert sizes.genomes == {"simulated": pytest.approx(3.4)}


def test_the_published_study_has_the_sizes_of_files_that_are_not_here_yet() -> None:
    plan = plan_of("config.yaml")
    assert plan.sizes.windows == dict.fromkeys(["CTCF", "MAX", "SPI1"], 240_000)
    assert plan.sizes.genomes["hg19"] == 3100
    # Batches of 100 in 160 epochs of 50 steps, for ten seeds.
    assert plan.sizes.trained_windows("CTCF", "rcps", "all") == 10 * 160 * 50 * 100


def test_rows_and_bases_of_files(tmp_path: Path) -> None:
    (tmp_path / "peaks.bed").write_text("# a\ntrack x\nchr1\t1\t2\nchr1\t5\t9\n")
    with gzip.open(tmp_path / "peaks.bed.gz", "wt") as file:
        file.write("chr1\t1\t2\n" * 7)
    assert _rows(tmp_path / "peaks.bed") == 2
    assert _rows(tmp_path / "peaks.bed.gz") == 7
    (tmp_path / "broken.gz").write_text("no gzip")
    assert _rows(tmp_path / "broken.gz") > 0
    (tmp_path / "a.csv").write_text("sequence,label\n" + "ACGTACGTACGT,1\n" * 10)
    assert _first_width(tmp_path / "a.csv") == 12
    assert _bases(tmp_path / "a.csv") == pytest.approx(15 * 11)


def costs_of(windows: int, width: int) -> Costs:
    sizes = SimpleNamespace(megabases={"CTCF": windows * width / 1e6}, genomes={"hg19": 3100}, total=lambda: 1.0)
    return Costs(SimpleNamespace(), sizes)


@pytest.mark.parametrize("rule", ["encode_kmers", "find_near_copies", "fit_kmer_baseline", "prepare_sequences"])
def test_memory_and_time_grow_with_the_windows(rule: str) -> None:
    small, large = costs_of(1000, 200), costs_of(240_000, 1000)
    assert small.megabytes(rule, task="CTCF") >= LEAST_MEGABYTES
    assert small.megabytes(rule, task="CTCF") < large.megabytes(rule, task="CTCF") < 8000
    assert small.minutes(rule, task="CTCF") <= large.minutes(rule, task="CTCF")


def test_the_baseline_asks_for_what_it_takes_at_240_000_windows() -> None:
    """Measured: 1,340 MB, with the file that is mapped into memory."""
    assert 1340 < costs_of(240_000, 1000).megabytes("fit_kmer_baseline", task="CTCF") < 3500


def test_memory_of_a_genome_grows_with_its_contigs() -> None:
    assert costs_of(1, 1).megabytes("normalise_genome", genome="hg19") > 3100


def test_estimates_add_up_over_the_jobs_that_are_left(demo: str) -> None:
    plan = plan_of(demo)
    train = ("train", {"task": "CTCF", "arm": "regular_k1", "size": "all"})
    one, two = Estimate(plan, [train]), Estimate(plan, [train, train])
    assert two.seconds().total() == pytest.approx(2 * one.seconds().total())
    assert one.megabytes()[1] == "train"
    assert one.disk() == 0
    windows = Estimate(plan, [("extract_sequences", {"task": "CTCF"}), ("encode_kmers", {"task": "CTCF", "k": "6"})])
    assert windows.disk() == pytest.approx(3 * 0.99 + 4950 * 250 / 1e6)


@pytest.mark.parametrize(("unit", "seconds"), [("core-hours", 3600), ("core-minutes", 60)])
def test_a_short_run_is_estimated_in_minutes_so_that_no_line_is_rounded_to_nothing(
    unit: str, seconds: int, demo: str
) -> None:
    plan = plan_of(demo)
    train = ("train", {"task": "CTCF", "arm": "regular_k1", "size": "all"})
    of_one = Estimate(plan, [train]).seconds().total()
    jobs = math.ceil(3600 / of_one) if unit == "core-hours" else max(1, math.floor(3599 / of_one))
    text = describe(Estimate(plan, jobs * [train]))
    assert re.search(rf"^{unit} +{jobs * of_one / seconds:.1f}$", text, re.MULTILINE)
    assert f"Most of the time ({unit}):" in text
    assert re.search(rf"^  train +{jobs * of_one / seconds:.1f}$", text, re.MULTILINE)


def test_the_time_of_a_training_is_that_of_its_multiply_adds(demo: str) -> None:
    plan = plan_of(demo)
    estimate = Estimate(plan, [("train", {"task": "CTCF", "arm": "regular_k1", "size": "all"})])
    cost: Cost = fitted_costs()["train"]
    windows = plan.sizes.trained_windows("CTCF", "regular_k1", "all")
    work = 3 * windows * estimate.multiply_adds("CTCF", "regular_k1") / 1e9
    assert estimate.seconds()["train"] == pytest.approx(cost.seconds + cost.seconds_each * work)


def test_folds_are_as_many_trainings_and_test_every_window(demo: str) -> None:
    jobs = [("train", {"task": "CTCF", "arm": "regular_k1", "size": "all"})]
    predict = {"all": {"task": "CTCF", "arm": "regular_k1", "contigs": ["chrA"], "stride": 50}}
    tasks = yaml.safe_load(Path(demo).read_text())["tasks"]
    plans = []
    for folds in (5, 10):
        tasks["CTCF"]["splits"] = {"folds": folds}
        plans.append(plan_of(demo, {"tasks": tasks, "predict": predict}))
    costs = fitted_costs()
    for rule, wildcards in [*jobs, ("predict_binding", {"prediction": "all"})]:
        five, ten = (Estimate(plan, [(rule, wildcards)]).seconds()[rule] - costs[rule].seconds for plan in plans)
        assert ten == pytest.approx(2 * five)
    one = plan_of(demo, {"predict": predict})
    tested = [Estimate(plan, [("evaluate", jobs[0][1])]).seconds()["evaluate"] for plan in (one, *plans)]
    assert tested[1] == tested[2] > tested[0]
    assert "folds         5 of CTCF: each seed of an arm is trained 5 times" in describe(Estimate(plans[0], jobs))
    assert "folds" not in describe(Estimate(one, jobs))


def test_a_prediction_on_a_genome_costs_its_length(demo: str) -> None:
    predict = {"predict": {"all": {"task": "CTCF", "arm": "regular_k1", "contigs": ["chrA"], "stride": 50}}}
    plan = plan_of(demo, predict)
    wide = Estimate(plan, [("predict_binding", {"prediction": "all"})])
    predict["predict"]["all"]["stride"] = 5
    dense = Estimate(plan_of(demo, predict), [("predict_binding", {"prediction": "all"})])
    start = fitted_costs()["predict_binding"].seconds
    assert dense.seconds().total() - start == pytest.approx(10 * (wide.seconds().total() - start))
    assert isinstance(plan.sizes, Sizes)


@pytest.mark.parametrize("average_strands", [False, True])
def test_a_prediction_by_a_model_that_was_sent_costs_what_its_networks_do(
    demo: str, tmp_path: Path, average_strands: bool
) -> None:
    architecture = ARCHITECTURE | {"window": 200}
    folder, networks = sent_model(tmp_path / "sent", {"regular": architecture}, average_strands=average_strands)
    values = {"model": str(folder), "genome": "simulated", "contigs": ["chrA"], "stride": 50}
    estimate = Estimate(plan_of(demo, {"predict": {"all": values}}), [("predict_binding", {"prediction": "all"})])
    windows = estimate.sizes.contig("simulated", "chrA") * 1e6 / 50
    of_networks = sum(map(multiply_adds, networks)) * (2 if average_strands else 1)
    costs = fitted_costs()
    each = windows * of_networks / 1e9 * costs["evaluate"].seconds_each
    assert estimate.seconds().total() == pytest.approx(costs["predict_binding"].seconds + each)
    assert "core-minutes" in describe(estimate)


def test_a_prediction_of_sequences_by_a_model_has_an_estimate(demo: str, tmp_path: Path) -> None:
    folder, _ = sent_model(tmp_path / "sent", {"regular": ARCHITECTURE | {"window": 200}})
    predict = {"predict": {"oligos": {"model": str(folder), "sequences": "tests/oligos.fa"}}}
    estimate = Estimate(plan_of(demo, predict), [("predict_binding", {"prediction": "oligos"})])
    assert estimate.seconds().total() == pytest.approx(fitted_costs()["predict_binding"].seconds)
