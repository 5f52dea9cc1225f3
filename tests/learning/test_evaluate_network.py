"""Evaluation of arms and combinations of tasks with classes: what it writes, from which rows, for which networks."""

import numpy as np
import pandas as pd
import pytest
import torch
from evaluated_tasks import (
    METRICS,
    REGULAR,
    STANDARD,
    TEST,
    THREE_MERS,
    WINDOWS,
    baseline,
    evaluate,
    mark_near_copies,
    on_both_strands,
    without_last_base,
    write_planted_task,
)
from planted_profiles import ARCHITECTURE as PROFILE
from planted_windows import WIDTH
from saved_networks import save_network, save_replicates
from sklearn.metrics import matthews_corrcoef, roc_auc_score

from learning.evaluation.metrics import best_mcc_threshold
from rc_equivariant import Ensemble, StrandAverage
from rc_equivariant.cost import multiply_adds
from workflow_support.errors import InputError


@pytest.fixture
def task(tmp_path):
    """A folder with windows.tsv and codes.npy."""
    write_planted_task(tmp_path)
    return tmp_path


def test_an_equivariant_network(task):
    facts = {"parameters": 77, "train_size": 100}
    (network,) = save_replicates(task, "a", REGULAR, {7: facts})
    ((evaluation, predictions),) = evaluate(task, "a", seeds=[[7]], arm="regular", size="0.5")
    expected = {"task": "planted", "arm": "regular", "size": "0.5", "seed": 7, "train_size": 100, "members": 1}
    assert expected.items() <= evaluation.items()
    assert evaluation["parameters"] == 77
    assert evaluation["arithmetic"] == "float32"
    assert evaluation["multiply_adds"] == multiply_adds(network)
    assert not {"chosen", "candidates"} & set(evaluation)
    assert list(evaluation["metrics"]) == METRICS
    assert evaluation["reverse_complement"]["largest_absolute"] < 1e-4
    assert evaluation["reverse_complement"]["flipped"] == 0
    assert sum(row["windows"] for row in evaluation["calibration"]) == TEST
    columns = "name contig start end split label seed logit reverse_complement_logit probability"
    assert list(predictions.columns) == columns.split()
    assert predictions["name"].tolist() == [f"window_{row}" for row in range(200, 300)]
    assert set(predictions["split"]) == {"test"}
    assert np.allclose(predictions["probability"], 1 / (1 + np.exp(-predictions["logit"])), atol=1e-5)


def test_replicates_are_in_the_order_asked_for_and_as_those_saved_alone(task):
    save_replicates(task, "a", REGULAR, {seed: {} for seed in (3, 4, 5)})
    (one, of_one), (other, of_other) = evaluate(task, "a", seeds=[[5], [3]])
    assert (one["seed"], other["seed"]) == (5, 3)
    assert not np.allclose(of_one["logit"], of_other["logit"])
    save_replicates(task, "a", REGULAR, {3: {}})
    ((alone, of_alone),) = evaluate(task, "a", seeds=[[3]])
    assert of_alone.equals(of_other)
    assert alone["metrics"] == other["metrics"]


def test_what_replicates_of_several_seeds_answer_is_the_mean_of_their_networks(task):
    """Groups are named by their first seed, whatever the order of the file."""
    save_replicates(task, "a", REGULAR, {seed: {"parameters": seed} for seed in (4, 1, 2, 3)})
    logits = [rows["logit"] for _, rows in evaluate(task, "a", seeds=[[1], [2], [3], [4]])]
    found = evaluate(task, "a", seeds=[[2, 1], [3, 4]])
    for (evaluation, rows), seed, pair in zip(found, (2, 3), (logits[:2], logits[2:]), strict=True):
        assert np.allclose(rows["logit"], (pair[0] + pair[1]) / 2, atol=1e-5)
        assert (evaluation["seed"], evaluation["members"]) == (seed, 2)
    assert [evaluation["parameters"] for evaluation, _ in found] == [3, 7]


