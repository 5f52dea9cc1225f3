"""Evaluation of arms and combinations of profile tasks: what it writes, from which rows, and for which networks."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from evaluate import evaluate as evaluate_script
from planted_profiles import ARCHITECTURE, JITTER, OUTPUT, WINDOW, write_planted_task
from saved_networks import files_of, save_network, save_replicates

from learning.evaluation.predict import predict_profiles
from rc_equivariant import Ensemble, StrandAverage
from rc_equivariant.cost import multiply_adds
from workflow_support.errors import InputError

WINDOWS, TEST = 80, 20
FIRST_TEST_ROW = WINDOWS - TEST
WITH_CONTROL = ARCHITECTURE | {"control": True}
STANDARD = WITH_CONTROL | {"representation": "standard"}


@pytest.fixture
def task(tmp_path):
    write_planted_task(tmp_path, WINDOWS)
    return tmp_path


def evaluate(task, names="a", candidates=((0,),), seeds=((0,),), control=True, **changes):
    """What the files say of each replicate, its rows of the predictions and its profiles."""
    outputs = {name: task / f"out.{name}" for name in ("evaluation", "predictions", "profiles")}
    arguments = {"task": "planted", "arm": "some", "size": "all", "average_strands": False}
    extra_names = ["counts", "control"] if control else ["counts"]
    evaluate_script(
        windows=task / "windows.tsv",
        sequences=task / "codes.npy",
        extras=[task / f"{name}.npy" for name in extra_names],
        extra_names=extra_names,
        near_copies=task / "near_copies.npy",
        surroundings=[],
        kind="profile",
        **files_of(task, names),
        candidates=[list(candidate) for candidate in candidates],
        seeds=[list(group) for group in seeds],
        device="cpu",
        threads=1,
        **outputs,
        **arguments | changes,
    )
    records, table = json.loads(outputs["evaluation"].read_text()), pd.read_csv(outputs["predictions"], sep="\t")
    assert table["seed"].tolist() == [record["seed"] for record in records for _ in range(TEST)]
    rows = [table.iloc[first : first + TEST].reset_index(drop=True) for first in range(0, len(table), TEST)]
    return list(zip(records, rows, np.load(outputs["profiles"]), strict=True))


def read_by_networks(task):
    """Sequences and control of the test windows, as the networks read them."""
    codes = np.load(task / "codes.npy")[FIRST_TEST_ROW:, JITTER:-JITTER]
    control = np.load(task / "control.npy")[FIRST_TEST_ROW:, :, JITTER:-JITTER]
    return codes, control


def test_an_equivariant_network(task):
    save_replicates(task, "a", WITH_CONTROL, {7: {}}, "profile")
    ((evaluation, predictions, profiles),) = evaluate(task, seeds=[[7]], arm="regular", size="1000")
    expected = {"task": "planted", "arm": "regular", "size": "1000", "seed": 7, "train_size": 100, "members": 1}
    assert expected.items() <= evaluation.items()
    of_bins = {f"{name} {width} bp" for name in ("Pearson", "Spearman", "MSE") for width in (1, 5, 10)}
    others = {"JSD", "JSD floor", "JSD ceiling", "Count Pearson", "Count Spearman"}
    assert set(evaluation["metrics"]) == of_bins | others
    assert evaluation["reverse_complement"]["largest_relative"] <= 1e-5
    assert evaluation["windows"] == {"test": TEST, "without_reads_on_one_strand": 0, "without_reads": 0}
    assert predictions["name"].tolist() == [f"peak_{row}" for row in range(FIRST_TEST_ROW, WINDOWS)]
    assert profiles.dtype == np.float32
    assert profiles.shape == (TEST, 2, OUTPUT)
    assert np.allclose(profiles.sum(axis=2), 1, atol=1e-5)
    assert evaluation["metrics"]["JSD"] == pytest.approx(predictions["JSD"].mean(), rel=1e-5)
    counts = np.load(task / "counts.npy")[FIRST_TEST_ROW:, :, JITTER:-JITTER]
    assert predictions["reads"].tolist() == counts.sum(axis=(1, 2)).tolist()
    assert np.allclose(predictions["observed_log_total_minus"], np.log1p(counts[:, 1].sum(axis=1)), atol=1e-5)


def test_the_quality_on_the_validation_split_is_the_mean_of_that_of_the_networks(task):
    save_replicates(
        task, "a", WITH_CONTROL, {1: {"quality": -5.0}, 2: {"quality": -7.0}, 3: {"quality": -9.0}}, "profile"
    )
    found = [evaluation["validation_quality"] for evaluation, _, _ in evaluate(task, seeds=[[1, 2], [3]])]
    assert found == [-6.0, -9.0]


def test_profiles_are_those_of_the_centre_of_the_windows(task):
    network = save_network(task, "a", ARCHITECTURE, "profile")
    ((_, predictions, profiles),) = evaluate(task, control=False)
    codes, _ = read_by_networks(task)
    assert codes.shape[1] == WINDOW
    expected, log_totals = predict_profiles(network, codes, {})
    assert np.allclose(profiles, np.exp(expected), atol=1e-6)
    assert np.allclose(predictions["predicted_log_total_plus"], log_totals[:, 0], atol=1e-4)


def test_the_other_strand_of_an_ordinary_network_is_measured(task):
    network = save_network(task, "a", STANDARD, "profile")
    ((evaluation, _, _),) = evaluate(task)
    found = evaluation["reverse_complement"]["largest_absolute"]
    codes, control = read_by_networks(task)
    turned, turned_control = 3 - codes[:, ::-1], control[:, ::-1, ::-1]
    pairs = [[predict_profiles(network, codes, {"control": control})]]
    pairs[0].append(predict_profiles(network, turned, {"control": turned_control}))
    # Without their last base, which is the first one of the reverse complement, at both places.
    pairs.append([])
    for strand, reads in ((codes[:, :-1], control[..., :-1]), (turned[:, 1:], turned_control[..., 1:])):
        places = [
            predict_profiles(
                network,
                np.pad(strand, ((0, 0), beside), constant_values=4),
                {"control": np.pad(reads, ((0, 0), (0, 0), beside))},
            )
            for beside in ((1, 0), (0, 1))
        ]
        pairs[1].append(((places[0][0][..., 1:] + places[1][0][..., :-1]) / 2, (places[0][1] + places[1][1]) / 2))
    differences = [
        max(np.abs(one[0] - other[0][:, ::-1, ::-1]).max(), np.abs(one[1] - other[1][:, ::-1]).max())
        for one, other in pairs
    ]
    assert found == pytest.approx(max(differences), rel=1e-4)
    assert min(differences) > 1e-2


def test_replicates_are_in_the_order_asked_for_and_as_those_saved_alone(task):
    save_replicates(task, "a", WITH_CONTROL, {seed: {} for seed in (3, 4, 5)}, "profile")
    (one, _, of_one), (other, rows, of_other) = evaluate(task, seeds=[[5], [3]])
    assert (one["seed"], other["seed"]) == (5, 3)
    assert not np.allclose(of_one, of_other)
    save_replicates(task, "a", WITH_CONTROL, {3: {}}, "profile")
    ((alone, rows_alone, of_alone),) = evaluate(task, seeds=[[3]])
    assert np.array_equal(of_alone, of_other)
    assert rows_alone.equals(rows)
    assert alone["metrics"] == other["metrics"]


@pytest.mark.parametrize("average_strands", [False, True])
def test_combinations_are_ensembles_and_strand_averages(task, average_strands):
    architectures = {"a": WITH_CONTROL, "b": STANDARD | {"kmer": 3, "channels": 6}, "c": STANDARD | {"conjoined": True}}
    of_seeds = {seed: {} for seed in (1, 2, 3, 4)}
    networks = [save_replicates(task, name, each, of_seeds, "profile") for name, each in architectures.items()]
    found = evaluate(task, "abc", [[0, 1, 2]], [[1, 2], [3, 4]], average_strands=average_strands)
    codes, control = (
        torch.from_numpy(values.astype(kind)) for values, kind in zip(read_by_networks(task), "lf", strict=True)
    )
    assert [evaluation["seed"] for evaluation, _, _ in found] == [1, 3]
    for (evaluation, predictions, profiles), group in zip(found, (slice(0, 2), slice(2, 4)), strict=True):
        whole = Ensemble([network for arm in networks for network in arm[group]])
        whole = StrandAverage(whole).eval() if average_strands else whole.eval()
        with torch.inference_mode():
            logits, log_totals = whole(codes, control)
        assert np.allclose(profiles, logits.softmax(2), atol=1e-6)
        columns = ["predicted_log_total_plus", "predicted_log_total_minus"]
        assert np.allclose(predictions[columns], log_totals, atol=1e-5, rtol=1e-5)
        assert evaluation["multiply_adds"] == multiply_adds(whole)
        assert evaluation["members"] == 6
        assert (evaluation["reverse_complement"]["largest_absolute"] < 1e-5) == average_strands


def test_the_best_candidate_on_validation_is_taken(task):
    for name, arm, quality in (("a", "x", -0.4), ("b", "y", -0.3)):
        save_network(task, name, WITH_CONTROL, "profile", arm=arm, quality=quality)
    ((evaluation, predictions, _),) = evaluate(task, "ab", [[0], [1]])
    assert (evaluation["chosen"], evaluation["candidates"]) == (["y"], {"y": -0.3, "x": -0.4})
    assert predictions.equals(evaluate(task, "b")[0][1])


def test_windows_without_reads_are_counted_and_left_out(task):
    save_network(task, "a", WITH_CONTROL, "profile")
    ((_, complete, _),) = evaluate(task)
    counts = np.load(task / "counts.npy")
    counts[FIRST_TEST_ROW] = 0
    counts[FIRST_TEST_ROW + 1, 0] = 0
    np.save(task / "counts.npy", counts)
    ((evaluation, predictions, _),) = evaluate(task)
    assert evaluation["windows"] == {"test": TEST, "without_reads_on_one_strand": 1, "without_reads": 1}
    assert predictions["JSD"].isna().tolist() == [True] + [False] * (TEST - 1)
    assert predictions["JSD"][2:].equals(complete["JSD"][2:])
    assert evaluation["metrics"]["JSD"] == pytest.approx(predictions["JSD"].mean(), rel=1e-5)


@pytest.mark.parametrize("left", [TEST // 2, 0])
def test_metrics_are_also_given_without_near_copies(task, left):
    save_network(task, "a", WITH_CONTROL, "profile")
    np.save(task / "near_copies.npy", np.arange(WINDOWS) < WINDOWS - left)
    ((evaluation, predictions, _),) = evaluate(task)
    found = evaluation["subsets"]["without near-copies"]
    assert found["windows"] == left
    assert set(found["metrics"]) == (set(evaluation["metrics"]) if left else set())
    if left:
        assert found["metrics"]["JSD"] == pytest.approx(predictions["JSD"][-left:].mean(), rel=1e-5)
        assert found["metrics"]["JSD"] != evaluation["metrics"]["JSD"]


def test_blocks_of_windows_do_not_show(task, monkeypatch):
    save_replicates(task, "a", WITH_CONTROL, {1: {}, 2: {}}, "profile")
    whole = evaluate(task, seeds=[[1], [2]])
    monkeypatch.setattr("learning.evaluation.profiles.WINDOWS_PER_BLOCK", 7)
    for (evaluation, _, profiles), expected in zip(evaluate(task, seeds=[[1], [2]]), whole, strict=True):
        assert evaluation["metrics"] == pytest.approx(expected[0]["metrics"], rel=1e-5)
        assert np.allclose(profiles, expected[2], atol=1e-6)


def test_the_floor_is_that_of_the_training_windows(task):
    save_network(task, "a", WITH_CONTROL, "profile")
    before = evaluate(task)[0][0]["metrics"]
    counts = np.load(task / "counts.npy")
    counts[: WINDOWS // 2] = counts[: WINDOWS // 2, :, ::-1] + 5
    np.save(task / "counts.npy", counts)
    after = evaluate(task)[0][0]["metrics"]
    assert {name for name in before if before[name] != after[name]} == {"JSD floor"}


def test_a_test_split_without_windows_is_a_clear_error_and_leaves_nothing(task):
    save_network(task, "a", WITH_CONTROL, "profile")
    table = pd.read_csv(task / "windows.tsv", sep="\t")
    table["split"] = table["split"].replace("test", "train")
    table.to_csv(task / "windows.tsv", sep="\t", index=False)
    with pytest.raises(InputError, match="the test split holds no windows"):
        evaluate(task)
    assert not [path for path in task.iterdir() if path.name.startswith(("out.", ".partial"))]
