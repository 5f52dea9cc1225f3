"""Families of arms: those that were written as one arm with lists of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def families_with_several(arms: Mapping[str, Mapping[str, Any]], key: str) -> list[str]:
    """Families whose arms have more than one value of ``key``, such as ``kmer`` or ``plus_fraction``."""
    values: dict[str, set] = {}
    for name, arm in arms.items():
        if key in arm:
            values.setdefault(arm.get("family", name), set()).add(arm[key])
    return [family for family, of_family in values.items() if len(of_family) > 1]
