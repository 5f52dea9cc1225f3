"""Labelled training: substitutions of bases, at their share, drawn again for every batch, and in training alone."""

from functools import partial

import numpy as np
import pytest
import torch
from arm_networks import build_network
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_windows import WIDTH, planted_codes
from torch import nn

from learning.training.classification import ClassificationObjective, LabelledSplit, TrainingSplits
from learning.training.labelled import LabelledObjective
from learning.training.loop import train
from learning.training.sampling import PassesInBatches
from learning.training.settings import Training
from learning.training.state import RandomStreams
from rc_equivariant import Centred, KmerEncoding, Ordinary, parameter_groups, with_reverse_complements

CPU = torch.device("cpu")
#: Alike, so that the order in which they are drawn does not show.
ALIKE = np.tile(np.arange(5, dtype=np.uint8), (40, 12))


def settings_with(**changes):
    values = {"learning_rate": 0.01, "batch_size": 40, "epochs": 2, "patience": 2, "weight_decay": 0.1, "threads": 1}
    return Training.of_kind("labelled", values | {"device": "cpu", "base_substitution": 0.0} | changes)


def sequences(codes):
    """The same in training and validation, of two classes in turn."""
    split = LabelledSplit(codes, np.arange(len(codes)) % 2)
    return TrainingSplits(split, split)


def objective_of(codes, seed=0, **changes):
    order, jitter = (np.random.default_rng([seed, stream]) for stream in range(2))
    return LabelledObjective(sequences(codes), settings_with(**changes), RandomStreams(order, jitter), CPU)


class Listener(nn.Module):
    """Answers 0 and keeps what it is asked."""

    out_type = Ordinary(1)

    def __init__(self, k=1):
        super().__init__()
        self.in_type, self.heard, self.answer = KmerEncoding(k), [], nn.Parameter(torch.zeros(()))

    def forward(self, kmers):
        self.heard.append(kmers.clone())
        return self.answer * torch.ones(len(kmers))


def hear(objective, listener):
    """A batch in training."""
    objective.loss(listener, tuple(map(torch.from_numpy, objective.draw())))


def heard_in_training(objective, k=1, batches=1):
    listener = Listener(k)
    for _ in range(batches):
        hear(objective, listener)
    return torch.stack(listener.heard)


@pytest.mark.parametrize("share", [0.05, 0.4, 0.999])
def test_three_quarters_of_the_substituted_bases_become_another(share):
    """300 batches of 40 sequences: standard errors below 0.001 for all bases."""
    heard = heard_in_training(objective_of(ALIKE, base_substitution=share), batches=300)
    given_bases = torch.from_numpy(ALIKE[0]).long()
    changed = (heard != given_bases).double().mean(dim=(0, 1))
    assert changed[given_bases < 4].mean().item() == pytest.approx(0.75 * share, abs=0.005)
    assert (changed[given_bases < 4] - 0.75 * share).abs().max() < 0.025
    assert not changed[given_bases == 4].any()


def placed(lengths, width):
    """Sequences of these lengths in the middle of their rows, the smaller half of the padding on the left."""
    codes = np.full((len(lengths), width), 4, dtype=np.uint8)
    for row, length in zip(codes, lengths, strict=True):
        left = (width - length) // 2
        row[left : left + length] = np.arange(length) % 4
    return codes


@given(
    lengths=st.lists(st.integers(1, 60), min_size=40, max_size=40),
    share=st.sampled_from([0.05, 0.3, 0.999]),
    padding=st.integers(0, 9),
)
@settings(max_examples=20, deadline=None)
def test_padding_stays_unknown_and_bases_inside_are_substituted_at_their_share(lengths, share, padding):
    """For all lengths; within six standard errors."""
    codes = placed(lengths, max(lengths) + padding)
    objective, listener = objective_of(codes, base_substitution=share), Listener()
    changed, inside = 0, 0
    for _ in range(20):
        drawn = objective.draw()
        objective.loss(listener, tuple(map(torch.from_numpy, drawn)))
        before, after = torch.from_numpy(codes[drawn[0]]).long(), listener.heard[-1]
        assert torch.equal(after == 4, before == 4)
        changed += (after != before).sum().item()
        inside += (before < 4).sum().item()
    expected = 0.75 * share
    assert abs(changed / inside - expected) < 6 * (expected * (1 - expected) / inside) ** 0.5


