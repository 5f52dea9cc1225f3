"""Networks from their descriptions in a configuration or a saved model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from rc_equivariant.descriptions.networks import NetworkDescription
from rc_equivariant.encoding import KmerEncoding
from rc_equivariant.layers.module import EquivariantModule
from rc_equivariant.networks.network import JoinedNetworks, build
from workflow_support.errors import InputError

#: Errors by which descriptions and layers refuse values, absurd sizes among them.
_REFUSALS = (TypeError, ValueError, RuntimeError, ArithmeticError, MemoryError)


def describe(
    network: Mapping[str, Any], *, window: int, classes: int = 2, tracks: Sequence[str] = (), centred: bool = False
) -> NetworkDescription:
    """The description of an arm's network for one task.

    Parameters
    ----------
    network
        The content of :meth:`NetworkDescription.to_dict` without ``window``, ``classes``, ``tracks`` and ``centred``.
        Options left out have their defaults.
    window, classes, tracks, centred
        Length of the task's sequences in bases, its classes, its input tracks, and whether its sequences may be
        shorter than the window.

    Raises
    ------
    InputError
        If no network has this description.
    """
    of_task = {"window": window, "classes": classes, "tracks": list(tracks), "centred": centred}
    return _described(dict(network) | of_task, None)


def build_network(content: Mapping[str, Any], *, file: str | Path | None = None) -> EquivariantModule:
    """The network that :meth:`NetworkDescription.to_dict` describes, with random weights.

    Raises
    ------
    InputError
        If no network has this description; ``file`` is named as its origin.
    """
    description = _described(content, file)
    try:
        return build(description)
    except _REFUSALS as error:
        raise _no_such_network(content, error, file) from error


def encoding_of(network: nn.Module) -> KmerEncoding:
    """The encoding that turns sequences into the indices that a network, averaged or not, or an ensemble reads."""
    spaces = network.in_type
    return spaces[0] if isinstance(spaces, tuple) else spaces


def architecture_of(network: nn.Module) -> NetworkDescription:
    """The description of a network, conjoined, centred, compiled or not."""
    return innermost(network).description


def innermost(network: nn.Module) -> nn.Module:
    """The network inside of averages over strands and places."""
    while (inner := getattr(network, "network", None)) is not None:
        network = inner
    return network


def trained_apart(network: nn.Module) -> list[nn.Module]:
    """The networks that are each trained on its own loss, with the averages around them; the network itself if none is.

    They share their layers with ``network``, whose output is the mean of theirs.
    """
    inside = innermost(network)
    if not isinstance(inside, JoinedNetworks) or not inside.are_apart:
        return [network]
    return [_in_place_of_the_innermost(network, member) for member in inside.members]


def _in_place_of_the_innermost(network: nn.Module, other: nn.Module) -> nn.Module:
    if not hasattr(network, "network"):
        return other
    average = type(network)(_in_place_of_the_innermost(network.network, other))
    average.training = network.training
    return average


def _described(content: Mapping[str, Any], file: str | Path | None) -> NetworkDescription:
    try:
        return NetworkDescription.from_dict(content)
    except _REFUSALS as error:
        raise _no_such_network(content, error, file) from error


def _no_such_network(content: Mapping[str, Any], error: Exception, file: str | Path | None) -> InputError:
    return InputError(
        f"no network has this architecture: {error}",
        file=file,
        found=dict(content),
        allowed="a symmetry, a trunk and a head, with options that fit each other and the window",
        fix="change the arm or its network in the configuration, or train the model again",
    )
