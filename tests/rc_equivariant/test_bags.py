"""Bags of k-mers: what is counted, whatever the strand, the encoding and unknown bases; weight decays of modules."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from rc_equivariant import KmerCounts, KmerEncoding, NetworkDescription, build, parameter_groups
from rc_equivariant.cost import multiply_adds
from rc_equivariant.descriptions.heads import BagHead
from rc_equivariant.descriptions.networks import NETWORKS, Layers, modules_of
from rc_equivariant.descriptions.symmetry import Symmetry
from rc_equivariant.descriptions.trunks import BagTrunk
from rc_equivariant.functional.counting import counts_of_rows

LETTERS = "ACGTN"
sequences = st.lists(st.text(LETTERS, min_size=14, max_size=14), min_size=1, max_size=4)


def codes_of(texts):
    return torch.tensor([[LETTERS.index(letter) for letter in text] for text in texts])


def other_strand(text):
    return text[::-1].translate(str.maketrans("ACGT", "TGCA"))


def counted_by_hand(text, length, gap, merged):
    """Counts of the k-mers of a text, by their letters; the lesser of both strands' if they are merged."""
    half, span = length // 2, length + gap
    words = [text[start : start + span] for start in range(len(text) - span + 1)]
    words = [word[:half] + word[half + gap :] for word in words]
    known = [word for word in words if "N" not in word]
    return Counter(min(word, other_strand(word)) if merged else word for word in known)


@given(
    sequences, st.integers(1, 3), st.lists(st.integers(3, 6), min_size=1, unique=True),
    st.lists(st.integers(0, 5), unique=True), st.booleans(),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_counts_are_those_of_the_letters(texts, k, lengths, gaps, merged):
    """Rows hold the square roots of the counts, which say nothing of the columns; the next test does."""
    encoding = KmerEncoding(k)
    layer = KmerCounts(encoding, lengths, gaps, merged).double()
    found = layer(encoding.indices(codes_of(texts)))
    assert found.dtype == torch.float64
    spelled = [(length, 0) for length in lengths] + [(6, gap) for gap in gaps]
    for row, text in zip(found, texts, strict=True):
        of_each = [counted_by_hand(text, length, gap, merged) for length, gap in spelled]
        expected = sorted(count for counts in of_each for count in counts.values())
        assert sorted(row[row > 0].square().round().long().tolist()) == expected


def test_each_kmer_has_a_column_which_it_shares_with_its_reverse_complement_alone():
    layer = KmerCounts(KmerEncoding(1), [4])
    kmers = torch.cartesian_prod(*[torch.arange(4)] * 4)
    columns = layer(kmers).argmax(1)
    assert (layer(kmers).sum(1) == 1).all()
    assert torch.equal(columns, layer(KmerEncoding(1).act(kmers)).argmax(1))
    assert torch.equal(columns.unique(), torch.arange(layer.out_type.size))
    assert layer.out_type.size == (256 + 16) // 2


def test_the_kinds_of_3_to_6_mers_are_2760():
    """Together with their reverse complements 32 + 136 + 512 + 2,080; on single strands 4^3 + ... + 4^6."""
    assert KmerCounts(KmerEncoding(1), (3, 4, 5, 6)).out_type.size == 2760
    assert KmerCounts(KmerEncoding(1), (3, 4, 5, 6), merged=False).out_type.size == 5440


@given(sequences, st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_longer_kmers_follow_from_shorter_ones(texts, k):
    codes = codes_of(texts)
    lengths = range(k, 7)
    found = KmerEncoding(k).longer(KmerEncoding(k).indices(codes), lengths)
    for length in lengths:
        assert torch.equal(found[length], KmerEncoding(length).indices(codes))


def test_a_bag_of_unknown_bases_is_empty():
    layer = KmerCounts(KmerEncoding(2), (3, 6), (2,))
    assert not layer(torch.full((2, 12), 16)).any()
    assert not layer(torch.full((2, 12), 250, dtype=torch.uint8)).any()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: KmerCounts(KmerEncoding(4), (3, 5)), "3-mers cannot be read from 4-mer indices"),
        (lambda: KmerCounts(KmerEncoding(4), (5,), (1,)), "3-mers cannot be read"),
        (lambda: KmerCounts(KmerEncoding(2), (3,), (4,))(torch.zeros(2, 8, dtype=torch.int64)), "at least 9 positions"),
        (lambda: KmerCounts(KmerEncoding(1), (3,))(torch.zeros(2, 8)), "needs integers"),
        (lambda: NetworkDescription.named("bag", "regular", 4, 8, 40), "cannot count 3-mers: use kmer 3 or less"),
        (lambda: NetworkDescription.named("bag", "regular", 1, 8, 5), "windows of 6 bases or more"),
        (lambda: NetworkDescription.named("bag", "regular", 1, 8, 11, gaps=(6,)), "windows of 12 bases or more"),
        (lambda: NetworkDescription.named("bag", "regular", 1, 8, 40, lengths=()), "lengths is empty"),
        (lambda: NetworkDescription.named("bag", "regular", 1, 8, 40, lengths=(3, 3)), "counted only once"),
        (lambda: NetworkDescription.named("bag", "regular", 1, 8, 40, lengths=(7,)), "at most 6"),
    ],
)
def test_what_cannot_be_counted_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_multiply_adds_by_hand():
    """One for each unit and k-mer that can be there: there are 64 3-mers, and 98 to 96 places for longer ones."""
    lookups = 64 + 98 + 97 + 96 + 93
    network = build(NetworkDescription.named("bag", "regular", 1, 16, 101, gaps=(3,), dense=8, classes=3))
    assert multiply_adds(network) == lookups * (16 + 3) + 16 * 8 + (8 + 3) * 3


