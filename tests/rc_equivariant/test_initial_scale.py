"""Initial weights give every layer E[y^2] of twice the mean square of its live inputs, and networks equal logits.

Comparisons over k or over representations would otherwise be comparisons of scale wherever no batch norm follows.
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rc_equivariant import (
    Conv1d,
    FlattenLinear,
    KmerConv1d,
    KmerEncoding,
    Linear,
    Network,
    NetworkDescription,
    Ordinary,
    Representation,
)
from rc_equivariant.hyperbolic import (
    Curvature,
    LorentzConv1d,
    LorentzFlattenLinear,
    LorentzKmerConv1d,
    LorentzLinear,
)

#: Wide, so that few draws of each layer suffice.
TYPES = (
    Representation(40),
    Representation(trivial=60),
    Representation(sign=60),
    Representation(15, 25, 30),
    Ordinary(60),
)
CURVED = (0.1, 1.0, 30.0)
DRAWS = 24
#: Standard errors of the means below are at most a third of it; the faults of before made factors of 2 and more.
TOLERANCE = 0.08

of_types = pytest.mark.parametrize("space", TYPES, ids=str)


def mean_squares(make, x: Tensor, draws: int = DRAWS) -> Tensor:
    """E[y^2] over inputs and initial weights, the mean over all channels that reverse complement treats alike."""
    with torch.no_grad():
        squares = torch.stack([make()(x).square().movedim(1, -1).flatten(0, -2).mean(0) for _ in range(draws)]).mean(0)
    space = make().out_type
    if isinstance(space, Ordinary):
        return squares.mean(0, keepdim=True)
    parts = squares.split([2 * space.regular, space.trivial, space.sign])
    return torch.stack([part.mean() for part in parts if len(part)])


def assert_two(found: Tensor) -> None:
    assert torch.allclose(found, torch.full_like(found, 2.0), rtol=TOLERANCE), found


@of_types
@pytest.mark.parametrize("width", [4, 5])
@pytest.mark.parametrize("k", range(1, 7))
def test_look_ups_of_random_bases(k, width, space):
    """One input per tap is live, whatever k; tied taps that read the same k-mers count as they do."""
    torch.manual_seed(k)
    encoding = KmerEncoding(k)
    kmers = encoding.indices(torch.randint(4, (16, 100)))
    layer = KmerConv1d(encoding, space, width, bias=False)

    def drawn():
        layer.initialise()
        return layer

    assert_two(mean_squares(drawn, kmers, 80 if k < 4 else 12))


@of_types
@pytest.mark.parametrize("from_type", [Representation(3, 2, 4), Representation(6), Ordinary(12)], ids=str)
def test_layers_of_features(from_type, space):
    if isinstance(from_type, Ordinary) != isinstance(space, Ordinary):
        pytest.skip("no layer leads from one to the other")
    torch.manual_seed(0)
    x = torch.randn(100, from_type.size, 9)
    assert_two(mean_squares(lambda: Conv1d(from_type, space, 5), x))
    assert_two(mean_squares(lambda: Conv1d(from_type, space, 4, dilation=2), x))
    assert_two(mean_squares(lambda: FlattenLinear(from_type, space, 9), x))
    assert_two(mean_squares(lambda: Linear(from_type, space), torch.randn(800, from_type.size)))


@pytest.mark.parametrize("space", TYPES[-2:], ids=str)
@pytest.mark.parametrize("k", CURVED)
def test_lorentz_layers_count_the_time(k, space):
    """Half of the variance is that of a single weight per channel, so more draws are needed."""
    torch.manual_seed(0)
    from_type = Ordinary(12) if isinstance(space, Ordinary) else Representation(3, 2, 4)
    x, points = torch.randn(60, from_type.size, 9), torch.randn(600, from_type.size)
    encoding = KmerEncoding(2)
    kmers = encoding.indices(torch.randint(4, (16, 40)))
    curvature = Curvature(k)
    assert_two(mean_squares(lambda: LorentzConv1d(from_type, space, 5, curvature), x, 60))
    assert_two(mean_squares(lambda: LorentzKmerConv1d(encoding, space, 5, curvature), kmers, 60))
    assert_two(mean_squares(lambda: LorentzLinear(from_type, space, curvature), points, 60))
    assert_two(mean_squares(lambda: LorentzFlattenLinear(from_type, space, 9, curvature), x, 60))


@pytest.mark.parametrize("k", range(1, 5))
@pytest.mark.parametrize("distance", range(6))
def test_the_chance_of_mirrored_kmers_by_counting(k, distance):
    """All sequences that hold two such k-mers, and nothing else."""
    if k + distance > 8:
        pytest.skip("too many sequences")
    encoding = KmerEncoding(k)
    codes = torch.cartesian_prod(*[torch.arange(4)] * (k + distance)).reshape(-1, k + distance)
    kmers = encoding.indices(codes)
    mirrored = kmers[:, -1:] == encoding.act(kmers[:, :1])
    assert encoding.chance_of_mirror(distance) == float(mirrored.double().mean())


ARMS = {"standard": None, "regular": None, "irrep": 0.75}
WINDOW = 80
NARROW = {
    "binary": {"kernel_widths": (7, 4, 4), "pool_width": 20, "pool_stride": 10, "classes": 16},
    "labelled": {"first_width": 12, "residual_width": 3, "dense": 32, "classes": 16},
    "profile": {"first_width": 12, "dilations": (2, 4), "profile_width": 21},
    "hyperbolic": {"blocks": 2, "width": 5, "dense": 33, "curvature": "per_block", "classes": 16},
}


def initial_scales(kind: str, arm: str, k: int, draws: int = 25) -> Tensor:
    """Root mean squares, over inputs and initial weights, of the trunk's last features and of each output."""
    torch.manual_seed(0)
    codes, squares = torch.randint(4, (8, WINDOW)), []
    for _ in range(draws):
        network = Network(NetworkDescription.named(kind, arm, k, 16, WINDOW, ARMS[arm], **NARROW[kind]))
        kmers = network.encoding.indices(codes)
        with torch.no_grad():
            outputs = network(kmers)
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            squares.append(torch.stack([y.square().mean() for y in (network.trunk(kmers), *outputs)]))
    return torch.stack(squares).mean(0).sqrt()


@pytest.mark.parametrize("kind", NARROW)
def test_networks_start_at_one_scale_for_any_k_and_representation(kind):
    """6-mers once began 64 times smaller. Outputs of few random weights vary, and merged -1 channels are smaller."""
    by_arm = torch.stack([torch.stack([initial_scales(kind, arm, k) for k in (1, 3, 6)]) for arm in ARMS])
    over_k, over_all = by_arm.amax(1) / by_arm.amin(1), by_arm.amax((0, 1)) / by_arm.amin((0, 1))
    assert (over_k[:, 0] < 1.15).all(), by_arm
    assert (over_k < 1.7).all(), by_arm
    assert over_all[0] < 1.25, by_arm
    assert (over_all < 2.5).all(), by_arm


@pytest.mark.parametrize("arm", ARMS)
def test_features_of_dilated_trunks_do_not_double_with_each_block(arm):
    found = []
    for dilations in ((1,), (1,) * 12):
        torch.manual_seed(0)
        options = {"first_width": 12, "dilations": dilations, "profile_width": 21}
        network = Network(NetworkDescription.named("profile", arm, 1, 32, WINDOW, ARMS[arm], **options))
        with torch.no_grad():
            found.append(network.trunk(torch.randint(4, (8, WINDOW))).square().mean().sqrt())
    assert found[1] < 6 * found[0]
