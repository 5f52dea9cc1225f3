"""Calibration finds the factor and the shifts that logits lack, and networks then give calibrated logits everywhere."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from interrupted_trainings import HYPERBOLIC, labelled
from plain_trainings import objective_of, with_options
from planted_windows import planted_codes
from scipy.special import expit, softmax

from learning.evaluation.metrics import auroc, calibration_table, expected_calibration_error, sigmoid
from learning.models.inputs import predict_logits
from learning.models.networks import trained_apart
from learning.training.calibration import calibrate
from learning.training.loop import train
from learning.training.options import TUNED
from learning.training.platt import calibration_of
from rc_equivariant.descriptions.networks import NETWORKS, NetworkDescription
from rc_equivariant.encoding import KmerEncoding
from rc_equivariant.networks.network import build

WINDOW = 40


def drawn(windows, classes=2, seed=0):
    """Logits, and labels that are drawn by their probabilities."""
    generator = np.random.default_rng(seed)
    if classes == 2:
        logits = generator.normal(0.5, 2, windows)
        return (generator.random(windows) < expit(logits)).astype(int), logits
    logits = generator.normal(0, 2, (windows, classes))
    return (softmax(logits, axis=1).cumsum(axis=1) < generator.random((windows, 1))).sum(axis=1), logits


@pytest.mark.parametrize(("factor", "offset"), [(1, 0), (4, 0), (0.2, 1.5), (1, -3), (1e5, 2e6)])
def test_a_known_miscalibration_is_found(factor, offset):
    labels, logits = drawn(40_000)
    found = calibration_of(labels, factor * logits + offset)
    calibrated = found.applied(factor * logits + offset)
    assert found.factors[0] * factor == pytest.approx(1, abs=0.03)
    assert np.abs(calibrated - logits).mean() < 0.06


def test_a_known_miscalibration_of_four_classes_is_found():
    labels, logits = drawn(40_000, classes=4)
    shifts = np.array([1.0, -2.0, 0.5, 0.0])
    found = calibration_of(labels, 5 * (logits - shifts))
    assert found.factors == pytest.approx([1 / 5], rel=0.03)
    np.testing.assert_allclose(found.shift - found.shift.mean(), shifts - shifts.mean(), atol=0.06)


@pytest.mark.parametrize("classes", [2, 3])
def test_calibrated_logits_need_no_calibration(classes):
    labels, logits = drawn(500, classes)
    first = calibration_of(labels, 3 * logits + 1)
    again = calibration_of(labels, first.applied(3 * logits + 1))
    assert again.factors == pytest.approx([1], abs=1e-6)
    np.testing.assert_allclose(again.shift, 0, atol=1e-6)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_mean_probability_of_a_class_is_its_share(classes):
    """This holds at the largest likelihood, but for the windows that Platt's targets add to each class."""
    labels, logits = drawn(3000, classes)
    found = calibration_of(labels, 0.3 * logits - 2)
    calibrated = found.applied(0.3 * logits - 2)
    means = sigmoid(calibrated).mean() if classes == 2 else softmax(calibrated, axis=1).mean(axis=0)
    shares = np.bincount(labels) / labels.size
    np.testing.assert_allclose(means, shares[1] if classes == 2 else shares, atol=1e-3)


def test_classes_that_are_separated_get_a_finite_factor():
    found = calibration_of(np.array([0, 0, 1, 1]), np.array([-1.0, -1.0, 1.0, 1.0]))
    # Two windows of a class have a target of (2 + 1) / (2 + 2), whose logit is log 3.
    assert found.factors == pytest.approx([np.log(3)])
    assert found.shift == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("logits", [np.zeros(400), np.full(400, 7.0), -drawn(400)[1]], ids=["0", "7", "reversed"])
def test_logits_no_better_than_chance_stay(logits):
    labels, _ = drawn(400)
    found = calibration_of(labels, logits)
    assert found.factors == [1]
    assert np.all(found.shift == 0)


@pytest.mark.parametrize("classes", [2, 3])
def test_logits_without_windows_of_other_classes_keep_their_order(classes):
    """No factor is known then; by rounding, one of 1e-17 was found, after which all logits were equal."""
    for seed in range(20):
        _, logits = drawn(20, classes, seed)
        found = calibration_of(np.ones(20, dtype=int), logits)
        calibrated = found.applied(logits).astype(np.float32)
        np.testing.assert_array_equal(calibrated.argsort(axis=0), logits.argsort(axis=0))


