"""The free parameters of a kernel span the whole space of equivariant kernels, and nothing else.

The space is computed here from its definition alone: dense matrices of the action on channels, read off unit vectors,
and the flip of the taps.
"""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rc_equivariant import Conv1d, KernelTying, Ordinary, Representation
from rc_equivariant.testing import all_representations

PAIRS_UP_TO = 6
WIDTHS = range(1, 10)

small_representations = st.sampled_from(all_representations(4))


def channel_matrix(space) -> Tensor:
    """Matrix of the action on channels, float64."""
    return space.act(torch.eye(space.size, dtype=torch.float64)).T.contiguous()


def reverse_complement_of_kernel(kernel, rho_in, rho_out):
    """rho_out W rho_in with the taps reversed: an involution, of which equivariant kernels are the fixed points."""
    return (rho_out @ kernel.permute(2, 0, 1) @ rho_in).permute(1, 2, 0).flip(2)


def dense_action(in_type, out_type, width) -> Tensor:
    """Matrix of that involution on flattened kernels."""
    flip = torch.eye(width, dtype=torch.float64).flip(0)
    return torch.kron(torch.kron(channel_matrix(out_type), channel_matrix(in_type).T.contiguous()), flip)


def basis_of(tying: KernelTying) -> Tensor:
    """Kernels of the unit vectors of free parameters, shape (parameters, entries)."""
    unit = torch.eye(tying.size, dtype=torch.float64)
    return torch.stack([tying.expand(row).flatten() for row in unit]) if tying.size else unit.new_zeros(0, 1)


def parameters_that_give(tying: KernelTying, kernel: Tensor) -> Tensor:
    """Least-squares free parameters of a kernel: its entries averaged over the orbit of each parameter."""
    free = torch.ones(tying.size, dtype=torch.float64, requires_grad=True)
    expanded = tying.expand(free)
    (sums,) = torch.autograd.grad(expanded, free, kernel, retain_graph=True)
    (orbit_sizes,) = torch.autograd.grad(expanded, free, expanded.detach())
    return sums / orbit_sizes


def assert_complete(in_type, out_type, width, rho):
    """As many parameters as dimensions, and a random equivariant kernel is the expansion of some parameters.

    The dimension is the trace of the projector (1 + action) / 2. A kernel drawn with a density lies in the image of a
    linear map almost surely only if the whole space does; by the number of parameters nothing else lies in it.
    """
    rho_in, rho_out = rho[in_type], rho[out_type]
    tying = KernelTying(in_type, out_type, width)
    trace = int(rho_out.trace() * rho_in.trace()) * (width % 2)
    assert 2 * tying.size == out_type.size * in_type.size * width + trace
    kernel = torch.randn(out_type.size, in_type.size, width, dtype=torch.float64)
    kernel = kernel + reverse_complement_of_kernel(kernel, rho_in, rho_out)
    reached = tying.expand(parameters_that_give(tying, kernel))
    assert torch.allclose(reached, kernel, rtol=0, atol=1e-14)


@pytest.mark.parametrize("width", WIDTHS)
def test_all_pairs_of_representations_have_all_equivariant_kernels(width):
    torch.manual_seed(width)
    types = all_representations(PAIRS_UP_TO)
    rho = {t: channel_matrix(t) for t in types}
    assert all(torch.equal(matrix @ matrix, torch.eye(t.size, dtype=torch.float64)) for t, matrix in rho.items())
    for in_type in types:
        for out_type in types:
            assert_complete(in_type, out_type, width, rho)


@given(small_representations, small_representations, st.integers(1, 9))
@settings(max_examples=60)
def test_the_parameters_are_a_basis_of_the_null_space(in_type, out_type, width):
    """The same by brute force: rank of the constraint matrix, and rank of the expanded unit vectors."""
    action = dense_action(in_type, out_type, width)
    constraint = action - torch.eye(len(action), dtype=torch.float64)
    dimension = len(action) - int(torch.linalg.matrix_rank(constraint))
    tying = KernelTying(in_type, out_type, width)
    assert tying.size == dimension
    if dimension:
        basis = basis_of(tying)
        assert not (basis @ constraint.T).any()
        assert int(torch.linalg.matrix_rank(basis)) == dimension


