"""Schedules: the learning rate of each step, importable without torch."""

from __future__ import annotations

import math
from typing import Protocol

#: One cycle starts at the largest rate over the first number, and ends at the start over the second.
_START, _END = 25, 10_000


class Schedule(Protocol):
    """A learning rate that changes in the course of a training."""

    def __call__(self, largest: float, step: int, steps: int, warm_up: float) -> float:
        """Return the learning rate of a step.

        Parameters
        ----------
        largest
            The largest learning rate.
        step, steps
            The step, counted from 0, and the number of all steps.
        warm_up
            Share of the steps in which the rate rises.
        """
        ...


def _constant(largest: float, step: int, steps: int, warm_up: float) -> float:
    """The largest rate in every step after a linear rise."""
    risen = _steps_of_rise(steps, warm_up)
    return largest * (step + 1) / risen if step < risen else largest


def _cosine(largest: float, step: int, steps: int, warm_up: float) -> float:
    """Half a cosine from the largest rate to 0 after a linear rise (Loshchilov & Hutter 2017)."""
    risen = _steps_of_rise(steps, warm_up)
    if step < risen:
        return largest * (step + 1) / risen
    return largest * (1 + math.cos(math.pi * (step - risen) / (steps - risen))) / 2


def _one_cycle(largest: float, step: int, steps: int, warm_up: float) -> float:
    """Half a cosine up from 1/25 of the largest rate and another one down to 1/250,000 (Smith & Topin 2019).

    The peak is where :class:`torch.optim.lr_scheduler.OneCycleLR` has it, ``warm_up * steps - 1`` steps after the
    first. Without a warm-up the rate falls from the first step on. The momentum of Adam stays as it is.
    """
    peak = max(0.0, warm_up * steps - 1)
    start = largest / _START
    if step < peak:
        return _half_cosine(start, largest, step / peak)
    return _half_cosine(largest, start / _END, (step - peak) / max(1.0, steps - 1 - peak))


def _steps_of_rise(steps: int, warm_up: float) -> int:
    return max(1, round(warm_up * steps)) if warm_up else 0


def _half_cosine(start: float, end: float, done: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * done)) / 2


SCHEDULES: dict[str, Schedule] = {"constant": _constant, "cosine": _cosine, "one_cycle": _one_cycle}