def test_the_stream_of_substitutions_does_not_depend_on_what_is_unknown():
    """A sequence without unknown bases gets the same substitutes, whatever the others look like."""
    other = ALIKE.copy()
    other[1:] = 0
    known = np.zeros_like(ALIKE)
    rows = [heard_in_training(objective_of(codes, base_substitution=0.4), batches=3) for codes in (known, other)]
    # ``other`` has one row with unknown bases; those of all other rows are the same in both.
    same = [(of_batch == 4).any(1) for of_batch in rows[1]]
    for of_known, of_other, has_unknown in zip(*rows, same, strict=True):
        assert has_unknown.sum() == 1
        assert torch.equal(of_known[~has_unknown], of_other[~has_unknown])


def test_no_known_base_becomes_unknown():
    heard = heard_in_training(objective_of(ALIKE[:, :4], base_substitution=0.9), batches=20)
    assert heard.max() == 3


def test_substitutions_differ_between_batches_and_seeds_and_repeat_for_equal_seeds():
    first, second = heard_in_training(objective_of(ALIKE, base_substitution=0.5), batches=2)
    assert not torch.equal(first, second)
    again = heard_in_training(objective_of(ALIKE, base_substitution=0.5), batches=2)
    assert torch.equal(again, torch.stack([first, second]))
    assert not torch.equal(heard_in_training(objective_of(ALIKE, seed=1, base_substitution=0.5))[0], first)


def test_substitutions_leave_the_order_of_the_batches_alone():
    codes = np.repeat(np.arange(4, dtype=np.uint8), 10)[:, None] * np.ones(400, dtype=np.uint8)
    plain, substituted = (
        heard_in_training(objective_of(codes, base_substitution=share, batch_size=8), batches=10)
        for share in (0.0, 0.2)
    )
    assert torch.equal(plain[..., 0], substituted.mode(dim=-1).values)


def test_the_validation_split_is_read_as_it_is():
    codes = np.random.default_rng(0).integers(0, 5, (40, 30), dtype=np.uint8)
    objective, listener = objective_of(codes, base_substitution=0.999), Listener(3)
    hear(objective, listener)
    listener.heard.clear()
    for _ in range(2):
        objective.validate(listener.eval())
    expected = KmerEncoding(3).indices(torch.from_numpy(codes).long())
    assert torch.equal(torch.cat(listener.heard).long(), expected.repeat(2, 1).long())


@given(k=st.integers(1, 6), share=st.sampled_from([0.0, 0.3]), seed=st.integers(0, 99), width=st.integers(6, 20))
@settings(max_examples=30)
def test_for_every_k_what_is_read_are_the_kmers_of_the_same_substituted_bases(k, share, seed, width):
    codes = np.random.default_rng(seed).integers(0, 5, (16, width), dtype=np.uint8)
    changes = {"seed": seed, "base_substitution": share, "batch_size": 8}
    bases, kmers = (heard_in_training(objective_of(codes, **changes), length, batches=3) for length in (1, k))
    for of_bases, of_kmers in zip(bases, kmers, strict=True):
        assert torch.equal(of_kmers, KmerEncoding(k).indices(of_bases))


def test_the_other_strand_of_an_augmented_batch_is_that_of_the_substituted_one():
    changes = {"base_substitution": 0.5, "reverse_complement_augmentation": True}
    (heard,) = heard_in_training(objective_of(ALIKE, **changes), k=3)
    assert torch.equal(with_reverse_complements(KmerEncoding(3), heard[: len(ALIKE)]), heard)


def trained(make_objective, k, *, centred=False, **changes):
    architecture = {"representation": "regular", "kmer": k, "channels": 8, "window": WIDTH, "classes": 2}
    architecture |= {"centred": centred}
    return train(partial(build_network, architecture, "labelled"), make_objective, settings_with(**changes), seed=3)


def on_kmers_given(k, share, codes, labels, *where):
    """The objective of networks that read k-mers from a file."""
    streams, device = where
    split = LabelledSplit(KmerEncoding(k).indices(torch.from_numpy(codes).long()).numpy().astype(np.uint16), labels)
    batches = PassesInBatches(len(codes), 40, streams.order)
    data, settings, size = TrainingSplits(split, split, kmer=k), settings_with(base_substitution=share), len(codes)
    return ClassificationObjective(
        data, settings, streams, batches, batches.batches_per_pass, size, device, np.arange(size)
    )


