"""From evaluations and predictions to the tables of a study."""

import json

import numpy as np
import pandas as pd
import pytest
from collect_study import collect_study
from compare_arms import compare_arms
from study_run import LEADS, ROWS, STUDY, MockStudy

from study.evaluations import costs_table, positions_table, selections_table, subsets_table
from study.predictions import read_window_values
from study.tables import read_table, write_table
from workflow_support.errors import InputError
from workflow_support.metrics import BASELINE_ARM

TABLES = ["summary", "arms", "replicates", "means", "subsets", "costs", "selections", "validation", "positions"]
COMPARED = ["intervals", "comparisons", "claims", "published"]


def collect(run, folder):
    paths = {name: folder / f"{name}.tsv" for name in TABLES}
    collect_study(run.evaluations, ROWS, **paths)
    return paths


def compare(run, folder, **changes):
    paths = {name: folder / f"{name}.tsv" for name in COMPARED}
    inputs = {"predictions": run.predictions, "evaluations": run.evaluations, "study": STUDY, "kinds": run.kinds}
    compare_arms(folder / "replicates.tsv", **inputs | changes, **paths)
    return paths


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return MockStudy(tmp_path_factory.mktemp("run"), sizes=("1000", "all"))


@pytest.fixture(scope="module")
def tables(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    paths = collect(run, folder) | compare(run, folder)
    return {name: read_table(path) for name, path in paths.items()}


def test_every_metric_of_every_evaluation_is_a_row(run, tables):
    replicates = tables["replicates"]
    assert replicates.columns.tolist() == ["task", "arm", "size", "train_size", "seed", "metric", "value"]
    assert not replicates.duplicated(["task", "arm", "size", "seed", "metric"]).any()
    assert set(replicates["metric"]) == {"AUROC", "MCC", "RC error", "RC flips"}
    # 13 arms of 8 replicates and one of 4, at two sizes, and the baseline.
    assert (replicates["metric"] == "AUROC").sum() == 2 * 2 * (13 * 8 + 4 + 8)
    first = json.loads(run.evaluations[0].read_text())[0]
    assert replicates["value"][0] == pytest.approx(first["metrics"]["AUROC"], abs=1e-6)


def test_scores_of_moved_windows_are_means_over_replicates(run, tables):
    records = [record for path in run.evaluations for record in json.loads(path.read_text())]
    table = tables["positions"]
    assert table.columns.tolist() == [
        "task", "arm", "size", "train_size", "distance", "replicates", "auroc", "mean_logit", "called",
    ]  # fmt: skip
    assert BASELINE_ARM not in set(table["arm"])
    row = table.query("task == 'SPI1' and arm == 'rcps' and size == '1000' and distance == 250").iloc[0]
    of_row = [each for each in records if (each["task"], each["arm"], each["size"]) == ("SPI1", "rcps", "1000")]
    assert row["replicates"] == len(of_row) == 8
    assert row["auroc"] == pytest.approx(np.mean([each["positions"][1]["auroc"] for each in of_row]), rel=1e-5)
    without = [{key: value for key, value in each.items() if key != "positions"} for each in records]
    assert positions_table(without).empty


def test_the_summary_has_the_means_without_their_intervals(tables):
    assert tables["summary"].columns.tolist() == [
        "task", "arm", "size", "train_size", "metric", "replicates", "mean", "sd", "folds",
    ]  # fmt: skip
    assert tables["summary"]["folds"].isna().all()
    means = tables["means"].drop(columns=["low", "high"])
    pd.testing.assert_frame_equal(tables["summary"].drop(columns="folds"), means)


def test_subsets_of_the_test_split_have_means_of_all_their_metrics(run, tables):
    subsets, means = tables["subsets"], tables["means"]
    assert subsets.columns.tolist() == [
        "task", "arm", "size", "subset", "windows", "train_size", "metric", "replicates", "mean", "sd", "low", "high",
    ]  # fmt: skip
    assert (subsets["subset"] == "without near-copies").all()
    assert (subsets["windows"] == 360).all()
    keys = ["task", "arm", "size", "metric"]
    own = means[means["metric"].isin(["AUROC", "MCC"])]
    assert subsets[keys].to_numpy().tolist() == own[keys].to_numpy().tolist()
    records = json.loads(run.evaluations[0].read_text())
    values = [record["subsets"]["without near-copies"]["metrics"]["AUROC"] for record in records]
    first = subsets.iloc[0]
    assert (first["mean"], first["sd"]) == pytest.approx((np.mean(values), np.std(values, ddof=1)), rel=1e-5)


def test_a_subset_without_metrics_has_no_rows():
    model = {"task": "t", "arm": "a", "size": "all", "train_size": 5, "seed": 1}
    table = subsets_table([model | {"subsets": {"without near-copies": {"windows": 0, "metrics": {}}}}])
    assert table.empty
    assert "subset" in table.columns


def test_a_metric_that_the_table_of_metrics_lacks_is_refused(run, tmp_path):
    (record, *_) = json.loads(run.evaluations[0].read_text())
    evaluation = tmp_path / "evaluation.json"
    evaluation.write_text(json.dumps([record | {"metrics": {"AUROC": 0.5, "Log loss": 0.7}}]))
    with pytest.raises(InputError, match="'Log loss'") as error:
        collect_study([evaluation], ROWS, **{name: tmp_path / f"{name}.tsv" for name in TABLES})
    assert "AUROC, AUPRC, MCC" in error.value.allowed
    assert list(tmp_path.iterdir()) == [evaluation]


def test_sizes_stay_text(tables):
    assert set(tables["replicates"]["size"]) == {"1000", "all"}


def test_costs_are_whole_numbers_once_a_model(tables):
    costs = tables["costs"]
    assert costs.columns.tolist() == ["task", "arm", "size", "members", "parameters", "multiply_adds"]
    assert not costs.duplicated(["task", "arm", "size"]).any()
    assert (costs["parameters"] == 1_234_567).all()
    assert (costs["multiply_adds"] == 45_000_000).all()


def test_what_was_chosen_is_there_for_every_replicate(tables):
    chosen = tables["selections"].set_index(["task", "size", "seed", "candidate"])["chosen"]
    assert len(chosen) == 2 * 2 * 8 * 2
    assert [chosen["CTCF", "all", seed, "regular_k3"] for seed in range(8)] == [True, False] * 4
    assert (chosen.groupby(["task", "size", "seed"]).sum() == 1).all()


def test_a_choice_among_networks_of_different_size_costs_as_much_as_the_most_expensive_one():
    model = {"task": "t", "arm": "best", "size": "all", "members": 1}
    costs = costs_table([model | {"seed": seed, "parameters": 10 * seed, "multiply_adds": 5} for seed in (1, 3, 2)])
    assert costs[["parameters", "multiply_adds"]].iloc[0].tolist() == [30, 5]


def test_a_run_without_choices_has_an_empty_table():
    assert selections_table([{"task": "t", "arm": "a", "size": "all", "seed": 1}]).empty


def test_all_arms_are_compared_with_the_reference(tables):
    compared = tables["comparisons"]
    of_reference = compared[compared["reference"] == "standard"]
    assert set(of_reference["arm"]) == {*LEADS, BASELINE_ARM} - {"standard"}
    is_baseline = of_reference["arm"] == BASELINE_ARM
    assert (of_reference["difference"][~is_baseline] > 0).mean() > 0.9
    assert (of_reference["difference"][is_baseline] < 0).all()
    pairs = compared.set_index(["task", "size", "arm", "reference"])["pairs"]
    assert pairs["CTCF", "all", "regular_k3", "standard"] == 8
    assert pairs["CTCF", "all", "post_hoc", "standard"] == 4
    assert pairs["CTCF", "1000", "best_equivariant", "post_hoc"] == 4


def test_every_network_is_compared_with_the_floor_the_reference_too(tables):
    compared, means = tables["comparisons"], tables["means"].query("metric == 'AUROC'")
    floor = compared[compared["reference"] == BASELINE_ARM].set_index(["task", "size", "arm"])
    assert set(floor.index) == {
        (task, size, arm) for task in ("CTCF", "SPI1") for size in ("1000", "all") for arm in LEADS
    }
    of_arm = means.set_index(["task", "size", "arm"])["mean"]
    difference = of_arm["CTCF", "all", "standard"] - of_arm["CTCF", "all", BASELINE_ARM]
    assert floor["difference"]["CTCF", "all", "standard"] == pytest.approx(difference, abs=2e-6)


def test_the_log_names_networks_below_the_floor(run, tables, tmp_path, caplog):
    """Of the replicates as they are no network is below; then the floor is raised for one task at its largest size."""
    collect(run, tmp_path)
    replicates = read_table(tmp_path / "replicates.tsv")
    of_floor = (replicates["task"] == "SPI1") & (replicates["size"] == "all") & (replicates["arm"] == BASELINE_ARM)
    replicates.loc[of_floor & (replicates["metric"] == "AUROC"), "value"] = 0.9999
    write_table(replicates, tmp_path / "replicates.tsv")
    with caplog.at_level("WARNING", "rc"):
        compare(run, tmp_path)
    (line,) = [record.getMessage() for record in caplog.records if "elow the floor" in record.getMessage()]
    assert line.startswith("WARNING: SPI1: Below the floor of 6-mers in mean AUROC on the test split: `standard` (0.")
    assert "against 0.9999), `augmented`" in line


def test_the_quality_of_every_replicate_on_the_validation_split_is_a_row(run, tables):
    validation = tables["validation"]
    assert validation.columns.tolist() == ["task", "arm", "size", "train_size", "seed", "quality"]
    records = [record for path in run.evaluations for record in json.loads(path.read_text())]
    assert validation["quality"].to_numpy() == pytest.approx([each["validation_quality"] for each in records], abs=1e-5)
    assert validation["seed"].tolist() == [record["seed"] for record in records]


def test_every_comparison_has_an_interval_over_seeds_and_windows(tables):
    compared = tables["comparisons"].query("arm != reference")
    assert (compared[["seed_error", "window_error"]] > 0).all(axis=None)
    width = compared["high"] - compared["low"]
    assert (width > 2 * 1.96 * np.hypot(compared["seed_error"], compared["window_error"])).all()
    middle = (compared["high"] + compared["low"]) / 2
    assert middle.to_numpy() == pytest.approx(compared["difference"].to_numpy(), abs=1e-5)


def test_every_arm_has_an_interval_of_its_metric(tables):
    intervals, means = tables["intervals"], tables["means"].query("metric == 'AUROC'")
    assert intervals[["task", "arm", "size"]].equals(means[["task", "arm", "size"]].reset_index(drop=True))
    assert intervals["mean"].to_numpy() == pytest.approx(means["mean"].to_numpy(), abs=1e-5)
    assert (intervals["low"] < intervals["mean"]).all()
    assert (intervals["high"] > intervals["mean"]).all()
    assert intervals["seed_error"].notna().all()


def test_claims_get_what_they_deserve(tables):
    claims = tables["claims"].set_index(["better", "than", "size", "scope"])
    assert claims.loc[("standard", "best_equivariant", "all", "CTCF"), "verdict"] == "fails"
    equal = claims.loc[("regular_k3", "regular_k3", "all", "CTCF")]
    assert (equal["difference"], equal["p"], equal["verdict"]) == (0, 1, "undecided")
    assert set(tables["claims"]["scope"]) == {"CTCF", "SPI1", "all tasks"}
    wider = tables["claims"][tables["claims"]["wider_than"] == "all"]
    assert set(wider["size"]) == {"1000"}
    pooled = tables["claims"][tables["claims"]["scope"] == "all tasks"]
    assert set(pooled["verdict"]) == {"not tested"}
    assert set(pooled["why"]) == {"2 of at least 3 tasks"}


def test_what_was_chosen_by_other_seeds_has_the_larger_error_of_seeds(run, tables, tmp_path):
    collect(run, tmp_path)
    plain = read_table(compare(run, tmp_path, study=STUDY | {"chosen": []})["comparisons"]).query("arm != reference")
    factor = tables["comparisons"]["seed_error"][plain.index] / plain["seed_error"]
    is_chosen = (plain["arm"] == "best_equivariant") | (plain["reference"] == "best_equivariant")
    assert (factor[is_chosen] > 1.16).all()
    assert factor[~is_chosen].to_numpy() == pytest.approx(1)


def test_published_values_stand_beside_every_arm_of_the_task(tables):
    published = tables["published"]
    assert set(published["size"]) == {"all"}
    assert set(published["task"]) == {"CTCF"}
    assert published["gap"].to_numpy() == pytest.approx(published["mean"] - 0.5, abs=2e-6)


def test_the_same_files_give_the_same_bytes(run, tmp_path):
    for folder in (tmp_path / "a", tmp_path / "b"):
        collect(run, folder)
        compare(run, folder)
    for name in TABLES + COMPARED:
        first, second = (tmp_path / folder / f"{name}.tsv" for folder in "ab")
        assert first.read_bytes() == second.read_bytes()


def test_a_profile_task_has_no_labels_and_the_values_of_its_windows(tmp_path):
    evaluation, predictions = tmp_path / "evaluation.json", tmp_path / "predictions.tsv"
    evaluation.write_text(json.dumps([{"task": "t", "arm": "a", "size": "all", "seed": 1}]))
    values = np.linspace(0, 1, 101)
    windows = {"seed": 1, "name": "w", "contig": "chr1", "start": range(101), "end": range(1, 102)}
    pd.DataFrame(windows | {"reads": 5, "Spearman 1 bp": values}).to_csv(predictions, sep="\t", index=False)
    found = read_window_values([predictions], [evaluation], {"t": "Spearman 1 bp"})
    assert found.values["t", "a", "all", 1] == pytest.approx(values, abs=1e-6)
    assert (found.strata["t"] == 0).all()


def test_several_classes_take_the_mean_over_classes(tmp_path):
    evaluation, predictions = tmp_path / "evaluation.json", tmp_path / "predictions.tsv"
    evaluation.write_text(json.dumps([{"task": "t", "arm": "a", "size": "all", "seed": 1}]))
    labels = np.arange(90) % 3
    scores = {f"probability.{name}": (labels == index) * 1.0 for index, name in enumerate(["x", "y", "z"])}
    windows = {"seed": 1, "name": "w", "contig": "s", "start": 0, "end": 9, "label": labels}
    pd.DataFrame(windows | scores).to_csv(predictions, sep="\t", index=False)
    found = read_window_values([predictions], [evaluation], {"t": "AUROC"})
    # The AUROC of a class, and half of those of the two classes that it is told from.
    assert found.values["t", "a", "all", 1] == pytest.approx(np.full(90, (1 + 0.5 + 0.5) / 3))
    assert found.strata["t"].tolist() == labels.tolist()


def test_windows_at_one_place_are_the_same_whatever_their_names(tmp_path):
    """Peaks have the names of their files, and negatives are numbered; sequences without a genome are contigs."""
    evaluations, predictions = [], []
    for task, names, contigs in (
        ("x", ["peak_1", "negative_1"], "chr1"),
        ("y", ["GATA1_7", "negative_5"], "chr1"),
        ("z", ["a", "b"], ["a", "b"]),
    ):
        evaluations.append(tmp_path / f"{task}.json")
        predictions.append(tmp_path / f"{task}.tsv")
        evaluations[-1].write_text(json.dumps([{"task": task, "arm": "a", "size": "all", "seed": 1}]))
        windows = {"seed": 1, "name": names, "contig": contigs, "start": [0, 5], "end": [9, 14], "label": [1, 0]}
        pd.DataFrame(windows | {"logit": [0.5, 0.1]}).to_csv(predictions[-1], sep="\t", index=False)
    keys = read_window_values(predictions, evaluations, dict.fromkeys("xyz", "AUROC")).keys
    assert keys["x"].tolist() == keys["y"].tolist()
    assert len({*keys["x"], *keys["z"]}) == 4


def test_models_scored_on_other_windows_are_refused(run, tmp_path):
    table = pd.read_csv(run.predictions[1], sep="\t")
    other = tmp_path / "predictions.tsv"
    of_last = table["seed"] == table["seed"].max()
    pd.concat([table[~of_last], table[of_last].iloc[::-1]]).to_csv(other, sep="\t", index=False)
    with pytest.raises(InputError, match="for different windows") as error:
        read_window_values([run.predictions[0], other], run.evaluations[:2], {"CTCF": "AUROC"})
    assert error.value.file == other
