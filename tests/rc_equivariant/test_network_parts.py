"""Every trunk that a head can read makes an exact network with it, and all other pairs are refused."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import torch
from rc_registry import as_tuple

from rc_equivariant import KmerEncoding, Network, NetworkDescription, Ordinary, StrandAverage, build
from rc_equivariant.descriptions.deep_trunks import AttentionTrunk, LongConvolutionTrunk, ResidualTrunk
from rc_equivariant.descriptions.heads import (
    HEADS,
    LOGITS,
    AttentionPoolHead,
    BagHead,
    DenseHead,
    FlattenHead,
    MaxPoolHead,
    PointsHead,
    ProfileHead,
)
from rc_equivariant.descriptions.networks import modules_of
from rc_equivariant.descriptions.symmetry import Symmetry
from rc_equivariant.descriptions.tracks import TRACKS, Track
from rc_equivariant.descriptions.trunks import (
    TRUNKS,
    BagTrunk,
    ConvolutionTrunk,
    DilatedTrunk,
    HyperbolicTrunk,
    PooledResidualTrunk,
)
from rc_equivariant.testing import assert_equivariant, equivariance_error

WINDOW = 31
SYMMETRIES = {
    "standard": Symmetry("standard", 2, 4),
    "rcps": Symmetry("rcps", 1, 4),
    "regular": Symmetry("regular", 3, 4),
    "irrep": Symmetry("irrep", 2, 4, 0.7),
}
SMALL_TRUNKS = {
    "convolutions": ConvolutionTrunk(kernel_widths=(5, 4)),
    "pooled_residual": PooledResidualTrunk(first_width=6, residual_width=3),
    "pooled_residual without pooling": PooledResidualTrunk(first_width=6, pool_width=1, residual_width=3),
    "dilated": DilatedTrunk(first_width=6, dilations=(1, 2)),
    "residual": ResidualTrunk(first_width=6, residual_width=3, squeezed=4),
    "residual, all positions": ResidualTrunk(
        first_width=6, dilations=(1, 2), residual_width=3, squeezed=0, join="concatenation", reduction=1
    ),
    "attention": AttentionTrunk(first_width=6, reduction=2, blocks=1, heads=2, pairs=2),
    "long convolution, all positions": LongConvolutionTrunk(first_width=6, reduction=1, blocks=1, reach=9),
    "hyperbolic": HyperbolicTrunk(blocks=2, width=3),
    "hyperbolic, k of each block": HyperbolicTrunk(blocks=2, width=3, curvature="per_block", k=0.7),
    "flat": HyperbolicTrunk(blocks=2, width=3, curvature="flat", learnt=False),
    "bag": BagTrunk(lengths=(3, 4), gaps=(2,)),
}
SMALL_HEADS = {
    "max_pool": MaxPoolHead(pool_width=5, pool_stride=3),
    "dense": DenseHead(dense=5, dropout=0.2),
    "attention_pool": AttentionPoolHead(dense=5, dropout=0.2),
    "flatten": FlattenHead(dense=5, dropout=0.2),
    "profile": ProfileHead(profile_width=8),
    "points": PointsHead(dense=7),
    "points of a centroid": PointsHead(dense=7, pooling="centroid"),
    "bag": BagHead(dense=5, dropout=0.2),
}
EVERY_PAIR = list(itertools.product(SMALL_TRUNKS, SMALL_HEADS))
ADMISSIBLE = [(trunk, head) for trunk, head in EVERY_PAIR if SMALL_HEADS[head].fits(SMALL_TRUNKS[trunk])]
REFUSED = [pair for pair in EVERY_PAIR if pair not in ADMISSIBLE]
every_pair = pytest.mark.parametrize(("trunk", "head"), ADMISSIBLE, ids=map(" + ".join, ADMISSIBLE))
every_symmetry = pytest.mark.parametrize("symmetry", SYMMETRIES)
of_equivariant = pytest.mark.parametrize("symmetry", [name for name in SYMMETRIES if name != "standard"])


def described(symmetry: str, trunk: str, head: str, **options) -> NetworkDescription:
    return NetworkDescription(
        symmetry=SYMMETRIES[symmetry], window=WINDOW, trunk=SMALL_TRUNKS[trunk], head=SMALL_HEADS[head], **options
    )


def small(description: NetworkDescription) -> torch.nn.Module:
    """The network with parameters that are not at their start, from where some faults do not show."""
    torch.manual_seed(0)
    network = build(description).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.1)
    return network


def random_codes(batch: int = 5) -> torch.Tensor:
    return torch.randint(0, 5, (batch, WINDOW), generator=torch.Generator().manual_seed(1))


def inputs_of(network: torch.nn.Module, description: NetworkDescription) -> list[torch.Tensor]:
    """K-mer indices, and the tracks of the description."""
    encoding, generator = as_tuple(network.in_type)[0], torch.Generator().manual_seed(2)
    shapes = [(5, 2, description.output_length) for _ in description.tracks]
    tracks = [torch.rand(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    return [encoding.indices(random_codes()), *tracks]


def variants(head: str) -> list[dict]:
    """What a network of this head can be beside its layers."""
    if SMALL_HEADS[head].answers == LOGITS:
        return [{"classes": 3}]
    return [{"tracks": ()}, {"tracks": ("control",)}]


def test_the_pairs_are_all_kinds_of_trunk_and_head():
    assert {part.type for part in SMALL_TRUNKS.values()} == set(TRUNKS)
    assert {part.type for part in SMALL_HEADS.values()} == set(HEADS)
    assert len(ADMISSIBLE) == 8 * 4 + 5 + 3 * 2 + 1
    assert not {("pooled_residual", "profile"), ("residual", "profile"), ("attention", "profile")} & set(ADMISSIBLE)


@of_equivariant
@every_pair
def test_every_pair_is_exact_with_exact_gradients(trunk, head, symmetry):
    """Logits are equal on both strands; profiles are reversed, with their strands exchanged."""
    for options in variants(head):
        description = described(symmetry, trunk, head, **options)
        network = small(description)
        assert_equivariant(network, *inputs_of(network, description), tolerance=1e-11)


@every_pair
def test_standard_pairs_are_exact_only_if_they_are_conjoined(trunk, head):
    for options in variants(head):
        description = described("standard", trunk, head, **options)
        network = small(description).eval()
        assert equivariance_error(network, *inputs_of(network, description)) > 1e-3
        if hasattr(description.head, "dropout"):
            # Dropout draws other numbers for the other strand.
            description = replace(description, head=replace(description.head, dropout=0))
        conjoined = small(replace(description, conjoined=True))
        assert isinstance(conjoined, StrandAverage)
        assert_equivariant(conjoined, *inputs_of(conjoined, description), tolerance=1e-11)


@every_symmetry
@every_pair
def test_every_pair_exports_to_plain_torch(trunk, head, symmetry):
    for options in variants(head):
        description = described(symmetry, trunk, head, **options)
        network = small(description)
        inputs = inputs_of(network, description)
        network.train()(*inputs)
        exported = network.eval().export()
        one_hot = KmerEncoding(1).one_hot(random_codes()).double()
        with torch.no_grad():
            expected, found = as_tuple(network(*inputs)), as_tuple(exported(one_hot, *inputs[1:]))
        for ours, theirs in zip(expected, found, strict=True):
            torch.testing.assert_close(theirs, ours, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("symmetry", ["standard", "irrep"])
@every_pair
def test_every_parameter_of_every_pair_has_a_gradient(trunk, head, symmetry):
    for options in variants(head):
        description = described(symmetry, trunk, head, **options)
        network = small(description)
        outputs = as_tuple(network(*inputs_of(network, description)))
        sum(output.square().sum() for output in outputs).backward()
        for name, parameter in network.named_parameters():
            if parameter.numel():
                assert parameter.grad.isfinite().all(), name


@every_pair
def test_networks_say_what_they_are_made_of(trunk, head):
    for options in [{"classes": 2}, *variants(head)]:
        description = described("regular", trunk, head, **options)
        assert NetworkDescription.from_dict(description.to_dict()) == description
        network = build(description)
        assert isinstance(network, Network)
        assert network.description == description
        assert network.encoding == KmerEncoding(description.symmetry.kmer)
        if description.answers == LOGITS:
            kmers = network.eval().encoding.indices(random_codes())
            logits = network.last_layer(network.embed(kmers))
            assert network.out_type == Ordinary(description.logits)
            assert logits.shape == (5, description.logits)
            assert torch.equal(network(kmers), logits.squeeze(1) if description.classes == 2 else logits)
        else:
            shapes = [tuple(output.shape) for output in network(*inputs_of(network.double(), description))]
            assert shapes == [(5, 2, description.output_length), (5, 2)]


@pytest.mark.parametrize(("trunk", "head"), REFUSED, ids=map(" + ".join, REFUSED))
def test_other_pairs_are_refused_with_the_heads_that_fit(trunk, head):
    fitting = ", ".join(dict.fromkeys(SMALL_HEADS[other].type for own, other in ADMISSIBLE if own == trunk))
    with pytest.raises(ValueError, match=rf"cannot read a {SMALL_TRUNKS[trunk].type} trunk: choose from {fitting}$"):
        described("regular", trunk, head)


def test_the_modules_of_a_network_are_those_of_its_parts():
    content = described("regular", "dilated", "profile").to_dict()
    assert modules_of(content) == [
        "rc_equivariant.networks.network",
        "rc_equivariant.networks.profile",
        "rc_equivariant.networks.trunks",
    ]
    parts = {key: described("regular", "flat", "points").to_dict()[key] for key in ("trunk", "head")}
    assert modules_of(parts) == ["rc_equivariant.hyperbolic.network", "rc_equivariant.networks.network"]
    with pytest.raises(ValueError, match=f"a type among {', '.join(TRUNKS)}$"):
        modules_of({"head": parts["head"]})


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"window": 0}, "window is 0: it must be at least 1"),
        ({"window": "wide"}, "window is 'wide': it must be a whole number"),
        ({"classes": 2.5}, "classes is 2.5: it must be a whole number"),
        ({"conjoined": "yes"}, "conjoined is 'yes': it must be true or false"),
        ({"tracks": "control"}, "tracks is 'control': it must be a list"),
        ({"tracks": ("control", "control")}, "each can be read only once"),
        ({"tracks": ("methylation",)}, "reads no track called methylation: it can read control"),
    ],
)
def test_other_contradictions_are_refused(changes, text):
    usual = {"symmetry": SYMMETRIES["regular"], "window": WINDOW}
    parts = {"trunk": SMALL_TRUNKS["dilated"], "head": SMALL_HEADS["profile"]}
    with pytest.raises((TypeError, ValueError), match=text):
        NetworkDescription(**usual | parts | changes)


@pytest.mark.parametrize("representation", ["standard", "regular", "irrep"])
def test_a_profile_head_reads_several_tracks(representation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A track of both strands together is reversed, one of each strand is exchanged too, and exports read both."""
    monkeypatch.setitem(TRACKS, "accessibility", Track(name="accessibility", doc="", is_stranded=False))
    monkeypatch.setattr(ProfileHead, "tracks", tuple(TRACKS))
    fraction = 0.5 if representation == "irrep" else None
    sizes = {"channels": 4, "window": 60, "plus_fraction": fraction, "dilations": (2,), "profile_width": 7}
    network = build(NetworkDescription.named("profile", representation, 1, tracks=tuple(TRACKS), **sizes)).double()
    assert [space.size for space in network.in_type[1:]] == [2, 1]
    length = network.description.output_length
    codes = torch.randint(0, 4, (5, 60))
    tracks = [torch.rand(5, size, length, dtype=torch.float64) for size in (2, 1)]
    profile, totals = network(codes, *tracks)
    exported = network.export()(network.encoding.one_hot(codes).double(), *tracks)
    torch.testing.assert_close(exported, (profile, totals))
    reverse, reverse_totals = network(network.encoding.act(codes), *(track.flip(1, 2) for track in tracks))
    assert torch.allclose(reverse.flip(1, 2), profile) == (representation != "standard")
    assert torch.allclose(reverse_totals.flip(1), totals) == (representation != "standard")
    changed, _ = network(codes, tracks[0], tracks[1].roll(3, 2))
    assert not torch.allclose(changed, profile)