def test_the_linear_part_is_added_to_the_logits_as_it_is():
    torch.manual_seed(0)
    network = build(NetworkDescription.named("bag", "irrep", 1, 16, 40, 0.5, classes=3)).eval()
    kmers = torch.randint(0, 4, (5, 40))
    before = network(kmers)
    nn.init.normal_(network.head.linear.weight)
    assert torch.allclose(network(kmers) - before, network.head.linear(network.trunk(kmers)), atol=1e-5)


def test_counts_of_rows_count_for_each_of_a_stack():
    numbers = torch.randint(0, 7, (3, 4, 20))
    expected = (numbers[..., None] == torch.arange(7)).sum(2).float()
    assert torch.equal(torch.vmap(lambda own: counts_of_rows(own, 7))(numbers), expected)
    assert torch.equal(counts_of_rows(numbers[1], 7), expected[1])


def test_modules_have_the_weight_decay_that_they_state():
    """Without a weight decay of its own, a module has that of the module around it, or of the training."""
    inner, outer = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    outer.append(inner)
    outer.weight_decay, inner.weight_decay = 0.5, 0.0
    network = nn.Sequential(nn.Linear(4, 2), outer)
    groups = {group["weight_decay"]: group["params"] for group in parameter_groups(network, 0.1)}
    expected = {0.1: network[0], 0.5: outer[0], 0.0: inner}
    assert {decay: [id(p) for p in group] for decay, group in groups.items()} == {
        decay: [id(p) for p in module.parameters()] for decay, module in expected.items()
    }


@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
def test_embedding_and_linear_part_decay_by_their_own_options(weight_decay):
    """Where no gradient does anything, a step of AdamW takes off its share, whatever the training's weight decay."""
    options = {"embedding_decay": 0.3, "linear_decay": 2.0}
    network = build(NetworkDescription.named("bag", "regular", 1, 6, 40, **options))
    nn.init.normal_(network.head.linear.weight)
    optimiser = torch.optim.AdamW(parameter_groups(network, weight_decay), lr=0.1)
    before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimiser.step()
    shares = {"head.embedding.weight": 0.97, "head.linear.weight": 0.8}
    for name, parameter in network.named_parameters():
        assert torch.allclose(parameter, before[name] * shares.get(name, 1 - 0.1 * weight_decay)), name


def beside(other="labelled", **options):
    """A description of a bag of k-mers beside another network."""
    bag = Layers(BagTrunk(lengths=(3, 4)), BagHead(dense=6))
    return replace(NetworkDescription.named(other, "regular", 3, 8, 40, **options), beside=(bag,))


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("other", ["labelled", "hyperbolic"])
def test_logits_beside_bags_are_the_sum_or_the_mean_of_all(other, apart):
    """Each network has the weight decays of its own modules."""
    description = beside(other, classes=3)
    description = replace(description, beside=description.beside * 2, apart=apart)
    assert NetworkDescription.from_dict(description.to_dict()) == description
    assert set(modules_of(description.to_dict())) > {"rc_equivariant.networks.bags"}
    network = build(description).eval()
    single = [build(each).eval() for each in description.members]
    for ours, theirs in zip(single, network.members, strict=True):
        ours.load_state_dict(theirs.state_dict())
    kmers = network.encoding.indices(torch.randint(0, 4, (5, 40)))
    total = sum(each(kmers) for each in single)
    torch.testing.assert_close(network(kmers), total / 3 if apart else total)
    assert multiply_adds(network) == sum(map(multiply_adds, single))
    assert {0.01, 0.3, 3.0} <= {group["weight_decay"] for group in parameter_groups(network, 0.01)}


def test_networks_beside_others_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="cannot count 3-mers"):
        replace(beside(), symmetry=Symmetry("regular", 4, 8))
    profile = NETWORKS["profile"]
    with pytest.raises(ValueError, match="both must give logits"):
        replace(NetworkDescription.named("labelled", "rcps", 1, 8, 400), beside=(profile,))
    with pytest.raises(ValueError, match="both must give logits"):
        replace(NetworkDescription.named("profile", "rcps", 1, 8, 400), beside=(NETWORKS["bag"],))
    with pytest.raises(ValueError, match="are a trunk and a head"):
        NetworkDescription.from_dict(beside().to_dict() | {"beside": [{"trunk": {"type": "bag"}}]})
    with pytest.raises(TypeError, match=r"beside is .* must be a list"):
        NetworkDescription.from_dict(beside().to_dict() | {"beside": {"trunk": {"type": "bag"}}})
    with pytest.raises(ValueError, match="apart is true, but there is no other network"):
        replace(beside(), beside=(), apart=True)
    long = Layers(BagTrunk(lengths=(3,), gaps=(90,)), BagHead(dense=6))
    with pytest.raises(ValueError, match="a window of 40 bases leaves"):
        replace(beside(), beside=(NETWORKS["bag"], long))
