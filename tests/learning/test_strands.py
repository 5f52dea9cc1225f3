"""What augmentation and consistency add to a loss: known values, nothing for equivariant networks, nothing at 0."""

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from arm_networks import build_network
from hypothesis import given
from hypothesis import strategies as st
from planted_profiles import ARCHITECTURE as PROFILE_ARCHITECTURE
from planted_profiles import OUTPUT, WINDOW
from planted_windows import ARCHITECTURE, TRAINING, WIDTH, planted_codes
from torch import nn

from learning.training.binary import BinaryObjective
from learning.training.classification import LabelledSplit, TrainingSplits
from learning.training.loop import train
from learning.training.losses import class_divergence, profile_divergence, strand_loss
from learning.training.settings import Training
from rc_equivariant import KmerEncoding, Ordinary, Representation

LOGITS = st.floats(-30, 30, width=32)


def settings(**changes):
    return Training.of_kind("binary", (TRAINING | changes))


def both_directions(p, q):
    """Half the sum of the Kullback-Leibler divergences of two distributions, in nats."""
    p, q = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    return (np.sum(p * np.log(p / q)) + np.sum(q * np.log(q / p))) / 2


def test_the_divergence_of_two_probabilities():
    """1/4 and 3/4: ((1/4) log(1/3) + (3/4) log 3) in either direction, log(3) / 2."""
    one, other = torch.tensor([0.25]).logit(), torch.tensor([0.75]).logit()
    assert class_divergence(one, other).item() == pytest.approx(np.log(3) / 2, rel=1e-6)


def test_the_divergence_of_classes_is_the_mean_over_windows():
    p, q = [0.2, 0.3, 0.5], [0.6, 0.3, 0.1]
    one, other = torch.tensor([p, p]).log() + 7, torch.tensor([q, p]).log() - 2
    assert class_divergence(one, other).item() == pytest.approx(both_directions(p, q) / 2, rel=1e-5)


def test_the_divergence_of_profiles_is_the_mean_over_strands_and_that_of_totals_is_weighted():
    p, q = [0.2, 0.3, 0.5], [0.6, 0.3, 0.1]
    one, other = torch.tensor([[p, p]]).log(), torch.tensor([[q, p]]).log()
    totals = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 5.0]])
    found = profile_divergence((one, totals[0]), (other, totals[1]), count_weight=0.5)
    assert found.item() == pytest.approx(both_directions(p, q) / 2 + 0.5 * 9 / 2, rel=1e-5)


@given(one=LOGITS, other=LOGITS)
def test_one_logit_is_two_classes_of_which_one_has_the_logit_0(one, other):
    as_one = class_divergence(*(torch.tensor([value]).double() for value in (one, other)))
    as_two = class_divergence(*(torch.tensor([[0, value]]).double() for value in (one, other)))
    assert as_one.item() == pytest.approx(as_two.item(), rel=1e-6, abs=1e-12)
    assert as_one.item() >= 0
    assert (as_one.item() == 0) == (one == other) or abs(one - other) < 1e-6


class FirstBase(nn.Module):
    """Logits that are the code of the first base, 3 minus the last one's on the other strand."""

    in_type, out_type = KmerEncoding(1), Ordinary(1)

    def forward(self, kmers):
        return kmers[:, 0].float()


def loss_of(network, **changes):
    kmers, labels = torch.tensor([[0, 1, 2], [3, 3, 3]]), torch.tensor([1.0, 0.0])
    return strand_loss(
        network,
        (kmers,),
        labels,
        settings(**changes).strands,
        lambda z, y: (z * y).sum() + y.numel() * 100,
        class_divergence,
    ).item()


def test_the_task_loss_is_over_one_strand_unless_there_is_augmentation_and_the_divergence_is_added():
    """Logits 0, 3 of the windows, 1, 0 of their reverse complements."""
    divergence = class_divergence(torch.tensor([0.0, 3.0]), torch.tensor([1.0, 0.0])).item()
    assert loss_of(FirstBase()) == 200
    assert loss_of(FirstBase(), reverse_complement_augmentation=True) == 401
    assert loss_of(FirstBase(), consistency=2.0) == pytest.approx(200 + 2 * divergence)
    both = loss_of(FirstBase(), consistency=2.0, reverse_complement_augmentation=True)
    assert both == pytest.approx(401 + 2 * divergence)


