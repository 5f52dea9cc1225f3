"""The check that windows or sequences are wide enough for a network, made as early as their width is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rc_equivariant.descriptions.heads import HEADS
from rc_equivariant.descriptions.networks import NetworkDescription, part_of
from rc_equivariant.descriptions.trunks import TRUNKS

from .origins import KeyPath, Origins


def require_wide_enough(
    network: Mapping[str, Any], width: int, task: str, arm: str, path: KeyPath, origins: Origins, *, section: str
) -> None:
    """Raise an InputError if the windows of a task are too narrow for the layers of an arm.

    Parameters
    ----------
    network
        A description without the window, as :meth:`NetworkDescription.to_dict` writes it.
    width
        Bases of each window.
    path
        The key that the error points to.
    section
        The section of the configuration with the width: ``windows`` or ``sequences``.
    """
    try:
        NetworkDescription.from_dict({**network, "window": width})
    except ValueError as error:
        least = shortest_window(network)
        raise origins.error(
            path,
            f"{section} of {width} bases are too narrow for the layers of arm `{arm}` (task `{task}`): {error}",
            found=f"{section} of {width} bases",
            allowed=f"{section} of {least} bases or more",
            fix=f"set {section}: width to {least} or more, or narrow the layers",
        ) from error


def shortest_window(network: Mapping[str, Any]) -> int:
    """The narrowest window, in bases, that a network can read."""
    layers = [network, *network.get("beside", [])]
    parts = [(part_of(TRUNKS, each["trunk"]), part_of(HEADS, each["head"])) for each in layers]
    return max(trunk.window_for(network["kmer"], head.needed_positions()) for trunk, head in parts)
