"""Centred networks are functions of the sequence alone: wherever it lies in the window, and on either strand."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from rc_equivariant import Centred, Ensemble, KmerEncoding, NetworkDescription, Ordinary, StrandAverage, build
from rc_equivariant.cost import multiply_adds
from rc_equivariant.testing import assert_equivariant

WINDOW, UNKNOWN = 60, 4
BASES = KmerEncoding(1)
#: Every network for classes, with layers that notice a move by one position.
LAYERS = {
    "binary": {"kernel_widths": (5, 4), "pool_width": 10, "pool_stride": 5},
    "labelled": {"first_width": 6, "residual_width": 3, "dense": 8, "dropout": 0.0},
    "hyperbolic, flatten": {"blocks": 2, "width": 3, "dense": 9, "pooling": "flatten"},
    "hyperbolic, centroid": {"blocks": 2, "width": 3, "dense": 9, "pooling": "centroid"},
    "flat": {"blocks": 2, "width": 3, "dense": 9, "pooling": "flatten", "curvature": "flat", "learnt": False},
}
ARMS = {
    "rcps": ("rcps", 1, None),
    "regular k=2": ("regular", 2, None),
    "irrep k=3": ("irrep", 3, 0.75),
    "conjoined k=1": ("standard", 1, None),
    "conjoined k=3": ("standard", 3, None),
}
every_network = pytest.mark.parametrize("layers", LAYERS)
every_arm = pytest.mark.parametrize("arm", ARMS)


def network(layers: str, arm: str, *, classes: int = 2) -> Centred:
    """A centred network with weights and running statistics that are not at their start, in evaluation mode."""
    representation, kmer, fraction = ARMS[arm]
    name = {"flat": "hyperbolic"}.get(layers, layers.split(",")[0])
    described = NetworkDescription.named(
        name, representation, kmer, 8, WINDOW, fraction, classes=classes,
        conjoined=representation == "standard", centred=True, **LAYERS[layers],
    )  # fmt: skip
    torch.manual_seed(0)
    built = build(described)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.2)
        built.train()(built.in_type.indices(torch.randint(0, 4, (20, WINDOW))))
    return built.eval()


def sequences(length: int, number: int = 8) -> Tensor:
    return torch.randint(0, 4, (number, length), generator=torch.Generator().manual_seed(length))


def placed(codes: Tensor, left: int | None = None) -> Tensor:
    """Sequences in their window, by default with the smaller half of the outside on the left."""
    left = (WINDOW - codes.shape[1]) // 2 if left is None else left
    return nn.functional.pad(codes, (left, WINDOW - left - codes.shape[1]), value=UNKNOWN)


def one_hot(codes: Tensor) -> Tensor:
    return nn.functional.one_hot(codes, 5)[..., :4].transpose(1, 2).float()


def answers(asked: nn.Module, codes: Tensor) -> Tensor:
    with torch.no_grad():
        return asked(asked.in_type.indices(codes))


@every_arm
@every_network
def test_a_sequence_and_its_reverse_complement_have_the_same_logits(layers: str, arm: str) -> None:
    """For odd and even differences between sequence and window; the network alone fails for odd ones.

    Means over all positions hardly notice a move.
    """
    centred = network(layers, arm)
    alone = centred.network
    for length in (WINDOW, WINDOW - 1, WINDOW - 2, 41, 40, 9):
        codes = sequences(length)
        pairs = [[answers(asked, placed(each)) for each in (codes, BASES.act(codes))] for asked in (alone, centred)]
        error_alone, error = ((one - other).abs().max() / one.abs().max() for one, other in pairs)
        assert error < 2e-6
        if (WINDOW - length) % 2 and length > 9 and layers != "hyperbolic, centroid":
            assert error_alone > 1e-3


@every_arm
@every_network
def test_a_sequence_may_lie_anywhere_in_the_window(layers: str, arm: str) -> None:
    centred = network(layers, arm, classes=3)
    for length in (41, 40):
        codes = sequences(length)
        expected = answers(centred, placed(codes))
        for left in range(WINDOW - length + 1):
            assert torch.equal(answers(centred, placed(codes, left)), expected)
        exported = centred.export()(one_hot(placed(codes, 3)))
        torch.testing.assert_close(exported, expected, rtol=1e-5, atol=1e-5)


@every_arm
def test_the_logits_are_the_mean_of_both_places(arm: str) -> None:
    centred = network("hyperbolic, flatten", arm)
    alone, codes = centred.network, sequences(41)
    expected = (answers(alone, placed(codes, 9)) + answers(alone, placed(codes, 10))) / 2
    torch.testing.assert_close(answers(centred, placed(codes)), expected, rtol=1e-5, atol=1e-6)


@every_network
def test_where_nothing_moves_the_output_is_that_of_the_network_bit_for_bit(layers: str) -> None:
    centred = network(layers, "irrep k=3")
    alone = centred.network
    for length in (WINDOW, 40):
        codes = placed(sequences(length))
        assert torch.equal(answers(centred, codes), answers(alone, codes))
    assert multiply_adds(centred) == multiply_adds(alone)


class Listener(nn.Module):
    """Maps a row to the sum of its indices times their positions, and keeps the rows that it reads."""

    out_type = Ordinary(1)

    def __init__(self, k: int = 1) -> None:
        super().__init__()
        self.in_type, self.heard = KmerEncoding(k), []

    def forward(self, kmers: Tensor) -> Tensor:
        self.heard.append(kmers.tolist())
        return (torch.where(kmers == self.in_type.size, 0, kmers) * torch.arange(kmers.shape[1])).sum(1).double()


def test_known_places_and_their_mean() -> None:
    """Even rows are read once, odd ones twice; rows with unknown ends are moved, and unknown ones inside stay."""
    n = 4
    rows = [[n, n, n, n, n, n], [1, 2, n, n, n, n], [n, 3, n, 1, n, n], [n, n, n, n, n, 2], [0, 1, 2, 3, 0, 1]]
    left = [[n, n, n, n, n, n], [n, n, 1, 2, n, n], [n, 3, n, 1, n, n], [n, n, 2, n, n, n], [0, 1, 2, 3, 0, 1]]
    right = [[n, n, 3, n, 1, n], [n, n, n, 2, n, n]]
    listener = Listener()
    assert Centred(listener).eval()(torch.tensor(rows)).tolist() == [0, 8, 8, 5, 19]
    assert listener.heard == [left, right]
    listener.heard.clear()
    assert Centred(listener).train()(torch.tensor(rows)).tolist() == [0, 8, 8, 5, 19]
    assert listener.heard == [[*left, left[0], left[1], right[0], right[1], left[4]]]


def test_a_batch_that_needs_no_second_place_is_read_once() -> None:
    listener = Listener()
    Centred(listener).eval()(placed(sequences(40)))
    assert len(listener.heard) == 1


@given(data=st.data(), k=st.integers(1, 4), length=st.integers(1, 12), width=st.integers(12, 20))
@settings(max_examples=150)
def test_rows_of_any_content_have_the_answer_of_their_reverse_complement(data, k, length, width) -> None:
    """Unknown bases anywhere, at any place: for one strand the mirrored position weights, to the last bit."""
    codes = data.draw(st.lists(st.integers(0, 4), min_size=length, max_size=length))
    lefts = data.draw(st.tuples(*[st.integers(0, width - length)] * 2))
    rows = [
        nn.functional.pad(torch.tensor([of_strand]), (left, width - length - left), value=UNKNOWN)
        for of_strand, left in zip((codes, BASES.act(torch.tensor([codes]))[0].tolist()), lefts, strict=True)
    ]
    centred = Centred(StrandAverage(Listener(k))).eval()
    forward, reverse = (centred(centred.in_type.indices(row)) for row in rows)
    assert torch.equal(forward, reverse)


@every_arm
def test_equivariance_holds_in_training_and_for_gradients(arm: str) -> None:
    centred = network("hyperbolic, flatten", arm).double()
    codes = torch.cat([placed(sequences(length, 3), left) for length, left in ((41, 2), (40, 0), (60, 0), (13, 40))])
    assert_equivariant(centred, centred.in_type.indices(codes), tolerance=1e-10)


@pytest.mark.parametrize("k", [1, 3])
def test_averages_and_ensembles_of_centred_networks_are_functions_of_the_sequence(k: int) -> None:
    members = [network("labelled", "irrep k=3"), StrandAverage(network("binary", f"conjoined k={k}"))]
    ensemble = Ensemble(members).eval()
    codes = sequences(41)
    with torch.no_grad():
        expected = ensemble(placed(codes))
        assert torch.equal(ensemble(placed(codes, 1)), expected)
        torch.testing.assert_close(ensemble(placed(BASES.act(codes), 17)), expected, rtol=1e-6, atol=1e-6)


def test_it_can_be_captured_by_torch_export() -> None:
    centred = network("hyperbolic, flatten", "irrep k=3").requires_grad_(False)
    kmers = centred.in_type.indices(placed(sequences(41)))
    captured = torch.export.export(centred, (kmers,)).module()
    other = centred.in_type.indices(placed(sequences(40)))
    torch.testing.assert_close(captured(other), centred(other), rtol=1e-5, atol=1e-6)


def test_networks_that_predict_positions_or_read_tracks_are_refused() -> None:
    profile = NetworkDescription.named("profile", "rcps", channels=4, window=400)
    with pytest.raises(ValueError, match="only input is k-mer indices and it has one output"):
        Centred(build(profile))
    with pytest.raises(ValueError, match="a profile head predicts positions, so its network cannot be centred"):
        NetworkDescription.named("profile", "rcps", channels=4, window=400, centred=True)
