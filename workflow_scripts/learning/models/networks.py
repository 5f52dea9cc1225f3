"""Networks from their descriptions in a configuration or a saved model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from rc_equivariant import (
    BinaryArchitecture,
    BinaryNetwork,
    EquivariantModule,
    KmerEncoding,
    LabelledArchitecture,
    LabelledNetwork,
    ProfileArchitecture,
    ProfileNetwork,
    StrandAverage,
)
from rc_equivariant.hyperbolic import HyperbolicArchitecture, HyperbolicNetwork
from workflow_support.errors import InputError

#: Description and network of every kind of task, in every geometry that there is for it.
KINDS = {
    "binary": {
        "euclidean": (BinaryArchitecture, BinaryNetwork),
        "hyperbolic": (HyperbolicArchitecture, HyperbolicNetwork),
    },
    "labelled": {
        "euclidean": (LabelledArchitecture, LabelledNetwork),
        "hyperbolic": (HyperbolicArchitecture, HyperbolicNetwork),
    },
    "profile": {"euclidean": (ProfileArchitecture, ProfileNetwork)},
}


class _Wrapping(NamedTuple):
    """What an architecture says beside the fields of a description."""

    geometry: str
    conjoined: bool


def build_network(
    architecture: Mapping[str, Any], kind: str = "binary", *, file: str | Path | None = None
) -> EquivariantModule:
    """The network that ``architecture`` describes, with random weights.

    Parameters
    ----------
    architecture
        The fields of the description of that kind, as :class:`rc_equivariant.BinaryArchitecture`; ``geometry``, which
        for ``hyperbolic`` makes them those of :class:`rc_equivariant.hyperbolic.HyperbolicArchitecture`, ``euclidean``
        where it is left out; and ``conjoined``: whether the network is the mean of both strands, in training as well,
        false where it is left out.
    kind
        One of :data:`KINDS`.

    Raises
    ------
    InputError
        Where no network can be built from it; ``file`` is named as its origin.
    """
    described, wrapping = _described(architecture, kind, file)
    _, network = _of_kind(kind, wrapping.geometry, file)
    try:
        made = network(described)
    except (TypeError, ValueError, RuntimeError, ArithmeticError, MemoryError) as error:
        raise _no_such_network(architecture, kind, error, file) from error
    return StrandAverage(made) if wrapping.conjoined else made


def complete_architecture(architecture: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The same with every field that was left out, ``geometry`` and ``conjoined`` among them: all that a network needs.

    Raises
    ------
    InputError
        As :func:`build_network`.
    """
    described, wrapping = _described(architecture, kind, None)
    return asdict(described) | wrapping._asdict()


def describe(
    network: Mapping[str, Any], kind: str, *, window: int, classes: int = 2, tracks: Sequence[str] = ()
) -> dict[str, Any]:
    """The complete architecture of an arm's network for one task.

    Parameters
    ----------
    network
        The fields of the description that the arm decides.
    window, classes, tracks
        Length of the task's sequences in bases, its classes, and the names of its input tracks.

    Raises
    ------
    InputError
        As :func:`build_network`.
    """
    of_task = {"labelled": {"classes": classes}, "profile": {"control": "control" in tracks}}
    return complete_architecture(dict(network) | {"window": window} | of_task.get(kind, {}), kind)


def encoding_of(network: nn.Module) -> KmerEncoding:
    """How sequences become the indices that a network, conjoined or not, or an ensemble reads."""
    spaces = network.in_type
    return spaces[0] if isinstance(spaces, tuple) else spaces


def architecture_of(network: nn.Module) -> Any:
    """The description of a network, conjoined or not."""
    return network.network.architecture if isinstance(network, StrandAverage) else network.architecture


def _described(architecture: Mapping[str, Any], kind: str, file: str | Path | None) -> tuple[Any, _Wrapping]:
    """The description that an architecture amounts to, and what it says beside."""
    own = dict(architecture)
    wrapping = _Wrapping(own.pop("geometry", "euclidean"), own.pop("conjoined", False))
    description, _ = _of_kind(kind, wrapping.geometry, file)
    try:
        if not isinstance(wrapping.conjoined, bool):
            raise TypeError(f"conjoined is true or false, not {wrapping.conjoined!r}")
        return description(**own), wrapping
    except (TypeError, ValueError, RuntimeError, ArithmeticError, MemoryError) as error:
        raise _no_such_network(architecture, kind, error, file) from error


def _of_kind(kind: str, geometry: str, file: str | Path | None) -> tuple[type, type]:
    if kind not in list(KINDS):
        raise InputError(
            "unknown kind of network",
            file=file,
            found=kind,
            allowed=" or ".join(KINDS),
            mend="set kind: in the configuration, or train the model again",
        )
    if geometry not in list(KINDS[kind]):
        raise InputError(
            f"no {kind} network has this geometry",
            file=file,
            found=geometry,
            allowed=" or ".join(KINDS[kind]),
            mend="change the arm in the configuration, or train the model again",
        )
    return KINDS[kind][geometry]


def _no_such_network(
    architecture: Mapping[str, Any], kind: str, error: Exception, file: str | Path | None
) -> InputError:
    description, _ = _of_kind(kind, architecture.get("geometry", "euclidean"), file)
    return InputError(
        f"no network has this architecture: {error}",
        file=file,
        found=dict(architecture),
        allowed=f"the fields of {description.__name__}, with values that fit each other and the window",
        mend="change the arm or the network section of the configuration, or train the model again",
    )
