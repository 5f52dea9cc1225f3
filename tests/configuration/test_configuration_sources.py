"""What a configuration says counts the same wherever it comes from, and errors point to where it was said."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml
from good_configuration import SCHEMA, resolve_text

from configuration import (
    Location,
    resolve,
    training_of,
)
from workflow_support.errors import InputError


def test_data_may_come_from_the_command_line_and_is_asked_for(good: str, tmp_path: Path) -> None:
    config = yaml.safe_load(good)
    folder = config.pop("data")
    with pytest.raises(InputError, match="--config data=FOLDER"):
        resolve(config, [], SCHEMA)
    assert resolve(config | {"data": folder}, [], SCHEMA).locations["tasks.CTCF.peaks"].address == f"{folder}/peaks.bed"


def test_text_that_stands_for_a_value_is_read_as_one(good: str, tmp_path: Path) -> None:
    config = yaml.safe_load(good)
    # 1e-3 is text to YAML, and so is all that stands within braces on Snakemake's command line.
    config |= {"trainings": {"binary": {"learning_rate": "1e-3", "epochs": "7"}}, "negatives": {"overlap": "true"}}
    config["study"]["seeds"] = ["4"]
    config["study"]["arms"]["standard"]["training"] = {"batch_size": "50"}
    settings = resolve(config, [], SCHEMA).settings
    assert settings["trainings"]["binary"]["learning_rate"] == 0.001
    assert (settings["trainings"]["binary"]["epochs"], settings["study"]["seeds"]) == (7, [4])
    assert training_of(settings, "binary", "standard")["batch_size"] == 50
    assert settings["negatives"]["overlap"] is True


def test_a_fault_of_the_command_line_is_reported_as_one(good: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(good)
    with pytest.raises(InputError, match="--config on the command line: unknown key `nam`"):
        resolve(yaml.safe_load(good) | {"nam": "x"}, [file], SCHEMA)


def test_the_last_file_that_has_a_key_is_blamed(good: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(good)
    second.write_text("\nstudy:\n  seeds: none\n")
    with pytest.raises(InputError) as caught:
        resolve(yaml.safe_load(good) | {"study": {"seeds": "none"}}, [first, second], SCHEMA)
    assert (caught.value.file, caught.value.line) == (second, 3)


def test_resolving_leaves_its_argument_alone(good: str, tmp_path: Path) -> None:
    config = yaml.safe_load(good)
    before = copy.deepcopy(config)
    resolve(config, [], SCHEMA)
    assert config == before


def test_locations_keep_their_checksums_and_urls_need_not_exist(good: str, tmp_path: Path) -> None:
    checksum = "sha256:" + "0" * 64
    remote = f"{{location: https://example.org/peaks.bed.gz, checksum: '{checksum}'}}"
    locations = resolve_text(good.replace('"{data}/peaks.bed"', remote), tmp_path).locations
    assert locations["tasks.CTCF.peaks"] == Location("https://example.org/peaks.bed.gz", checksum)
    assert locations["tasks.CTCF.peaks"].is_remote
    assert not locations["genomes.small.fasta"].is_remote
