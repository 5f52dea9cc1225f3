"""Phylogenies in a configuration: their files are made by the run, and what does not go together is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from configuration import resolve, simulated_files
from workflow_support.errors import InputError

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "resources/schemas/config.schema.json"
MATRIX = str(ROOT / "resources/motifs/MA0139.2.CTCF.jaspar")
PHYLOGENY = {"leaves": 100, "shape": "star", "depth": 1, "length": 60, "classes": "clades", "seed": 1}


def configuration(**changes: object) -> dict:
    file = "results/trees/phylogenies/one.tsv"
    return {
        "name": "trees",
        "phylogenies": {"one": PHYLOGENY | changes},
        "study": {"arms": {"a": {"representation": "standard", "kmer": 1}}, "seeds": [1]},
        "tasks": {"one": {"kind": "labelled", "sequences": {"all": file, "make_splits": {}}}},
    }


def resolved(**changes: object) -> dict:
    config = configuration(**changes)
    config["study"]["arms"]["a"]["channels"] = 4
    config["tasks"]["one"]["sequences"]["make_splits"] = {"validation": 0.2, "test": 0.2}
    return resolve(config, [], SCHEMA).settings


def test_files_of_a_phylogeny_need_not_exist_yet() -> None:
    settings = resolved()
    folder = "results/trees/phylogenies"
    assert simulated_files(settings) == {f"{folder}/one{end}" for end in (".tsv", ".nwk", ".parameters.tsv")}
    assert settings["phylogenies"]["one"]["substitutions"]["model"] == "jc69"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": "motif"}, "defines classes by a motif, but has no motif"),
        ({"motif": {"matrix": "nowhere.jaspar", "gain": 1, "loss": 1}}, "does not exist"),
        ({"substitutions": {"frequencies": [0.3, 0.3, 0.3, 0.3]}}, "do not add up to 1"),
        ({"classes": "element"}, "no windows without an element"),
        ({"classes": "element", "copies": {"window": 80}}, "no windows without an element"),
        ({"copies": {"window": 80, "background": 1}}, "belong to no clade"),
        ({"copies": {"window": 80}, "motif": {"matrix": MATRIX, "gain": 1, "loss": 1}}, "elements and a motif"),
        ({"copies": {"window": 80, "truncated": 2}}, "a value that is not allowed"),
        ({"shape": "bush"}, "a value that is not allowed"),
        ({"extinction": 1}, "a value that is not allowed"),
    ],
)
def test_what_does_not_go_together_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        resolved(**changes)


def of_draws(seed: int | list[int], **of_sequences: object) -> dict:
    config = configuration(seed=seed)
    config["study"]["arms"]["a"]["channels"] = 4
    shares = {"validation": 0.2, "test": 0.2}
    config["tasks"] = {"clade": {"kind": "labelled", "sequences": {"phylogeny": "one", "make_splits": shares}}}
    config["tasks"]["clade"]["sequences"] |= of_sequences
    return config


def test_a_phylogeny_of_several_seeds_is_a_group_of_tasks() -> None:
    settings = resolve(of_draws([3, 11]), [], SCHEMA).settings
    assert {name: values["seed"] for name, values in settings["phylogenies"].items()} == {"one_s3": 3, "one_s11": 11}
    assert {name: task["sequences"]["all"] for name, task in settings["tasks"].items()} == {
        "clade_s3": "results/trees/phylogenies/one_s3.tsv",
        "clade_s11": "results/trees/phylogenies/one_s11.tsv",
    }
    assert {task["group"] for task in settings["tasks"].values()} == {"clade"}
    assert resolve(settings, [], SCHEMA).settings == settings


def test_a_phylogeny_of_one_seed_keeps_its_name_and_that_of_its_task() -> None:
    settings = resolve(of_draws(3), [], SCHEMA).settings
    assert settings["phylogenies"].keys() == {"one"}
    assert settings["tasks"]["clade"]["sequences"]["all"] == "results/trees/phylogenies/one.tsv"
    assert "group" not in settings["tasks"]["clade"]


def test_tasks_to_do_are_named_as_they_are_written() -> None:
    config = of_draws([3, 11]) | {"only": ["clade"]}
    config["tasks"]["other"] = config["tasks"]["clade"]
    settings = resolve(config, [], SCHEMA).settings
    assert settings["tasks"].keys() == set(settings["only"]) == {"clade_s3", "clade_s11"}
    assert resolve(settings, [], SCHEMA).settings == settings


def test_draws_that_cannot_be_told_apart_are_refused() -> None:
    config = of_draws([3, 11])
    config["phylogenies"]["one_s3"] = PHYLOGENY
    with pytest.raises(InputError, match="two entries of `phylogenies` have the name `one_s3`"):
        resolve(config, [], SCHEMA)
    config = of_draws([3, 11])
    config["tasks"]["clade_s11"] = {"kind": "labelled", "sequences": {"all": "results/trees/phylogenies/one_s3.tsv"}}
    with pytest.raises(InputError, match="two entries of `tasks` have the name `clade_s11`"):
        resolve(config, [], SCHEMA)


def test_sequences_have_one_origin_that_is_there() -> None:
    with pytest.raises(InputError, match="two sources of sequences"):
        resolve(of_draws(3, all="results/trees/phylogenies/one.tsv"), [], SCHEMA)
    with pytest.raises(InputError, match="names nothing"):
        resolve(of_draws(3, phylogeny="another"), [], SCHEMA)


def test_motifs_make_classes() -> None:
    assert resolved(classes="motif", motif={"matrix": MATRIX, "gain": 1, "loss": 1})


def test_hyperbolicity_is_measured_where_it_is_asked_for_alone() -> None:
    tiny = yaml.safe_load((ROOT / "tests/tiny.yaml").read_text())
    assert resolve(tiny, [], SCHEMA).settings["hyperbolicity"] == {"points": 8, "samples": 2, "split": "validation"}
    assert "hyperbolicity" not in resolved()