@pytest.mark.parametrize(("k", "share"), [(1, 0.2), (2, 0.0), (3, 0.2), (4, 0.0), (5, 0.0), (6, 0.2)])
def test_training_equals_one_on_kmers_given_with_substitutions_and_without(k, share):
    codes, labels = planted_codes(90, seed=1)
    codes[::7, 5:9] = 4
    split = LabelledSplit(codes, labels)
    settings = settings_with(base_substitution=share)
    on_codes = trained(partial(LabelledObjective, TrainingSplits(split, split), settings), k)
    on_kmers = trained(partial(on_kmers_given, k, share, codes, labels), k)
    assert on_codes.history == on_kmers.history
    for name, value in on_codes.network.state_dict().items():
        assert torch.equal(value, on_kmers.network.state_dict()[name]), name


def test_where_all_sequences_fill_the_window_a_centred_network_trains_like_the_one_inside():
    """To the last bit, random substitutions and dropout among them: there is no second place to read."""
    split = LabelledSplit(*planted_codes(90, seed=1))
    training = {"base_substitution": 0.1}
    make = partial(LabelledObjective, TrainingSplits(split, split), settings_with(**training))
    inside, centred = (trained(make, 3, centred=is_centred, **training) for is_centred in (False, True))
    assert centred.history == inside.history
    for name, value in inside.network.state_dict().items():
        assert torch.equal(value, centred.network.state_dict()[f"network.{name}"]), name


def test_shorter_sequences_are_read_at_both_places_in_training():
    codes = placed([20, 19, 18], 20)
    objective, listener = objective_of(codes, batch_size=3), Listener()
    with_answers = Centred(listener)
    objective.loss(with_answers.train(), tuple(map(torch.from_numpy, objective.draw())))
    rows = {tuple(row) for row in listener.heard[0].tolist()}
    assert len(listener.heard[0]) == 6
    assert rows == {tuple(row) for row in (*codes.tolist(), [4, *codes[1, :-1].tolist()])}


def test_what_is_learned_from_shorter_sequences_does_not_depend_on_the_strand():
    """Half of the sequences are odd; a network learns the same from all of them or their reverse complements."""
    full, labels = planted_codes(60, seed=1)
    strands = []
    for reverse in (False, True):
        codes = np.full_like(full, 4)
        for row, sequence, cut in zip(codes, full, np.arange(60) % 4, strict=True):
            kept = sequence[: len(sequence) - cut]
            row[cut // 2 : cut // 2 + len(kept)] = 3 - kept[::-1] if reverse else kept
        split = LabelledSplit(codes, labels)
        make = partial(LabelledObjective, TrainingSplits(split, split), settings_with())
        no_chance = partial(build_network, {
            "geometry": "hyperbolic", "representation": "irrep", "plus_fraction": 0.5, "kmer": 2, "channels": 7,
            "window": WIDTH, "blocks": 2, "width": 3, "dense": 7, "head": "flatten", "centred": True,
        }, "labelled")  # fmt: skip
        strands.append(train(lambda make_network=no_chance: make_network().double(), make, settings_with(), seed=3))
    forward, reverse = strands
    losses = [[record.train_loss for record in each.history] for each in strands]
    assert losses[0] == pytest.approx(losses[1], rel=1e-8)
    for name, value in forward.network.state_dict().items():
        torch.testing.assert_close(value, reverse.network.state_dict()[name], rtol=1e-5, atol=1e-7)


def test_substitutions_change_what_is_learned():
    data = sequences(planted_codes(80, seed=1)[0])
    outcomes = [
        trained(partial(LabelledObjective, data, settings_with(base_substitution=share)), 1) for share in (0.0, 0.2)
    ]
    assert outcomes[0].history != outcomes[1].history


def test_weight_decay_draws_weights_to_zero_and_no_curvature_to_one():
    """Every parameter is in one group; AdamW takes off its share where no gradient does anything."""
    shape = {"representation": "regular", "kmer": 1, "channels": 5, "window": WIDTH, "width": 3, "dense": 6}
    network = build_network(shape | {"geometry": "hyperbolic", "curvature": "per_block", "k": 3.0}, "labelled")
    settings = settings_with(weight_decay=0.5)
    optimiser = torch.optim.AdamW(parameter_groups(network, settings.schedule.weight_decay), lr=0.1)
    before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimiser.step()
    kept = {name for name, parameter in network.named_parameters() if torch.equal(parameter, before[name])}
    curvatures = {name for name in before if name.startswith("trunk.curvatures.")}
    assert len(curvatures) == 4
    assert curvatures == {name for name in kept if before[name].any()}
    for name in before.keys() - curvatures:
        assert torch.allclose(network.get_parameter(name), 0.95 * before[name]), name
    euclidean = build_network({"representation": "regular", "kmer": 1, "channels": 4, "window": WIDTH}, "labelled")
    assert len(parameter_groups(euclidean, settings.schedule.weight_decay)) == 1