def test_logits_that_differ_by_rounding_alone_stay():
    """A network whose features are all off answers alike; a factor of 1e8 made results of its rounding."""
    labels, _ = drawn(100)
    logits = np.full(100, 0.1, dtype=np.float32)
    logits[labels == 1] = np.nextafter(logits[0], np.float32(1))
    assert calibration_of(labels, logits) == (1, 0)


def members(windows, *noise, classes=2):
    """Labels, and the logits by which they were drawn with independent noise of these sizes, one array per network."""
    labels, logits = drawn(windows, classes)
    generator = np.random.default_rng(1)
    return labels, [logits + size * generator.normal(size=logits.shape) for size in noise]


@pytest.mark.parametrize("classes", [2, 3])
def test_networks_get_the_weights_that_their_noise_deserves(classes):
    """The best weight of a measurement is the inverse of its variance: 1, 1/4 and 1/16 here."""
    labels, logits = members(40_000, 1, 2, 4, classes=classes)
    found = calibration_of(labels, 3 * logits[0] - 1, logits[1], 0.1 * logits[2])
    weights = found.factors * [3, 1, 0.1]
    assert weights / weights[0] == pytest.approx([1, 1 / 4, 1 / 16], abs=0.03)
    both = calibration_of(labels, found.applied(3 * logits[0] - 1, logits[1], 0.1 * logits[2]))
    assert both.factors == pytest.approx([1], abs=1e-3)
    np.testing.assert_allclose(both.shift, 0, atol=1e-2)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("useless", [lambda good: -good, np.zeros_like, lambda good: np.full_like(good, 7)])
def test_a_useless_network_gets_no_weight_and_changes_nothing(classes, useless):
    labels, (good, other) = members(600, 0.5, 0.7, classes=classes)
    found = calibration_of(labels, good, useless(good + other), other)
    alone = calibration_of(labels, good, other)
    assert found.factors[1] == 0
    np.testing.assert_allclose(found.factors[[0, 2]], alone.factors)
    np.testing.assert_allclose(found.shift, alone.shift, atol=1e-9)


def test_networks_that_all_are_no_better_than_chance_count_alike():
    labels, logits = drawn(400)
    found = calibration_of(labels, -logits, np.zeros(400), -2 * logits)
    np.testing.assert_array_equal(found.factors, np.full(3, 1 / 3))
    assert found.shift == 0


def test_equal_networks_share_one_factor():
    labels, (logits, _) = members(600, 0.5, 0.7)
    alone = calibration_of(labels, logits)
    np.testing.assert_allclose(calibration_of(labels, logits, logits).factors, alone.factors[0] / 2)


def test_the_unused_classes_of_a_network_of_three_get_a_small_share():
    labels, logits = drawn(400)
    logits = np.stack([np.zeros(400), logits, np.zeros(400)], axis=1)
    found = calibration_of(labels, logits)
    probabilities = softmax(found.applied(logits), axis=1)
    assert np.isfinite(found.factors).all()
    assert probabilities[:, 2].mean() == pytest.approx(1 / 200, rel=0.2)


def network_of(name, classes=2, **changes):
    description = NetworkDescription.named(name, "regular", 1, 8, WINDOW, classes=classes)
    torch.manual_seed(0)
    return build(replace(description, **changes)).double().eval()


#: Of 2-mers and 3-mers alone, because the tables of long ones take time.
SMALL_BAG = NETWORKS["bag"]._replace(trunk=NETWORKS["bag"].trunk.with_options({"lengths": (2, 3), "gaps": ()}))
BESIDE_A_BAG = {"beside": (SMALL_BAG,)}
NETWORKS_WITH_CLASSES = {
    "default": {},
    "bag": SMALL_BAG._asdict(),
    "attention": {},
    "averaged over strands": {"conjoined": True},
    "centred": {"centred": True},
    "centred average": {"conjoined": True, "centred": True},
    "beside a bag": BESIDE_A_BAG,
    "beside a bag, averaged": BESIDE_A_BAG | {"conjoined": True, "centred": True},
    "apart from bags": {"beside": (SMALL_BAG, SMALL_BAG), "apart": True},
    "apart from a bag, averaged": BESIDE_A_BAG | {"apart": True, "conjoined": True, "centred": True},
}


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", NETWORKS_WITH_CLASSES)
def test_a_network_gives_calibrated_logits_on_both_strands_and_as_an_export(name, classes):
    network = network_of(name if name in NETWORKS else "default", classes, **NETWORKS_WITH_CLASSES[name])
    codes = torch.from_numpy(planted_codes(200, seed=0, width=WINDOW)[0]).long()
    encoding = KmerEncoding(1)
    kmers = encoding.indices(codes)
    with torch.no_grad():
        before = network(kmers).numpy()
        of_members = [each(kmers).numpy() for each in trained_apart(network)]
    # The labels follow the logits, so that there is something to be calibrated.
    labels = (before > np.median(before)).astype(int) if classes == 2 else (before - before.mean(axis=0)).argmax(axis=1)
    labels[::7] = np.arange(labels[::7].size) % classes
    expected = calibration_of(labels, *of_members)
    calibrate(network, labels, *of_members)
    with torch.no_grad():
        after = network(kmers)
        np.testing.assert_allclose(after, expected.applied(*of_members), atol=1e-10)
        assert not np.allclose(after, before, atol=1e-3)
        assert torch.allclose(network(encoding.act(kmers)), after, rtol=0, atol=1e-10)
        one_hot = torch.nn.functional.one_hot(codes, 4).transpose(1, 2).double()
        assert torch.allclose(network.export()(one_hot), after, rtol=0, atol=1e-10)