@pytest.mark.parametrize("candidates", [[[0, 1]], [[0], [1]]], ids=["members", "candidates"])
def test_a_seed_that_an_arm_lacks_is_refused(task, candidates):
    """Even where the other candidate is the better one."""
    save_replicates(task, "a", REGULAR, {1: {"quality": 0.9}, 2: {"quality": 0.9}})
    save_replicates(task, "b", REGULAR, {1: {"quality": 0.1}, 3: {"quality": 0.1}})
    with pytest.raises(InputError) as error:
        evaluate(task, "ab", candidates, seeds=[[1], [2]])
    assert error.value.file == task / "b.json"
    assert ("[1, 3]" in error.value.found, "[2]" in error.value.allowed) == (True, True)
    assert not (task / "evaluation.json").exists()


def test_the_other_strand_of_an_ordinary_network_is_measured(task):
    """On windows, and on windows without their last base."""
    network = save_network(task, "a", STANDARD)
    ((evaluation, predictions),) = evaluate(task, "a")
    codes = np.load(task / "codes.npy")[-TEST:]
    forward, reverse = on_both_strands(network, codes)
    of_shorter = without_last_base(network, codes)
    found = evaluation["reverse_complement"]["largest_absolute"]
    largest = [np.abs(one - other).max() for one, other in ((forward, reverse), of_shorter)]
    assert found == pytest.approx(max(largest), rel=1e-4)
    assert found > 1e-2
    calls = [
        np.concatenate(pair) >= evaluation["mcc_threshold"] for pair in zip((forward, reverse), of_shorter, strict=True)
    ]
    assert evaluation["reverse_complement"]["flipped"] == pytest.approx(np.mean(calls[0] != calls[1]), abs=0.011)
    assert np.allclose(predictions["logit"], forward, atol=1e-5)
    assert np.allclose(predictions["reverse_complement_logit"], reverse, atol=1e-5)


@pytest.mark.parametrize("average_strands", [False, True])
def test_combinations_are_ensembles_and_strand_averages(task, average_strands):
    """Members of other k and representation, one of them conjoined, in replicates of two seeds that share none."""
    architectures = {"a": REGULAR, "b": THREE_MERS, "c": STANDARD | {"conjoined": True}}
    facts = {seed: {} for seed in (1, 2, 3, 4)}
    networks = [save_replicates(task, name, each, facts) for name, each in architectures.items()]
    found = evaluate(task, "abc", [[0, 1, 2]], [[1, 2], [3, 4]], average_strands=average_strands)
    codes = torch.from_numpy(np.load(task / "codes.npy")[-TEST:]).long()
    for (evaluation, predictions), group in zip(found, (slice(0, 2), slice(2, 4)), strict=True):
        whole = Ensemble([network for arm in networks for network in arm[group]])
        whole = StrandAverage(whole).eval() if average_strands else whole.eval()
        with torch.inference_mode():
            expected = whole(codes), whole(torch.where(codes == 4, 4, 3 - codes).flip(1))
        assert np.allclose(predictions["logit"], expected[0], atol=1e-6, rtol=1e-5)
        assert np.allclose(predictions["reverse_complement_logit"], expected[1], atol=1e-6, rtol=1e-5)
        assert evaluation["multiply_adds"] == multiply_adds(whole)
        assert (evaluation["members"], evaluation["parameters"]) == (6, 60)
        assert (evaluation["reverse_complement"]["largest_absolute"] < 1e-5) == average_strands


def test_networks_of_other_layers_are_averaged(task):
    """A bag of k-mers and convolutions: each reads k-mers of its own length."""
    layers = {"geometry": "bag", "lengths": (3, 5), "dense": 4}
    bag = {"representation": "regular", "kmer": 2, "channels": 6, "window": WIDTH} | layers
    networks = [save_network(task, "a", THREE_MERS), save_network(task, "b", bag)]
    ((evaluation, predictions),) = evaluate(task, "ab", [[0, 1]])
    codes = torch.from_numpy(np.load(task / "codes.npy")[-TEST:]).long()
    with torch.inference_mode():
        logits = [network(network.encoding.indices(codes)) for network in networks]
    assert np.allclose(predictions["logit"], torch.stack(logits).mean(0), atol=1e-6, rtol=1e-5)
    assert evaluation["multiply_adds"] == sum(map(multiply_adds, networks))
    assert evaluation["members"] == 2


