"""Results that inference needs for every batch and that depend on the weights alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class Remembered:
    """The last result of a function of some tensors, computed again as soon as one of their values is another.

    Values are compared, not versions, so a result is never out of date, however a weight was changed: by an optimiser,
    by loading, or through ``.data``. Comparing takes far less time than expanding a tied kernel.

    Results are kept only in ``torch.inference_mode`` and on a CPU. Elsewhere they may need gradients, or a comparison
    would make the device wait. A copy of the object starts without a result.
    """

    def __init__(self) -> None:
        self._known: tuple[tuple[Tensor | None, ...], Any] | None = None

    def of(self, make: Callable[[], Any], *given: Tensor | None) -> Any:
        """Return ``make()``, whose result depends on the tensors ``given``; None stands for an absent one."""
        if not _may_keep(given):
            return make()
        known = self._known
        if known is None or not all(map(_are_equal, known[0], given)):
            known = (tuple(None if each is None else each.clone() for each in given), make())
            # In one assignment, so that threads that share a network see tensors and result of the same time.
            self._known = known
        return known[1]

    def __deepcopy__(self, memo: dict[int, Any]) -> Remembered:
        return Remembered()

    def __reduce__(self) -> tuple[type[Remembered], tuple[()]]:
        return Remembered, ()


def _may_keep(given: tuple[Tensor | None, ...]) -> bool:
    return (
        torch.is_inference_mode_enabled()
        and not torch.compiler.is_compiling()
        and torch._C._functorch.peek_interpreter_stack() is None
        and all(each is None or each.device.type == "cpu" for each in given)
    )


def _are_equal(known: Tensor | None, given: Tensor | None) -> bool:
    if known is None or given is None:
        return known is given
    return known.dtype == given.dtype and torch.equal(known, given)
