"""Learning rates of every schedule: known answers, those of torch, and those of published trainings."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from learning.training.options import TRAININGS
from learning.training.schedules import SCHEDULES
from learning.training.settings import Training
from workflow_support.kinds import KINDS


def rates(kind="binary", steps=100, **changes):
    schedule = Training.of_kind(kind, {"learning_rate": 0.4} | changes).schedule
    return [schedule.learning_rate_at(step, steps) for step in range(steps)]


@pytest.mark.parametrize("kind", TRAININGS)
def test_a_constant_rate_rises_in_its_warm_up_alone(kind):
    assert rates(kind, 20, schedule="constant", warm_up=0.2) == pytest.approx([0.1, 0.2, 0.3] + 17 * [0.4])
    assert rates(kind, 20, schedule="constant", warm_up=0.0) == 20 * [0.4]


@pytest.mark.parametrize("kind", TRAININGS)
def test_a_cosine_falls_to_0_from_the_end_of_its_warm_up(kind):
    found = rates(kind, 12, schedule="cosine", warm_up=1 / 6)
    expected = [0.2, 0.4] + [0.2 * (1 + math.cos(math.pi * i / 10)) for i in range(10)]
    assert found == pytest.approx(expected)
    assert rates(kind, 10, schedule="cosine", warm_up=0.0) == pytest.approx(expected[2:])


@pytest.mark.parametrize("kind", TRAININGS)
@pytest.mark.parametrize(("steps", "warm_up"), [(100, 0.3), (50, 0.1), (37, 0.25), (8, 0.5)])
def test_one_cycle_is_that_of_torch(kind, steps, warm_up):
    optimiser = torch.optim.Adam([torch.zeros(1, requires_grad=True)])
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=0.4, total_steps=steps, pct_start=warm_up, cycle_momentum=False
    )
    expected = []
    for _ in range(steps):
        expected.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        if len(expected) < steps:
            cycle.step()
    assert rates(kind, steps, schedule="one_cycle", warm_up=warm_up) == pytest.approx(expected, rel=1e-9)


def test_one_cycle_without_a_warm_up_falls_from_its_peak():
    found = rates(schedule="one_cycle", warm_up=0.0)
    assert (found[0], found[-1]) == pytest.approx((0.4, 0.4 / 250_000))


@given(
    schedule=st.sampled_from(sorted(SCHEDULES)),
    steps=st.integers(1, 300),
    warm_up=st.floats(0, 1, exclude_max=True, allow_subnormal=False),
)
def test_every_rate_is_between_0_and_the_largest(schedule, steps, warm_up):
    found = [SCHEDULES[schedule](0.4, step, steps, warm_up) for step in range(steps)]
    assert all(0 < rate <= 0.4 * (1 + 1e-12) for rate in found)


@given(steps=st.integers(1, 3000), data=st.data())
def test_rates_of_published_trainings_are_unchanged_to_the_bit(steps, data):
    """Constant for binary and profile tasks; for labelled tasks, 5 % of warm-up and half a cosine."""
    step = data.draw(st.integers(0, steps - 1))
    for kind in KINDS:
        schedule = Training.of_kind(kind, {}).schedule
        rate, risen = schedule.learning_rate, max(1, round(0.05 * steps))
        if kind == "labelled" and step < risen:
            rate = rate * (step + 1) / risen
        elif kind == "labelled":
            rate = rate * (1 + math.cos(math.pi * (step - risen) / (steps - risen))) / 2
        assert schedule.learning_rate_at(step, steps) == rate


@pytest.mark.parametrize("value", [1.0, -0.1])
def test_a_warm_up_is_a_share_of_the_steps(value):
    with pytest.raises(ValueError, match="warm_up"):
        Training.of_kind("binary", {"warm_up": value})


def test_an_unknown_schedule_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="unknown schedule 'linear': choose from constant, cosine, one_cycle"):
        Training.of_kind("profile", {"schedule": "linear"})