def save_candidates(task, qualities):
    for arm, of_seeds in qualities.items():
        facts = {seed: {"arm": arm, "quality": quality} for seed, quality in of_seeds.items()}
        save_replicates(task, arm, REGULAR, facts)


def test_each_half_of_the_replicates_takes_the_candidate_that_is_best_in_the_other_half(task):
    """The seeds that choose are not the seeds that are tested."""
    save_candidates(task, {"x": {0: 0.9, 1: 0.2, 2: 0.9, 3: 0.4}, "y": {0: 0.5, 1: 0.7, 2: 0.5, 3: 0.7}})
    found = evaluate(task, "xy", [[0], [1]], [[0], [1], [2], [3]])
    assert [evaluation["chosen"] for evaluation, _ in found] == [["y"], ["x"], ["y"], ["x"]]
    assert found[0][0]["candidates"] == pytest.approx({"y": 0.7, "x": 0.3})
    assert found[1][0]["candidates"] == pytest.approx({"x": 0.9, "y": 0.5})
    for arm, seed in zip("yxyx", range(4), strict=True):
        ((_, alone),) = evaluate(task, arm, seeds=[[seed]])
        assert found[seed][1].equals(alone)


@pytest.mark.parametrize("lucky", [0, 1, 2])
def test_luck_of_a_seed_does_not_decide_what_is_tested_with_it(task, lucky):
    seeds = (0, 1, 2)
    save_candidates(
        task, {"x": {seed: 0.9 if seed == lucky else 0.5 for seed in seeds}, "y": dict.fromkeys(seeds, 0.6)}
    )
    found = evaluate(task, "xy", [[0], [1]], [[seed] for seed in seeds])
    assert found[lucky][0]["chosen"] == ["y"]


def test_replicates_of_several_seeds_are_chosen_by_the_seeds_of_the_others(task):
    save_candidates(task, {"x": {1: 0.9, 2: 0.7, 3: 0.1, 4: 0.2}, "y": dict.fromkeys((1, 2, 3, 4), 0.5)})
    found = evaluate(task, "xy", [[0], [1]], [[1, 2], [3, 4]])
    assert [evaluation["chosen"] for evaluation, _ in found] == [["y"], ["x"]]
    assert found[1][0]["candidates"] == pytest.approx({"x": 0.8, "y": 0.5})
    assert [evaluation["members"] for evaluation, _ in found] == [2, 2]


def test_a_single_replicate_is_chosen_by_its_own_seeds(task):
    """There are no others."""
    save_candidates(task, {"x": {1: 0.4}, "y": {1: 0.5}})
    ((evaluation, _),) = evaluate(task, "xy", [[0], [1]], [[1]])
    assert evaluation["chosen"] == ["y"]


def test_a_candidate_of_several_arms_is_named_by_all_of_them_and_its_rivals_are_not_loaded(task):
    save_network(task, "a", REGULAR, arm="x", quality=0.6)
    save_network(task, "b", THREE_MERS, arm="y", quality=0.8)
    save_network(task, "c", REGULAR, arm="z", quality=0.5)
    (task / "c.safetensors").write_bytes(b"unread")
    ((evaluation, _),) = evaluate(task, "abc", [[2], [0, 1]])
    assert evaluation["chosen"] == ["x", "y"]
    assert evaluation["candidates"] == pytest.approx({"x+y": 0.7, "z": 0.5})


