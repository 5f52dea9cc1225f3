"""Evaluation of arms and combinations of tasks with classes: what it writes, from which rows, for which networks."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from encode_kmers import encode_kmers
from evaluate_network import evaluate_network
from fit_kmer_baseline import fit_kmer_baseline
from planted_profiles import ARCHITECTURE as PROFILE
from planted_windows import ARCHITECTURE, WIDTH, planted_codes
from saved_networks import files_of, save_network
from sklearn.metrics import accuracy_score, matthews_corrcoef, roc_auc_score
from summarise_run import summarise_run

from genome_data.windows import write_windows
from learning.baseline import count_canonical, fit_baseline
from learning.metrics import best_mcc_threshold
from rc_equivariant import Ensemble, StrandAverage
from rc_equivariant.cost import multiply_adds
from workflow_support.errors import InputError

WINDOWS, TEST = 300, 100
REGULAR = ARCHITECTURE | {"window": WIDTH}
STANDARD = REGULAR | {"representation": "standard"}
THREE_MERS = STANDARD | {"kmer": 3, "channels": 6}
LABELLED = {"representation": "standard", "kmer": 1, "channels": 8, "window": WIDTH}
METRICS = ["AUROC", "AUPRC", "MCC", "Brier", "ECE"]


@pytest.fixture
def task(tmp_path):
    """A folder with windows.tsv and codes.npy."""
    codes, labels = planted_codes(WINDOWS, seed=0)
    codes[-1, :5] = 4
    write_task(tmp_path, codes, labels)
    return tmp_path


def write_task(folder, codes, labels):
    table = pd.DataFrame({"contig": "chrA", "start": np.arange(WINDOWS) * 100, "label": labels, "gc": 0.5})
    table = table.assign(end=table["start"] + WIDTH, name=[f"window_{row}" for row in table.index])
    table["split"] = np.repeat(["train", "validation", "test"], WINDOWS // 3)
    write_windows(table, folder / "windows.tsv")
    np.save(folder / "codes.npy", codes)


def evaluate(task, names, candidates=None, **changes):
    """Contents of the files of each replicate; a replicate for each name if no candidates are given."""
    candidates = [[[number] for number in range(len(names))]] if candidates is None else candidates
    seeds = list(range(len(candidates[0])))
    arguments = {"task": "planted", "arm": "some", "size": "all", "seeds": seeds, "average_strands": False}
    evaluations, predictions = ([task / f"{seed}.{end}" for seed in seeds] for end in ("eval.json", "tsv"))
    evaluate_network(
        windows=task / "windows.tsv",
        codes=task / "codes.npy",
        **files_of(task, names),
        candidates=candidates,
        device="cpu",
        threads=1,
        evaluations=evaluations,
        predictions=predictions,
        **arguments | changes,
    )
    files = zip(evaluations, predictions, strict=True)
    return [(json.loads(one.read_text()), pd.read_csv(other, sep="\t")) for one, other in files]


def test_an_equivariant_network(task):
    network = save_network(task, "a", REGULAR, seconds=3.0, parameters=77, train_size=100)
    ((evaluation, predictions),) = evaluate(task, ["a"], seeds=[7], arm="regular", size="0.5")
    expected = {"task": "planted", "arm": "regular", "size": "0.5", "seed": 7, "train_size": 100, "members": 1}
    assert expected.items() <= evaluation.items()
    assert (evaluation["parameters"], evaluation["seconds"]) == (77, 3.0)
    assert evaluation["multiply_adds"] == multiply_adds(network)
    assert evaluation["windows_per_second"] > 0
    assert not {"chosen", "candidates"} & set(evaluation)
    assert list(evaluation["metrics"]) == METRICS
    assert evaluation["reverse_complement"]["largest_absolute"] < 1e-4
    assert evaluation["reverse_complement"]["flipped"] == 0
    assert sum(row["windows"] for row in evaluation["calibration"]) == TEST
    columns = "name contig start end split label logit reverse_complement_logit probability"
    assert list(predictions.columns) == columns.split()
    assert predictions["name"].tolist() == [f"window_{row}" for row in range(200, 300)]
    assert set(predictions["split"]) == {"test"}
    assert np.allclose(predictions["probability"], 1 / (1 + np.exp(-predictions["logit"])), atol=1e-5)


def test_all_replicates_of_an_arm_in_their_order(task):
    for name in "ab":
        save_network(task, name, REGULAR)
    (one, of_one), (other, of_other) = evaluate(task, ["a", "b"], seeds=[5, 3])
    assert (one["seed"], other["seed"]) == (5, 3)
    assert not np.allclose(of_one["logit"], of_other["logit"])
    ((alone, of_alone),) = evaluate(task, ["b"])
    assert of_alone.equals(of_other)
    assert alone["metrics"] == other["metrics"]


def test_the_other_strand_of_an_ordinary_network_is_measured(task):
    network = save_network(task, "a", STANDARD)
    ((evaluation, predictions),) = evaluate(task, ["a"])
    codes = torch.from_numpy(np.load(task / "codes.npy")[-TEST:]).long()
    with torch.inference_mode():
        forward = network(codes)
        reverse = network(torch.where(codes == 4, 4, 3 - codes).flip(1))
    found = evaluation["reverse_complement"]["largest_absolute"]
    assert found == pytest.approx((forward - reverse).abs().max().item(), rel=1e-4)
    assert found > 1e-2
    assert np.allclose(predictions["logit"], forward, atol=1e-5)
    assert np.allclose(predictions["reverse_complement_logit"], reverse, atol=1e-5)


@pytest.mark.parametrize("average_strands", [False, True])
def test_combinations_are_ensembles_and_strand_averages(task, average_strands, monkeypatch):
    """Members of other k and representation, one of them conjoined, in two replicates that share none."""
    architectures = [REGULAR, THREE_MERS, STANDARD | {"conjoined": True}, STANDARD]
    networks = [save_network(task, name, each, seconds=2.0) for name, each in zip("abcd", architectures, strict=True)]
    monkeypatch.setattr("learning.clock.Clock.seconds_per_window", lambda *_: 0.5)
    replicates = [[0, 1, 2], [3]]
    found = evaluate(task, "abcd", [replicates], average_strands=average_strands)
    codes = torch.from_numpy(np.load(task / "codes.npy")[-TEST:]).long()
    strands = 1 + average_strands
    for (evaluation, predictions), members in zip(found, replicates, strict=True):
        whole = Ensemble([networks[member] for member in members])
        whole = StrandAverage(whole).eval() if average_strands else whole.eval()
        with torch.inference_mode():
            expected = whole(codes), whole(torch.where(codes == 4, 4, 3 - codes).flip(1))
        assert np.allclose(predictions["logit"], expected[0], atol=1e-6, rtol=1e-5)
        assert np.allclose(predictions["reverse_complement_logit"], expected[1], atol=1e-6, rtol=1e-5)
        assert evaluation["multiply_adds"] == multiply_adds(whole)
        assert (evaluation["members"], evaluation["seconds"]) == (len(members), 2.0 * len(members))
        assert evaluation["parameters"] == 10 * len(members)
        assert (evaluation["reverse_complement"]["largest_absolute"] < 1e-5) == average_strands
        assert evaluation["windows_per_second"] == pytest.approx(1 / (0.5 * strands * len(members)))


def test_the_best_candidate_on_validation_is_taken_for_all_replicates(task):
    qualities = {"a": ("x", 0.7), "b": ("x", 0.9), "c": ("y", 0.85), "d": ("y", 0.85)}
    for name, (arm, quality) in qualities.items():
        save_network(task, name, REGULAR, arm=arm, quality=quality)
    found = evaluate(task, "abcd", [[[0], [1]], [[2], [3]]])
    assert [evaluation["chosen"] for evaluation, _ in found] == [["y"], ["y"]]
    assert found[0][0]["candidates"] == pytest.approx({"x": 0.8, "y": 0.85})
    ((_, alone),) = evaluate(task, ["d"])
    assert found[1][1].equals(alone)


def test_a_candidate_of_several_arms_is_named_by_all_of_them_and_its_rivals_are_not_loaded(task):
    save_network(task, "a", REGULAR, arm="x", quality=0.6)
    save_network(task, "b", THREE_MERS, arm="y", quality=0.8)
    save_network(task, "c", REGULAR, arm="z", quality=0.5)
    (task / "c.safetensors").write_bytes(b"unread")
    ((evaluation, _),) = evaluate(task, "abc", [[[2]], [[0, 1]]])
    assert evaluation["chosen"] == ["x", "y"]
    assert evaluation["candidates"] == pytest.approx({"x+y": 0.7, "z": 0.5})


def test_thresholds_and_choice_ignore_the_test_split(task):
    save_network(task, "a", STANDARD, arm="x", quality=0.8)
    save_network(task, "b", STANDARD, arm="y", quality=0.7)
    candidates = [[[0]], [[1]]]
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
    ((evaluation, _),) = evaluate(task, ["a"], average_strands=True)
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
        evaluate(task, "ab", [[[0, 1]]])
    assert error.value.file == task / "b.json"
    assert not list(task.glob("*.eval.json"))


def baseline(task, kind="binary"):
    encode_kmers(task / "codes.npy", 6, task / "kmers.k6.npy")
    fit_kmer_baseline(
        windows=task / "windows.tsv",
        kmers=task / "kmers.k6.npy",
        task="planted",
        kind=kind,
        seed=0,
        evaluation=task / "baseline.json",
        predictions=task / "baseline.tsv",
    )
    return json.loads((task / "baseline.json").read_text()), pd.read_csv(task / "baseline.tsv", sep="\t")


def test_the_baseline_leaves_the_same_tables(task):
    found, scores = baseline(task)
    save_network(task, "a", REGULAR)
    ((network, predictions),) = evaluate(task, ["a"])
    facts = ("arm", "size", "parameters", "multiply_adds", "members")
    assert [found[fact] for fact in facts] == ["kmer_logistic_regression", "all", 2080, 2080, 1]
    assert found["mcc_threshold"] == baseline_threshold(task)
    assert set(network) - set(found) == {"reverse_complement"}
    assert list(scores.columns) == list(predictions.columns)
    assert scores["logit"].equals(scores["reverse_complement_logit"])
    summarise_run([task / "baseline.json", task / "0.eval.json"], task / "summary.tsv")
    summary = pd.read_csv(task / "summary.tsv", sep="\t")
    columns = ["task", "arm", "size", "train_size", "metric", "replicates", "mean", "sd"]
    assert list(summary.columns) == columns
    assert summary["metric"].tolist() == METRICS * 2 + ["RC error", "RC flips"]
    assert summary["sd"].isna().all()


def baseline_threshold(task):
    table = pd.read_csv(task / "windows.tsv", sep="\t")
    labels, validation = table["label"].to_numpy(), (table["split"] == "validation").to_numpy()
    counts = count_canonical(np.load(task / "kmers.k6.npy"), 6)
    logits = fit_baseline(counts, labels, (table["split"] == "train").to_numpy(), validation).logits
    return best_mcc_threshold(labels[validation], logits[validation])


def write_labelled_task(folder, classes):
    """Classes that differ in the share of A; half of the sequences are short, between Ns."""
    generator = np.random.default_rng(0)
    labels = np.arange(WINDOWS) % classes
    share = 0.1 + 0.8 * labels / (classes - 1)
    is_a = generator.random((WINDOWS, WIDTH)) < share[:, None]
    codes = np.where(is_a, 0, generator.integers(1, 3, is_a.shape)).astype(np.uint8)
    codes[::7, :15] = codes[::7, -15:] = 4
    write_task(folder, codes, labels)
    return labels[-TEST:]


def test_the_baseline_of_two_labelled_classes(tmp_path):
    labels = write_labelled_task(tmp_path, 2)
    evaluation, predictions = baseline(tmp_path, "labelled")
    calls = predictions["probability"] >= 0.5
    assert list(evaluation["metrics"]) == [*METRICS, "Accuracy", "MCC 0.5"]
    assert evaluation["metrics"]["Accuracy"] == pytest.approx(accuracy_score(labels, calls))
    assert evaluation["metrics"]["MCC 0.5"] == pytest.approx(matthews_corrcoef(labels, calls))
    assert evaluation["metrics"]["Accuracy"] > 0.95


def test_the_baseline_of_three_classes(tmp_path):
    labels = write_labelled_task(tmp_path, 3)
    evaluation, predictions = baseline(tmp_path, "labelled")
    assert_three_classes(evaluation, predictions, labels)
    assert evaluation["parameters"] == 3 * 2080
    assert evaluation["metrics"]["Accuracy"] > 0.9


def assert_three_classes(evaluation, predictions, labels):
    """Tables and metrics agree with the scores, by another implementation of the metrics."""
    logits, probabilities, reverse = (
        predictions[[f"{name}.{index}" for index in range(3)]].to_numpy()
        for name in ("logit", "probability", "reverse_complement_logit")
    )
    assert reverse.shape == logits.shape
    assert np.allclose(probabilities, torch.softmax(torch.from_numpy(logits), 1), atol=1e-4)
    assert predictions["call"].tolist() == logits.argmax(1).tolist()
    found = evaluation["metrics"]
    assert list(found) == ["AUROC", "MCC", "Brier", "ECE", "Accuracy"]
    exact = probabilities / probabilities.sum(1, keepdims=True)
    assert found["AUROC"] == pytest.approx(roc_auc_score(labels, exact, multi_class="ovr"), abs=1e-3)
    assert found["MCC"] == pytest.approx(matthews_corrcoef(labels, predictions["call"]))
    assert found["Accuracy"] == pytest.approx(accuracy_score(labels, predictions["call"]))
    assert "mcc_threshold" not in evaluation
    assert sum(row["windows"] for row in evaluation["calibration"]) == TEST


@pytest.mark.parametrize("average_strands", [False, True])
def test_combinations_of_networks_of_three_classes(tmp_path, average_strands):
    labels = write_labelled_task(tmp_path, 3)
    architectures = {"a": LABELLED, "b": LABELLED | {"representation": "regular", "kmer": 2}}
    networks = [save_network(tmp_path, name, each | {"classes": 3}, "labelled") for name, each in architectures.items()]
    ((evaluation, predictions),) = evaluate(tmp_path, "ab", [[[0, 1]]], average_strands=average_strands)
    assert_three_classes(evaluation, predictions, labels)
    whole = Ensemble(networks)
    whole = StrandAverage(whole).eval() if average_strands else whole.eval()
    codes = torch.from_numpy(np.load(tmp_path / "codes.npy")[-TEST:]).long()
    with torch.inference_mode():
        forward, reverse = whole(codes).numpy(), whole(torch.where(codes == 4, 4, 3 - codes).flip(1)).numpy()
    columns = [[f"{name}.{index}" for index in range(3)] for name in ("logit", "reverse_complement_logit")]
    assert np.allclose(predictions[columns[0]], forward, atol=1e-6, rtol=1e-5)
    assert np.allclose(predictions[columns[1]], reverse, atol=1e-6, rtol=1e-5)
    strands = evaluation["reverse_complement"]
    assert strands["flipped"] == np.mean(forward.argmax(1) != reverse.argmax(1))
    assert strands["largest_absolute"] == pytest.approx(np.abs(forward - reverse).max(), abs=1e-6)
    assert (strands["largest_absolute"] < 1e-5) == average_strands


def test_a_network_of_two_labelled_classes(tmp_path):
    labels = write_labelled_task(tmp_path, 2)
    save_network(tmp_path, "a", LABELLED, "labelled")
    ((evaluation, predictions),) = evaluate(tmp_path, "a")
    assert list(evaluation["metrics"]) == [*METRICS, "Accuracy", "MCC 0.5"]
    assert evaluation["metrics"]["MCC 0.5"] == pytest.approx(
        matthews_corrcoef(labels, predictions["probability"] >= 0.5)
    )


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_split_without_a_class_is_refused(tmp_path, split):
    write_labelled_task(tmp_path, 3)
    table = pd.read_csv(tmp_path / "windows.tsv", sep="\t")
    table.loc[(table["split"] == split) & (table["label"] == 1), "label"] = 0
    write_windows(table, tmp_path / "windows.tsv")
    with pytest.raises(InputError, match=f"the {split} split needs sequences of every class"):
        baseline(tmp_path, "labelled")
