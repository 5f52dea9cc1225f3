"""Contributions by centred gradients and mutagenesis: by definition, the same on both strands, and at the motif."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from attributed_networks import BINARY_WINDOW, METHODS, binary, profile, with_random_weights

from genome_data.alphabet import reverse_complement
from learning.analysis.attribution import (
    Windows,
    base_gradients,
    centred,
    gradient_contributions,
    mutagenesis_contributions,
    of_present_bases,
    window_scores,
)
from rc_equivariant import Centred, Network, NetworkDescription, StrandAverage, build

ARMS = [("rcps", 1, None), ("regular", 2, None), ("irrep", 3, 0.75), ("standard", 2, None)]


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Tiny batches spend longer on handing work to threads than on the work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def random_windows(network, count=4, unknown=True):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (count, network.description.window), dtype=np.uint8)
    if unknown:
        codes[0, 20:22] = 4
    if not network.description.tracks:
        return Windows(codes)
    shape = (count, 2, network.description.output_length)
    return Windows(codes, {"control": rng.poisson(2, shape).astype(np.uint16)})


def other_strand(windows):
    tracks = {name: values[:, ::-1, ::-1].copy() for name, values in windows.tracks.items()}
    return Windows(reverse_complement(windows.codes), tracks)


def hyperbolic(representation, kmer, fraction=None):
    torch.manual_seed(0)
    sizes = {"blocks": 2, "width": 3, "dense": 31, "curvature": "per_block"}
    description = NetworkDescription.named("hyperbolic", representation, kmer, 8, BINARY_WINDOW, fraction, **sizes)
    return with_random_weights(Network(description))


def bag(representation, kmer, fraction=None):
    torch.manual_seed(0)
    options = {"lengths": (3, 4), "gaps": (2,), "dense": 6}
    description = NetworkDescription.named("bag", representation, kmer, 8, BINARY_WINDOW, fraction, **options)
    return with_random_weights(Network(description))


def apart(representation, kmer, fraction=None):
    torch.manual_seed(0)
    options = {"first_width": 9, "residual_width": 3, "dense": 6, "distances": 4}
    description = NetworkDescription.named("large", representation, kmer, 8, BINARY_WINDOW, fraction, **options)
    return with_random_weights(build(description))


CASES = [(make, arm, "logit") for make in (binary, hyperbolic, bag) for arm in ARMS]
CASES += [(profile, arm, head) for arm in ARMS for head in ("profile", "counts")]
CASES.append((apart, ("regular", 2, None), "logit"))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("make", "arm", "head"), CASES, ids=lambda value: getattr(value, "__name__", str(value)))
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_both_strands_have_the_same_contributions(method, make, arm, head, dtype, tolerance) -> None:
    network = make(*arm).to(dtype)
    windows = random_windows(network)
    if make is hyperbolic:
        # Its answers round more, and contributions are small beside them.
        tolerance *= 5
    if arm[0] == "standard":
        assert disagreement(METHODS[method], network, windows, head) > 1e-3
        network = StrandAverage(network).eval()
    assert disagreement(METHODS[method], network, windows, head) < tolerance


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("arm", [("irrep", 3, 0.75), ("standard", 2)], ids=str)
def test_contributions_to_centred_networks_follow_the_sequence(method, arm) -> None:
    """Sequences shorter than the window, by odd and even numbers: on either strand, anywhere in the window."""
    network = hyperbolic(*arm).double()
    alone = network if arm[0] == "irrep" else StrandAverage(network).eval()
    centred = Centred(alone).eval()
    windows = random_windows(network)
    windows.codes[:, :5] = 4
    windows.codes[0, -4:] = windows.codes[1, -7:] = 4
    assert disagreement(METHODS[method], centred, windows, "logit") < 1e-10
    moved = Windows(np.roll(windows.codes, -3, axis=1))
    of_windows, of_moved = (METHODS[method](centred, each, "logit") for each in (windows, moved))
    assert np.allclose(of_moved, np.roll(of_windows, -3, axis=1), atol=1e-12)
    assert not np.allclose(METHODS[method](alone, moved, "logit"), np.roll(of_windows, -3, axis=1), atol=1e-3)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("conjoined", [False, True])
@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_compiled_network_has_the_same_contributions(method, conjoined) -> None:
    torch.compiler.reset()
    network = binary("standard", 2) if conjoined else binary("irrep", 2, 0.75)
    windows = random_windows(network, count=2)
    network = StrandAverage(network).eval() if conjoined else network
    expected = method(network, windows, "logit")
    compiled = torch.compile(network, backend="eager")
    assert np.abs(method(compiled, windows, "logit") - expected).max() < 1e-4 * np.abs(expected).max()


def disagreement(contributions, network, windows, head):
    """Largest difference between the strands, of the largest contribution."""
    of_windows = contributions(network, windows, head)
    of_other = contributions(network, other_strand(windows), head)
    return np.abs(of_windows - of_other[:, ::-1, ::-1]).max() / np.abs(of_windows).max()


def test_for_single_nucleotides_it_is_gradient_times_input() -> None:
    network = binary("regular", 1).double()
    windows = random_windows(network, unknown=False)
    one_hot = torch.eye(4, dtype=torch.float64)[torch.from_numpy(windows.codes).long()].requires_grad_()
    network.export()(one_hot.transpose(1, 2)).sum().backward()
    contributions = base_gradients(network, windows, "logit")
    assert np.allclose(contributions, one_hot.grad, atol=1e-14)
    actual = of_present_bases(contributions, windows.codes)
    assert np.allclose(actual, (one_hot * one_hot.grad).sum(2).detach(), atol=1e-14)


def test_centring_removes_what_all_four_bases_share_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(3, 20, 4))
    found = centred(gradients)
    assert np.allclose(found.sum(2), 0, atol=1e-15)
    assert np.allclose(found[..., 1:] - found[..., :1], gradients[..., 1:] - gradients[..., :1], atol=1e-14)
    assert np.allclose(centred(gradients + rng.normal(size=(3, 20, 1))), found, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_centring_adds_no_rounding_that_differs_between_the_strands(dtype) -> None:
    """Bit for bit: gradients of a reverse complement are centred to the same numbers, in reverse order."""
    gradients = np.random.default_rng(1).normal(size=(50, 30, 4)).astype(dtype)
    turned = np.ascontiguousarray(gradients[:, ::-1, ::-1])
    assert np.array_equal(centred(turned), centred(gradients)[:, ::-1, ::-1])
    assert centred(gradients).dtype == dtype


@pytest.mark.parametrize("arm", ARMS, ids=str)
def test_gradient_contributions_are_the_centred_gradients(arm) -> None:
    network = binary(*arm).double()
    windows = random_windows(network)
    found = gradient_contributions(network, windows, "logit")
    assert np.array_equal(found, centred(base_gradients(network, windows, "logit")))
    assert not found[windows.codes == 4].any()
    assert np.allclose(found.sum(2), 0, atol=1e-14)


def test_the_shape_of_a_profile_is_weighed_by_constant_probabilities() -> None:
    network = profile("regular", 1).double()
    windows = random_windows(network, unknown=False)
    one_hot = torch.eye(4, dtype=torch.float64)[torch.from_numpy(windows.codes).long()].requires_grad_()
    logits, _ = network.export()(one_hot.transpose(1, 2), torch.from_numpy(windows.tracks["control"].astype(float)))
    centred = logits - logits.mean(2, keepdim=True)
    (logits.softmax(2).detach() * centred).sum().backward()
    assert np.allclose(base_gradients(network, windows, "profile"), one_hot.grad, atol=1e-13)


@pytest.mark.parametrize("kmer", [2, 3])
def test_a_k_mers_contribution_is_shared_by_its_bases(kmer: int) -> None:
    """By hand, from the gradient with respect to the one-hot k-mers that the first convolution reads."""
    network = binary("regular", kmer).double()
    windows = random_windows(network)
    encoding, export = network.encoding, network.export()
    kmers = encoding.indices(torch.from_numpy(windows.codes))
    hot = torch.nn.functional.one_hot(kmers, 4**kmer + 1)[..., :-1].transpose(1, 2).double().requires_grad_()
    in_turn = [module for module in export.modules() if not list(module.children())]
    after_kmers = torch.nn.Sequential(*in_turn[2:])
    after_kmers(hot).sum().backward()
    expected = np.zeros((*windows.codes.shape, 4))
    for row, position, base, offset in np.ndindex(*expected.shape, kmer):
        start = position - offset
        if 0 <= start < hot.shape[2] and windows.codes[row, position] < 4:
            word = windows.codes[row, start : start + kmer].astype(int)
            word[offset] = base
            if (word < 4).all():
                number = int("".join(map(str, word)), 4)
                expected[row, position, base] += hot.grad[row, number, start].item() / kmer
    contributions = base_gradients(network, windows, "logit")
    assert np.allclose(contributions, expected, atol=1e-13)
    of_kmers = (hot * hot.grad).sum((1, 2)).detach()
    assert np.allclose(of_present_bases(contributions, windows.codes).sum(1), of_kmers, atol=1e-12)


def test_the_bases_of_a_k_mer_in_a_bag_share_its_contribution() -> None:
    """All contributions of a window are those of its k-mers: the gradient by each count times the count."""
    network = bag("regular", 2).double()
    windows = random_windows(network, unknown=False)
    roots = network.trunk(network.encoding.indices(torch.from_numpy(windows.codes))).requires_grad_()
    network.head(roots).sum().backward()
    # The root of a count has the slope 1 / (2 root), or 1 from no k-mer to one and at one.
    slopes = torch.where(roots > 1, 1 / (2 * roots), 1.0)
    expected = (roots.square() * slopes * roots.grad).sum(1).detach()
    contributions = base_gradients(network, windows, "logit")
    assert np.allclose(of_present_bases(contributions, windows.codes).sum(1), expected, atol=1e-12)


def test_a_base_that_completes_a_k_mer_of_a_bag_has_its_contribution() -> None:
    """Of AAAA, only the k-mers that one substitution makes have a gradient beside those that are there."""
    description = NetworkDescription.named("bag", "standard", 1, 8, 6, lengths=(3,), dense=6)
    network = with_random_weights(Network(description)).double()
    roots = network.trunk(torch.zeros(1, 6, dtype=torch.int64)).requires_grad_()
    network.head(roots).sum().backward()
    contributions = base_gradients(network, Windows(np.zeros((1, 6), dtype=np.uint8)), "logit")
    # The first base is in the first 3-mer alone: CAA is number 16, GAA 32 and TAA 48.
    assert np.allclose(contributions[0, 0, 1:], roots.grad[0, [16, 32, 48]].numpy() / 3, atol=1e-13)


@pytest.mark.parametrize("head", ["profile", "counts"])
def test_mutagenesis_of_a_profile_by_definition(head: str) -> None:
    network = profile("regular", 2).double()
    windows = random_windows(network, count=2, unknown=False)
    control = torch.from_numpy(windows.tracks["control"].astype(float))

    def answer(codes: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            return network(network.encoding.indices(torch.from_numpy(codes)), control)

    probabilities = answer(windows.codes)[0].softmax(2)

    def explained(codes: np.ndarray) -> np.ndarray:
        logits, totals = answer(codes)
        if head == "counts":
            return totals.sum(1).numpy()
        return (probabilities * (logits - logits.mean(2, keepdim=True))).sum((1, 2)).numpy()

    positions = range(5, 9)
    found = of_present_bases(mutagenesis_contributions(network, windows, head, positions), windows.codes[:, positions])
    for column, position in enumerate(positions):
        losses = []
        for step in (1, 2, 3):
            mutant = windows.codes.copy()
            mutant[:, position] = (mutant[:, position] + step) % 4
            losses.append(explained(windows.codes) - explained(mutant))
        assert np.allclose(found[:, column], np.mean(losses, axis=0), atol=1e-12)


def test_mutagenesis_compares_each_base_with_the_three_others() -> None:
    network = binary("irrep", 3, 0.75).double()
    windows = random_windows(network, count=1)
    found = mutagenesis_contributions(network, windows, "logit")[0]
    assert np.allclose(found.sum(1), 0, atol=1e-12)
    assert not found[windows.codes[0] == 4].any()
    mutants = windows.codes.repeat(4, axis=0)
    mutants[:, 7] = range(4)
    scores = window_scores(network, Windows(mutants))
    assert np.allclose(found[7], [score - np.delete(scores, base).mean() for base, score in enumerate(scores)])