def test_the_answer_on_the_other_strand_of_profiles_is_reversed():
    """A network whose profile is the control is equivariant, whatever the control."""

    class Echo(nn.Module):
        strands = Representation(regular=1)
        in_type, out_type = (KmerEncoding(1), strands), (strands, strands)

        def forward(self, kmers, control):
            return control, control.sum(2)

    given_inputs = torch.randint(0, 4, (5, 8)), torch.rand(5, 2, 8)
    seen = []

    def divergence(one, other):
        seen.extend(zip(one, other, strict=True))
        return profile_divergence(one, other, 1.0)

    loss = strand_loss(
        Echo(),
        given_inputs,
        torch.rand(5, 2, 8),
        settings(consistency=1.0).strands,
        lambda *_: torch.zeros(()),
        divergence,
    )
    assert loss.item() == pytest.approx(0, abs=1e-9)
    for one, other in seen:
        assert torch.allclose(one, other, atol=1e-6)


def divergence_of(network, inputs, divergence):
    def no_loss(*_):
        return torch.zeros(())

    targets = torch.zeros(len(inputs[0]))
    return strand_loss(network, inputs, targets, settings(consistency=1.0).strands, no_loss, divergence).item()


@pytest.mark.parametrize("representation", ["regular", "irrep", "conjoined", "standard"])
def test_equivariant_networks_have_no_divergence_and_others_have(representation):
    torch.manual_seed(0)
    own = {"representation": "standard" if representation == "conjoined" else representation}
    own |= {"plus_fraction": 0.75} if representation == "irrep" else {}
    own |= {"conjoined": True} if representation == "conjoined" else {}
    binary = build_network(ARCHITECTURE | {"window": WIDTH} | own)
    profile = build_network(PROFILE_ARCHITECTURE | own | {"control": True}, "profile")
    found = [
        divergence_of(binary, (torch.randint(0, 4, (20, WIDTH)),), class_divergence),
        divergence_of(
            profile,
            (torch.randint(0, 4, (6, WINDOW)), torch.rand(6, 2, OUTPUT)),
            partial(profile_divergence, count_weight=1.0),
        ),
    ]
    for value in found:
        assert (abs(value) < 1e-9) == (representation != "standard")


def trained(representation="standard", **changes):
    splits = []
    for seed, size in ((1, 200), (2, 80)):
        codes, labels = planted_codes(size, seed)
        splits.append(LabelledSplit(codes, labels))
    chosen = settings(**({"epochs": 3} | changes))
    return train(
        lambda: build_network(ARCHITECTURE | {"window": WIDTH, "representation": representation}),
        partial(BinaryObjective, TrainingSplits(*splits), chosen),
        chosen,
        seed=0,
    )


def largest_divergence(network):
    kmers = torch.from_numpy(planted_codes(200, seed=3)[0]).long()
    with torch.inference_mode():
        return class_divergence(network.eval()(kmers), network(3 - kmers.flip(1))).item()


def test_a_weight_of_0_is_no_consistency_and_a_large_one_makes_strands_agree():
    plain, zero, large = trained(), trained(consistency=0.0), trained(consistency=30.0)
    assert plain.history == zero.history
    for name, value in plain.network.state_dict().items():
        assert torch.equal(value, zero.network.state_dict()[name])
    assert largest_divergence(large.network) < largest_divergence(plain.network) / 10


def test_the_rate_of_labelled_tasks_warms_up_and_falls_to_0():
    chosen = Training.of_kind(
        "labelled",
        {
            "learning_rate": 0.4,
            "batch_size": 8,
            "epochs": 2,
            "patience": 2,
            "weight_decay": 0.0,
            "base_substitution": 0.0,
            "device": "cpu",
            "threads": 1,
        },
    )
    rates = [chosen.schedule.learning_rate_at(step, 100) for step in range(100)]
    assert rates[:5] == pytest.approx([0.08, 0.16, 0.24, 0.32, 0.4])
    assert rates[5] == pytest.approx(0.4)
    assert all(later < earlier for earlier, later in pairwise(rates[5:]))
    assert rates[52] == pytest.approx(0.2, abs=0.005)
    assert 0 < rates[-1] < 0.001
    assert settings().schedule.learning_rate_at(7, 100) == TRAINING["learning_rate"]
