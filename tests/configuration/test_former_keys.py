"""A key as it was spelt in earlier versions is refused with its new spelling."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from good_configuration import SCHEMA, resolve_text

from configuration import (
    resolve,
)
from workflow_support.errors import InputError

FORMER = {
    "network": (
        "network: {kernel_widths: [9], pool_width: 3}",
        "networks: {binary: {trunk: {kernel_widths: [9]}, head: {pool_width: 3}}}",
    ),
    "training": (
        "training: {epochs: 3, device: cuda}", "trainings: {binary: {epochs: 3}}; compute: {device: cuda}",
    ),
    "labelled.network": (
        "labelled: {network: {dilations: [1], dense: 8}}",
        "networks: {labelled: {trunk: {dilations: [1]}, head: {dense: 8}}}",
    ),
    "labelled.training": ("labelled: {training: {epochs: 3}}", "trainings: {labelled: {epochs: 3}}"),
    "profile.network": (
        "profile: {network: {window: 99, dilations: [2], profile_width: 7}}",
        "profile: {window: 99}; networks: {profile: {trunk: {dilations: [2]}, head: {profile_width: 7}}}",
    ),
    "profile.training": ("profile: {training: {epochs: 3}}", "trainings: {profile: {epochs: 3}}"),
    "hyperbolic.network": (
        "hyperbolic: {network: {blocks: 2, head: centroid}}",
        "networks: {hyperbolic: {trunk: {blocks: 2}, head: {pooling: centroid}}}",
    ),
    "study.arms.standard.kind": ("kind: labelled", "kinds: [labelled]"),
    "study.arms.standard.geometry": ("geometry: hyperbolic", "network: hyperbolic"),
}  # fmt: skip


@pytest.mark.parametrize("key", FORMER)
def test_a_former_key_is_refused_with_its_new_spelling(good: str, tmp_path: Path, key: str) -> None:
    old, new = FORMER[key]
    is_arm = key.startswith("study")
    place = ("channels: 16}", f"channels: 16, {old}}}") if is_arm else ("name: run", f"name: run\n{old}")
    with pytest.raises(InputError) as caught:
        resolve_text(good.replace(*place), tmp_path)
    assert f"`{key}`" in str(caught.value)
    assert caught.value.fix.splitlines() == ["replace it with:", *new.split("; ")]
    assert caught.value.line == (13 if is_arm else 2)
    # What is to be pasted is part of a configuration that resolves.
    pasted = yaml.safe_load(good)
    (pasted["study"]["arms"]["standard"] if is_arm else pasted).update(yaml.safe_load(new.replace("; ", "\n")))
    pasted["study"]["arms"]["other"] = {"representation": "standard", "kmer": 1, "channels": 4}
    assert resolve(pasted, [], SCHEMA)