@pytest.mark.parametrize("in_type", all_representations(4), ids=str)
def test_groups_are_refused_or_leave_all_equivariant_kernels_between_connected_channels(in_type):
    rho_in = channel_matrix(in_type)
    for out_type in all_representations(4):
        rho_out = channel_matrix(out_type)
        for groups in range(2, 5):
            if in_type.size % groups or out_type.size % groups:
                with pytest.raises(ValueError, match=f"{groups} groups do not divide"):
                    KernelTying(in_type, out_type, 3, groups)
                continue
            block = torch.ones(out_type.size // groups, in_type.size // groups, dtype=torch.float64)
            connected = torch.block_diag(*[block] * groups)
            if not torch.equal(rho_out.abs() @ connected @ rho_in.abs(), connected):
                with pytest.raises(ValueError, match="not kept by reverse complement"):
                    KernelTying(in_type, out_type, 3, groups)
                continue
            assert_complete_between(connected, in_type, out_type, groups)


def assert_complete_between(connected, in_type, out_type, groups, width=3):
    kept = connected[..., None].expand(-1, -1, width).flatten().bool()
    constraint = dense_action(in_type, out_type, width)[kept][:, kept] - torch.eye(int(kept.sum()), dtype=torch.float64)
    dimension = len(constraint) - int(torch.linalg.matrix_rank(constraint))
    tying = KernelTying(in_type, out_type, width, groups)
    assert tying.shape == (out_type.size, in_type.size // groups, width)
    assert tying.size == dimension
    if dimension:
        # Rows hold their own group's columns in order, so flat order is that of the connected entries.
        basis = basis_of(tying)
        assert not (basis @ constraint.T).any()
        assert int(torch.linalg.matrix_rank(basis)) == dimension


def test_every_kernel_between_ordinary_spaces_is_free():
    tying = KernelTying(Ordinary(3), Ordinary(2), 4)
    assert tying.size == 2 * 3 * 4
    assert int(torch.linalg.matrix_rank(basis_of(tying))) == tying.size


@pytest.mark.parametrize(
    ("tying", "is_free"),
    [
        (KernelTying(Ordinary(4), Ordinary(6), 3, groups=2), True),
        (KernelTying(Representation(sign=2), Representation(sign=3), 1), True),
        (KernelTying(Representation(regular=2), Representation(regular=1), 3), False),
        (KernelTying(Representation(sign=2), Representation(trivial=3), 1), False),
    ],
    ids=["ordinary", "signs", "regular", "none"],
)
def test_kernels_whose_entries_are_all_free_are_expanded_alike(tying, is_free):
    assert tying.is_free == is_free
    free = torch.randn(tying.size)
    kernel = tying.expand(free)
    tying.is_free = False
    assert torch.equal(tying.expand(free), kernel)


@pytest.mark.parametrize(
    ("in_type", "out_type"), [(Ordinary(2), Representation(2)), (Representation(2), Ordinary(2))], ids=str
)
def test_no_kernel_leads_between_ordinary_spaces_and_representations(in_type, out_type):
    with pytest.raises(ValueError, match="StrandMerge"):
        KernelTying(in_type, out_type, 3)


def test_a_layer_that_could_give_only_zeros_is_refused():
    assert KernelTying(Representation(sign=2), Representation(trivial=3), 1).size == 0
    with pytest.raises(ValueError, match="zero"):
        Conv1d(Representation(sign=2), Representation(trivial=3), 1)


def test_kernels_need_a_tap():
    with pytest.raises(ValueError, match="width 0"):
        KernelTying(Representation(2), Representation(2), 0)


def test_published_sizes():
    """Stored kernel parameters of the published layers (32 to 32 channels; at width 15 theirs hold 512 twice)."""
    regular, mixed = Representation(regular=16), Representation(trivial=24, sign=8)
    assert KernelTying(regular, regular, 14).size == KernelTying(mixed, mixed, 14).size == 7168
    assert KernelTying(regular, regular, 15).size == 7680


@pytest.mark.parametrize("out_type", [Representation(8), Representation(0, 8, 8), Representation(4, 4, 4)], ids=str)
@pytest.mark.parametrize("width", [1, 9])
def test_initial_kernels_keep_the_variance(out_type, width):
    """For inputs of unit variance a ReLU layer wants 2 in sum over each row; rows that must vanish have none."""
    torch.manual_seed(0)
    in_type = Representation(4, 4, 4)
    kernels = torch.stack([Conv1d(in_type, out_type, width).kernel().detach() for _ in range(400)])
    row_power = kernels.square().sum((2, 3)).mean(0)
    assert torch.allclose(row_power, torch.full_like(row_power, 2.0), rtol=0.15)


@pytest.mark.parametrize(
    "to", [Representation(8), Representation(0, 8, 8), Representation(4, 4, 4), Ordinary(16)], ids=str
)
def test_initial_layers_keep_the_variance_of_features(to):
    """Seen from outside: unit noise comes out with variance 2, of which ReLU keeps half."""
    torch.manual_seed(0)
    in_type = Ordinary(12) if isinstance(to, Ordinary) else Representation(4, 2, 2)
    variances = [Conv1d(in_type, to, 5)(torch.randn(8, 12, 104)).var() for _ in range(50)]
    assert float(torch.stack(variances).mean().detach()) == pytest.approx(2.0, rel=0.1)