def test_thresholds_and_choice_ignore_the_test_split(task):
    save_network(task, "a", STANDARD, arm="x", quality=0.8)
    save_network(task, "b", STANDARD, arm="y", quality=0.7)
    candidates = [[0], [1]]
    ((before, _),) = evaluate(task, "ab", candidates, average_strands=True)
    codes = np.load(task / "codes.npy")
    codes[-TEST:] = codes[-TEST:][::-1, ::2].repeat(2, axis=1)
    np.save(task / "codes.npy", codes)
    ((after, _),) = evaluate(task, "ab", candidates, average_strands=True)
    assert (after["mcc_threshold"], after["chosen"]) == (before["mcc_threshold"], before["chosen"])
    assert after["metrics"] != before["metrics"]


def test_the_threshold_is_that_of_what_is_evaluated(task):
    """Of the strand average where strands are averaged, not of one strand."""
    network = save_network(task, "a", STANDARD)
    ((evaluation, _),) = evaluate(task, "a", average_strands=True)
    labels = pd.read_csv(task / "windows.tsv", sep="\t")["label"].to_numpy()[100:200]
    with torch.inference_mode():
        logits = StrandAverage(network).eval()(torch.from_numpy(np.load(task / "codes.npy")[100:200]).long())
    assert evaluation["mcc_threshold"] == pytest.approx(best_mcc_threshold(labels, logits.numpy()), abs=1e-5)


@pytest.mark.parametrize("change", [{"kind": "profile"}, {"window": WIDTH - 20}], ids=["kind", "window"])
def test_networks_that_do_not_go_together_are_refused(task, change):
    save_network(task, "a", REGULAR)
    if "kind" in change:
        save_network(task, "b", PROFILE, "profile")
    else:
        save_network(task, "b", REGULAR | change)
    with pytest.raises(InputError) as error:
        evaluate(task, "ab", [[0, 1]])
    assert error.value.file == task / "b.json"
    assert not (task / "evaluation.json").exists()


def test_metrics_are_also_given_without_near_copies(task):
    """Of each replicate and of the baseline, with the threshold of the whole; marks elsewhere change nothing."""
    save_replicates(task, "a", STANDARD, {1: {}, 2: {}})
    mark_near_copies(task, [0, 150, *range(200, 240)])
    labels = pd.read_csv(task / "windows.tsv", sep="\t")["label"].to_numpy()[240:]
    for evaluation, predictions in [*evaluate(task, "a", seeds=[[1], [2]]), baseline(task)]:
        (subset,) = evaluation["subsets"].items()
        name, found = subset
        assert (name, found["windows"], list(found["metrics"])) == ("without near-copies", 60, METRICS)
        logits = predictions["logit"].to_numpy()[40:]
        assert found["metrics"]["AUROC"] == pytest.approx(roc_auc_score(labels, logits), abs=1e-4)
        calls = logits >= evaluation["mcc_threshold"]
        assert found["metrics"]["MCC"] == pytest.approx(matthews_corrcoef(labels, calls), abs=1e-4)
        assert found["metrics"] != evaluation["metrics"]


def test_without_near_copies_the_metrics_are_those_of_the_whole(task):
    save_network(task, "a", STANDARD)
    ((evaluation, _),) = evaluate(task, "a")
    assert evaluation["subsets"] == {"without near-copies": {"windows": TEST, "metrics": evaluation["metrics"]}}


@pytest.mark.parametrize("left", ["nothing", "one class"])
def test_what_is_left_without_near_copies_may_have_no_metrics(task, left):
    """The whole test split has its own all the same."""
    save_network(task, "a", STANDARD)
    labels = pd.read_csv(task / "windows.tsv", sep="\t")["label"].to_numpy()
    mark_near_copies(task, np.arange(WINDOWS) if left == "nothing" else labels == 1)
    for evaluation, _ in [*evaluate(task, "a"), baseline(task)]:
        windows = 0 if left == "nothing" else int((labels[-TEST:] == 0).sum())
        assert evaluation["subsets"] == {"without near-copies": {"windows": windows, "metrics": {}}}
        assert list(evaluation["metrics"]) == METRICS
