"""The losses of profile tasks are what torch's distributions say, and do not see the strand."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from learning.training.losses import count_loss, profile_loss
from rc_equivariant import Representation

STRANDS = Representation(regular=1)


def random_case(seed, batch=5, positions=30):
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(batch, 2, positions, generator=generator, dtype=torch.float64)
    counts = torch.randint(0, 6, (batch, 2, positions), generator=generator).double()
    return logits, torch.randn(batch, 2, generator=generator, dtype=torch.float64), counts


def test_the_profile_loss_is_the_multinomial_likelihood_without_its_coefficient():
    logits, _, counts = random_case(seed=0)
    expected = 0
    for window, reads in zip(logits, counts, strict=True):
        for strand, observed in zip(window, reads, strict=True):
            total = int(observed.sum())
            likelihood = torch.distributions.Multinomial(total, logits=strand).log_prob(observed)
            coefficient = torch.lgamma(observed.sum() + 1) - torch.lgamma(observed + 1).sum()
            expected -= likelihood - coefficient
    assert profile_loss(logits, counts).item() == pytest.approx(expected.item() / len(logits), rel=1e-12)


def test_the_count_loss_is_the_squared_error_of_logarithms():
    _, log_totals, counts = random_case(seed=1)
    expected = np.mean((log_totals.numpy() - np.log1p(counts.numpy().sum(2))) ** 2)
    assert count_loss(log_totals, counts).item() == pytest.approx(expected, rel=1e-12)


@given(seed=st.integers(0, 200))
def test_losses_of_the_reverse_complement_are_the_same(seed):
    logits, log_totals, counts = random_case(seed)
    mirrored = STRANDS.act(counts)
    assert profile_loss(STRANDS.act(logits), mirrored).item() == pytest.approx(profile_loss(logits, counts).item())
    assert count_loss(STRANDS.act(log_totals), mirrored).item() == pytest.approx(count_loss(log_totals, counts).item())


def test_a_strand_without_reads_adds_nothing_and_teaches_nothing():
    logits, _, counts = random_case(seed=2)
    counts[:, 1] = 0
    logits.requires_grad_(True)
    loss = profile_loss(logits, counts)
    loss.backward()
    one_strand = -(counts[:, 0] * torch.log_softmax(logits[:, 0], dim=1)).sum() / len(counts)
    assert loss.item() == pytest.approx(one_strand.item())
    assert not logits.grad[:, 1].any()
    assert profile_loss(logits, torch.zeros_like(counts)).item() == 0


def test_extreme_logits_stay_finite():
    logits = torch.tensor([[[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4]]])
    counts = torch.tensor([[[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]]])
    assert torch.isfinite(profile_loss(logits, counts))


def test_the_best_logits_are_the_shares_of_the_reads():
    _, _, counts = random_case(seed=3)
    counts += 1
    best = torch.log(counts / counts.sum(2, keepdim=True)).requires_grad_(True)
    profile_loss(best, counts).backward()
    assert best.grad.abs().max() < 1e-12
