"""Long chains of named sets are completed, and values that are nested too deeply are refused: no recursion fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from good_configuration import SCHEMA, require_refusal, resolve_text

from configuration import resolve
from workflow_support.errors import InputError

LINKS = 3000


def chain_of(section: str, first: str, last: str) -> str:
    """Named sets that each start from the next one; the last one has other options."""
    links = [f"  link{number}: {{like: link{number + 1}}}" for number in range(LINKS)]
    return "\n".join((f"{section}:", *links, f"  link{LINKS}: {{like: {first}, {last}}}", ""))


def test_a_long_chain_of_networks_is_completed(good: str, tmp_path: Path) -> None:
    text = good.replace("trainings:\n", chain_of("networks", "binary", "trunk: {kernel_widths: [9]}") + "trainings:\n")
    networks = resolve_text(text, tmp_path).settings["networks"]
    assert networks["link0"] == networks[f"link{LINKS}"]
    assert networks["link0"]["trunk"]["kernel_widths"] == [9]


def test_a_long_chain_of_trainings_is_completed(good: str, tmp_path: Path) -> None:
    text = good.replace("trainings:\n", chain_of("trainings", "binary", "batch_size: 20"))
    trainings = resolve_text(text, tmp_path).settings["trainings"]
    assert trainings["link0"] == trainings[f"link{LINKS}"] == trainings["binary"] | {"batch_size": 20}


@pytest.mark.parametrize("section", ["networks", "trainings"])
def test_a_long_circle_is_refused_where_it_closes(good: str, tmp_path: Path, section: str) -> None:
    circle = chain_of(section, "link7", "").replace(", }", "}")
    text = good.replace("trainings:\n", circle + ("" if section == "trainings" else "trainings:\n"))
    line = 1 + text.split("\n").index(f"  link{LINKS}: {{like: link7}}")
    require_refusal(text, tmp_path, [f"`{section}.link{LINKS}` starts from itself"], line)


def test_a_training_with_a_kind_starts_from_the_one_that_it_names(good: str, tmp_path: Path) -> None:
    text = good.replace("{epochs: 3}\n", "{epochs: 3}\n  slow: {like: binary, kind: binary, batch_size: 7}\n")
    assert resolve_text(text, tmp_path).settings["trainings"]["slow"]["epochs"] == 3


def nested(depth: int) -> Any:
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"key": value}
    return value


@pytest.mark.parametrize("depth", [30, 5000])
@pytest.mark.parametrize("section", ["tasks", "unknown", "data"])
def test_values_that_are_nested_deeply_are_refused(good: str, depth: int, section: str) -> None:
    with pytest.raises(InputError, match=f"`{section}.* is nested too deeply"):
        resolve(yaml.safe_load(good) | {section: nested(depth)}, [], SCHEMA)


def test_a_deeply_nested_file_is_refused_by_its_name(good: str, tmp_path: Path) -> None:
    file = tmp_path / "deep.yaml"
    file.write_text("name: " + "[" * 2000 + "]" * 2000)
    with pytest.raises(InputError, match="nested too deeply") as caught:
        resolve(yaml.safe_load(good), [file], SCHEMA)
    assert caught.value.file == file


def test_a_value_within_itself_is_refused(good: str, tmp_path: Path) -> None:
    file = tmp_path / "circle.yaml"
    file.write_text(good.replace("name: run", "name: run\nphylogenies: &all {one: *all}"))
    with pytest.raises(InputError, match="nested too deeply, or in themselves"):
        resolve(yaml.safe_load(file.read_text()), [file], SCHEMA)