def test_logits_that_are_distances_to_hyperplanes_stay():
    make_network, make_objective, _ = with_options("labelled", partial(labelled, 2, **HYPERBOLIC))
    network, objective = make_network(), objective_of(make_objective)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    objective.calibrate(network)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


@pytest.mark.parametrize("name", ["default", "beside a bag"])
def test_a_frozen_head_keeps_its_weights(name):
    network = network_of("default", **NETWORKS_WITH_CLASSES[name])
    (*_, last) = getattr(network, "members", [network])
    for parameter in last.head.parameters():
        parameter.requires_grad_(False)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    labels, logits = drawn(100)
    calibrate(network, labels, logits * 3)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_the_metrics_of_networks_apart_are_those_of_the_calibrated_answer(caplog):
    """The bag of k-mers is made to answer the wrong way round, which would spoil the mean."""
    make = partial(labelled, 2, geometry="large", dense=8)
    make_network, make_objective, settings = with_options("labelled", make, calibrated=True, epochs=15)
    network = train(make_network, make_objective, settings, seed=1).network
    bag = network.members[1]
    bag.rescale_logits(-5.0, torch.zeros(1))
    objective = objective_of(make_objective)
    before = objective.validate(network)
    plain = objective_of(with_options("labelled", make)[1])
    assert plain.validate(network)["auroc"] < before["auroc"]
    with caplog.at_level("INFO", "rc"):
        objective.calibrate(network)
    assert ", 0.000, plus" in caplog.text
    assert not bag.last_layer.weight.any()
    after = plain.validate(network)
    assert after == pytest.approx(before, rel=1e-5)


@pytest.mark.parametrize("kind", ["binary", "labelled"])
def test_calibration_on_the_validation_split_keeps_the_ranks_and_improves_the_probabilities(kind):
    make = partial(labelled, 2) if kind == "labelled" else None
    make_network, make_objective, settings = with_options(kind, make, epochs=15 if make else 8)
    network = train(make_network, make_objective, settings, seed=1).network
    objective = objective_of(make_objective)
    before = objective.validate(network)
    objective.calibrate(network)
    after = objective.validate(network)
    assert after["loss"] < before["loss"]
    assert after["auroc"] == before["auroc"]


def test_smoothed_labels_teach_probabilities_that_calibration_corrects():
    """Half of each target is spread over both classes, so a network that is right is taught to be right in 3 of 4."""
    options = {"label_smoothing": 0.5, "learning_rate": 0.03, "epochs": 30, "reverse_complement_augmentation": False}
    make_network, make_objective, settings = with_options("binary", **options)
    network = train(make_network, make_objective, settings, seed=1).network
    objective = objective_of(make_objective)
    codes, labels = planted_codes(2000, seed=9)
    kmers = KmerEncoding(1).indices(torch.from_numpy(codes))
    before = predict_logits(network, kmers)
    objective.calibrate(network)
    after = predict_logits(network, kmers)
    errors = [expected_calibration_error(calibration_table(labels, sigmoid(each))) for each in (before, after)]
    assert auroc(labels, before) == pytest.approx(auroc(labels, after), abs=1e-6)
    assert errors[1] < errors[0]


def test_the_default_trainings_calibrate_and_the_published_ones_do_not():
    assert all(each.calibrated for each in TUNED.values())
    assert not any(type(each)().calibrated for each in TUNED.values())
