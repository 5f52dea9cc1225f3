"""Label smoothing and weights of classes: known answers, those of torch, and the optimum that each asks for."""

from functools import partial

import numpy as np
import pytest
import torch
from interrupted_trainings import labelled
from plain_trainings import KINDS, objective_of, with_options
from torch import nn

from learning.training.classification import LabelledSplit, TrainingSplits
from learning.training.labelled import LabelledObjective
from learning.training.losses import class_loss
from learning.training.settings import Training
from rc_equivariant import KmerEncoding, Ordinary

LABELS = torch.tensor([0, 2, 1, 1, 0])
LOGITS = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


class Constant(nn.Module):
    """Answers its logits, whatever it is asked."""

    def __init__(self, logits, k):
        super().__init__()
        self.in_type, self.out_type = KmerEncoding(k), Ordinary(max(1, logits.numel()))
        self.logits = nn.Parameter(logits)

    def forward(self, kmers):
        return self.logits.expand(len(kmers), *self.logits.shape)


def by_hand(smoothing, weights):
    """Mean over windows of the weight of its class times -sum_c target_c log p_c."""
    targets = (1 - smoothing) * nn.functional.one_hot(LABELS, 3) + smoothing / 3
    losses = -(targets * LOGITS.log_softmax(1)).sum(1)
    return (torch.tensor([weights[label] for label in LABELS]) * losses).mean().item()


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("weights", [None, (2.0, 0.5, 1.0)])
def test_losses_of_classes_are_those_by_hand(smoothing, weights):
    found = class_loss(LOGITS, LABELS, smoothing, None if weights is None else torch.tensor(weights))
    assert found.item() == pytest.approx(by_hand(smoothing, weights or (1, 1, 1)), rel=1e-7)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weights", [None, torch.tensor([0.5, 3.0])])
def test_two_classes_with_one_logit_have_the_loss_of_two_logits(smoothing, weights):
    labels = LABELS.clamp(max=1)
    one = LOGITS[:, 0]
    two = torch.stack([torch.zeros_like(one), one], 1)
    expected = class_loss(two, labels, smoothing, weights).item()
    assert class_loss(one, labels, smoothing, weights).item() == pytest.approx(expected, rel=1e-12)


def test_without_options_the_loss_is_that_of_torch_to_the_bit():
    binary = LABELS.clamp(max=1)
    of_torch = nn.functional.binary_cross_entropy_with_logits(LOGITS[:, 0], binary.double())
    assert torch.equal(class_loss(LOGITS[:, 0], binary), of_torch)
    assert torch.equal(class_loss(LOGITS, LABELS), nn.functional.cross_entropy(LOGITS, LABELS))


def optimum(kind, shape, batches=30, **changes):
    """The constant logits at which the mean gradient over many batches of a training is 0."""
    _, make_objective, _ = with_options(kind, **changes)
    objective, network = objective_of(make_objective), Constant(torch.zeros(shape), 1)
    drawn = [tuple(map(torch.from_numpy, objective.draw())) for _ in range(batches)]
    optimiser = torch.optim.LBFGS(network.parameters(), max_iter=60)

    def closure():
        optimiser.zero_grad()
        loss = sum(objective.loss(network, each) for each in drawn) / batches
        loss.backward()
        return loss

    optimiser.step(closure)
    return network.logits.detach()


def test_constant_answers_of_a_binary_task_are_the_shares_smoothed_or_balanced():
    """A quarter of every batch is bound."""
    answer = partial(optimum, "binary", (), positive_fraction=0.25, batches=3)
    assert answer().sigmoid().item() == pytest.approx(0.25, abs=1e-3)
    assert answer(label_smoothing=0.2).sigmoid().item() == pytest.approx(0.8 * 0.25 + 0.1, abs=1e-3)
    assert answer(class_weights="balanced").sigmoid().item() == pytest.approx(0.5, abs=1e-3)


def unequal(changes):
    """A labelled task of three classes with 60, 20 and 10 sequences."""
    _, make_objective, settings = labelled()
    codes = make_objective.args[0].train.sequences
    split = LabelledSplit(codes, np.repeat([0, 1, 2], [60, 20, 10]))
    chosen = Training.of_kind("labelled", settings.to_dict() | changes)
    return objective_of(partial(LabelledObjective, TrainingSplits(split, split), chosen))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [6 / 9, 2 / 9, 1 / 9]),
        ({"label_smoothing": 0.3}, [0.7 * 6 / 9 + 0.1, 0.7 * 2 / 9 + 0.1, 0.7 / 9 + 0.1]),
        ({"class_weights": "balanced"}, [1 / 3, 1 / 3, 1 / 3]),
    ],
)
def test_the_gradient_of_a_pass_is_0_at_the_shares_smoothed_or_balanced(changes, expected):
    objective = unequal({"batch_size": 15} | changes)
    network = Constant(torch.tensor(expected).log(), 1)
    # 90 sequences in 6 equal batches.
    for _ in range(objective.steps_per_epoch):
        objective.loss(network, tuple(map(torch.from_numpy, objective.draw()))).backward()
    assert network.logits.grad.abs().max() < 1e-5


@pytest.mark.parametrize("kind", ["binary", "labelled"])
@pytest.mark.parametrize("changes", [{"label_smoothing": 0.3}, {"class_weights": "balanced"}])
def test_validation_is_neither_smoothed_nor_weighted(kind, changes):
    make_network, make_objective, _ = with_options(kind, **changes)
    torch.manual_seed(0)
    network = make_network()
    plain = objective_of(with_options(kind)[1]).validate(network)
    assert objective_of(make_objective).validate(network) == plain


@pytest.mark.parametrize("name", ["label_smoothing", "class_weights", "base_substitution"])
def test_profile_trainings_have_no_options_of_classes(name):
    assert name not in Training.of_kind("profile", {}).to_dict()
    assert all(name in Training.of_kind(kind, {}).to_dict() for kind in KINDS if kind != "profile")
