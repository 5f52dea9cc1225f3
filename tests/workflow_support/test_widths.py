"""Sequences that are too short for a network are refused as soon as their width is known, always in the same words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from check_widths import check_widths
from good_configuration import SCHEMA
from workflow_rules import plan_of

from configuration import Configuration, resolve
from plan import Plan
from rc_equivariant.descriptions.networks import NetworkDescription
from workflow_support.errors import InputError
from workflow_support.origins import Origins

RUN = """\
name: run
networks:
  pooled: {{like: labelled, head: {{type: max_pool, pool_width: 6, pool_stride: 1}}}}
study:
  arms:
    short: {{representation: rcps, kmer: 1, channels: 4}}
    long: {{representation: rcps, kmer: 1, channels: 4, network: pooled}}
  seeds: [1]
tasks:
  promoters:
    kind: labelled
    sequences: {{all: {file}{more}, make_splits: {{validation: 0.2, test: 0.2}}}}
"""
WORDS = ["sequences of 25 bases are too narrow", "arm `long` (task `promoters`)", "set sequences: width to 30 or more"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "promoters.csv").write_text("sequence,label\nACGT,0\n")
    return tmp_path / "run.yaml"


def resolved(file: Path, more: str = "") -> Configuration:
    file.write_text(RUN.format(file=file.parent / "promoters.csv", more=more))
    return resolve(yaml.safe_load(file.read_text()), [file], SCHEMA)


def checked(file: Path, width: int, networks: dict) -> pd.DataFrame:
    codes, table = file.parent / "codes.npy", file.parent / "checked.tsv"
    np.save(codes, np.zeros((3, width), dtype=np.uint8))
    check_widths(codes, "promoters", networks, table, Origins([file]))
    return pd.read_csv(table, sep="\t")


def test_a_width_of_the_configuration_is_refused_when_it_is_read(file: Path) -> None:
    assert resolved(file, ", width: 30")
    with pytest.raises(InputError) as caught:
        resolved(file, ", width: 25")
    assert (caught.value.file, caught.value.line) == (file, 3)
    assert all(word in str(caught.value) for word in WORDS)


def test_a_width_of_the_data_is_refused_before_training_in_the_same_words(file: Path) -> None:
    settings, locations = resolved(file)
    networks = plan_networks(settings, locations)
    assert checked(file, 30, networks).to_numpy().tolist() == [["short", 30], ["long", 30]]
    with pytest.raises(InputError) as caught:
        checked(file, 25, networks)
    assert (caught.value.file, caught.value.line) == (file, 12)
    assert all(word in str(caught.value) for word in WORDS)


def plan_networks(settings: dict, locations: dict) -> dict:
    return Plan(settings, locations).models.networks_for("promoters")


@pytest.mark.parametrize("width", range(15, 40))
def test_a_width_is_refused_if_and_only_if_the_network_cannot_read_it(file: Path, width: int) -> None:
    networks = plan_networks(*resolved(file))
    try:
        is_readable = bool(NetworkDescription.from_dict(networks["long"] | {"window": width}))
    except ValueError:
        is_readable = False
    try:
        is_accepted = len(checked(file, width, networks)) == 2
    except InputError:
        is_accepted = False
    assert is_accepted == is_readable


def test_a_run_asks_for_the_check_of_every_labelled_task() -> None:
    checks = plan_of("tests/tiny.yaml").outputs.checks()
    assert [file for file in checks if "widths" in file] == ["results/tiny/checked/widths/motifs.tsv"]
