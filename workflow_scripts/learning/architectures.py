"""Networks from their descriptions in a configuration or a saved model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rc_equivariant import BinaryArchitecture, BinaryNetwork, ProfileArchitecture, ProfileNetwork
from workflow_support.errors import InputError

#: Description and network of every kind of task.
KINDS = {"binary": (BinaryArchitecture, BinaryNetwork), "profile": (ProfileArchitecture, ProfileNetwork)}


def build_network(
    architecture: Mapping[str, Any], kind: str = "binary", *, file: str | Path | None = None
) -> BinaryNetwork | ProfileNetwork:
    """The network that ``architecture`` describes, with random weights.

    Parameters
    ----------
    architecture
        The fields of :class:`BinaryArchitecture` or :class:`ProfileArchitecture`.
    kind
        One of :data:`KINDS`.

    Raises
    ------
    InputError
        Where no network can be built from it; ``file`` is named as its origin.
    """
    if kind not in list(KINDS):
        raise InputError(
            "unknown kind of network",
            file=file,
            found=kind,
            allowed=" or ".join(KINDS),
            mend="set kind: in the configuration, or train the model again",
        )
    description, network = KINDS[kind]
    try:
        return network(description(**architecture))
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"no network has this architecture: {error}",
            file=file,
            found=dict(architecture),
            allowed=f"the fields of {description.__name__}, with values that fit each other and the window",
            mend="change the arm or the network section of the configuration, or train the model again",
        ) from error
