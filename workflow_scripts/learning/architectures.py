"""Networks from their descriptions in a configuration or a saved model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rc_equivariant import BinaryArchitecture, BinaryNetwork
from workflow_support.errors import InputError


def build_network(architecture: Mapping[str, Any], *, file: str | Path | None = None) -> BinaryNetwork:
    """The network that ``architecture`` (the fields of :class:`BinaryArchitecture`) describes, with random weights.

    Raises
    ------
    InputError
        Where no network can be built from it; ``file`` is named as its origin.
    """
    try:
        return BinaryNetwork(BinaryArchitecture(**architecture))
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"no network has this architecture: {error}",
            file=file,
            found=dict(architecture),
            allowed="the fields of BinaryArchitecture, with values that fit each other and the window",
            mend="change the arm or the network section of the configuration, or train the model again",
        ) from error
