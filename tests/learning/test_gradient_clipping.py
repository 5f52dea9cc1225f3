"""Gradients are clipped by the norm of a whole network, each network of a stack by its own."""

import pytest
import torch
from interrupted_trainings import KINDS as ALL
from interrupted_trainings import same
from plain_trainings import KINDS, objective_of, steps_by_hand, with_options

from learning.training.gradients import clip_norms
from learning.training.loop import train
from learning.training.options import TRAININGS
from learning.training.settings import Training

SHAPES = [(3, 4, 2), (5,), (), (2, 0)]


def gradients_of(lengths, shapes=SHAPES):
    """Gradients (networks, ...) of parameters of these shapes, with these norms."""
    generator = torch.Generator().manual_seed(0)
    networks = []
    for length in lengths:
        values = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
        norm = sum(value.square().sum() for value in values).sqrt()
        networks.append([value * (length / norm) for value in values])
    return [torch.stack(alike) for alike in zip(*networks, strict=True)]


def test_longer_gradients_get_the_largest_norm_and_others_stay_as_they_are():
    before = gradients_of([7.0, 0.5, 2.0, 0.0])
    clipped = [each.clone() for each in before]
    clip_norms(clipped, 2.0)
    for one, other in zip(clipped, before, strict=True):
        assert torch.allclose(one[0], other[0] * 2 / 7, rtol=1e-6)
        assert torch.allclose(one[1:], other[1:], rtol=1e-6)
        assert torch.equal(one[1], other[1])
        assert not one[3].any()


@pytest.mark.parametrize("length", [0.5, 7.0])
def test_a_network_alone_is_clipped_as_torch_does(length):
    gradients = gradients_of([length])
    parameters = [torch.zeros_like(each[0], requires_grad=True) for each in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient[0].clone()
    torch.nn.utils.clip_grad_norm_(parameters, 2.0)
    clip_norms(gradients, 2.0)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        assert torch.allclose(parameter.grad, gradient[0], rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_of_a_training_is_clipped(kind):
    """As by torch; Adam alone would hide a clipping that is the same in all steps."""
    parts = with_options(kind, gradient_clipping=0.05)
    norms = []

    def clip(network):
        norms.append(torch.nn.utils.clip_grad_norm_(network.parameters(), 0.05).item())

    expected = list(steps_by_hand(*parts, before_step=clip))
    assert max(norms) > 2 * min(norms)
    trained = train(*parts, seed=1)
    found = trained.network.state_dict()
    at_best = expected[trained.best.epoch * objective_of(parts[1]).steps_per_epoch - 1]
    unclipped = train(*with_options(kind), seed=1)
    assert unclipped.history != trained.history
    for name, value in at_best.items():
        assert torch.allclose(found[name].double(), value.double(), rtol=1e-4, atol=1e-5), name


def test_a_norm_that_no_gradient_reaches_changes_nothing():
    same(train(*with_options("binary", gradient_clipping=1e6), seed=1), train(*with_options("binary"), seed=1))


def test_in_float16_the_gradient_is_clipped_without_the_scale_of_the_loss():
    """The scale is 65536: gradients that were clipped with it would be next to nothing beside the rounding of Adam."""
    make = ALL["float16"]
    wide, clipped = (train(*with_options("binary", make, gradient_clipping=norm), seed=1) for norm in (0.0, 1e6))
    same(wide, clipped)


@pytest.mark.parametrize("kind", TRAININGS)
def test_a_norm_is_no_negative_number(kind):
    with pytest.raises(ValueError, match="gradient_clipping is -1: it must be at least 0"):
        Training.of_kind(kind, {"gradient_clipping": -1})
