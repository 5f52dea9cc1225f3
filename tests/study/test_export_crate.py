"""A run as an RO-Crate: every result and nothing else is part of it, references lead somewhere, nobody is invented."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from study.export_crate import METADATA, export_crate, main
from workflow_support.errors import InputError

LICENCE = "https://creativecommons.org/licenses/by/4.0/"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The folder of a finished run, with files that are none of its results."""
    folder = tmp_path / "results/gata1"
    for path, text in {
        "summary.tsv": "task\n",
        "tasks/GATA1/models/default/all/weights.safetensors": "w",
        "figures/a b.svg": "<svg/>",
        "logs/train.log": "x",
        "benchmarks/train.tsv": "x",
        "checkpoints/GATA1/a": "x",
        ".partial": "x",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (tmp_path / "shared.fa").write_text(">chr1\n")
    (folder / "genome.fa").symlink_to("../../shared.fa")
    provenance = {
        "name": "gata1",
        "version": "0.1.0",
        "git": {"commit": "abc", "modified": True},
        "software": {"packages": {"torch": "2.13.0", "numpy": "2.4.6"}},
        "inputs": {"tasks.GATA1.peaks": {"file": "/home/me/GATA1.bed", "digest": "sha256:12"}},
    }
    (folder / "provenance.json").write_text(json.dumps(provenance))
    return folder


def graph_of(results: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    crate = json.loads(export_crate(results, *arguments).read_text())
    assert crate["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    return entities


def references(value: Any) -> list[str]:
    """The identifiers that an entity refers to."""
    if isinstance(value, list):
        return [each for item in value for each in references(item)]
    if isinstance(value, dict):
        return (
            [value["@id"]] if set(value) == {"@id"} else [each for item in value.values() for each in references(item)]
        )
    return []


def test_the_descriptor_and_the_root_are_those_of_the_standard(results: Path) -> None:
    graph = graph_of(results)
    assert graph[METADATA]["about"] == {"@id": "./"}
    assert graph[METADATA]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = graph["./"]
    assert root["@type"] == "Dataset"
    for required in ("name", "description", "datePublished", "license"):
        assert root[required], required


def test_the_results_are_its_parts_and_nothing_else(results: Path) -> None:
    graph = graph_of(results)
    expected = {
        "summary.tsv",
        "provenance.json",
        "figures/a%20b.svg",
        "tasks/GATA1/models/default/all/weights.safetensors",
    }
    assert {part["@id"] for part in graph["./"]["hasPart"]} == expected
    assert {name for name, entity in graph.items() if entity["@type"] == "File"} == expected
    summary = graph["summary.tsv"]
    assert summary["sha256"] == hashlib.sha256(b"task\n").hexdigest()
    assert (summary["contentSize"], summary["encodingFormat"]) == ("5", "text/tab-separated-values")
    assert graph["figures/a%20b.svg"]["encodingFormat"] == "image/svg+xml"


def test_the_action_leads_from_inputs_by_software_to_results(results: Path) -> None:
    graph = graph_of(results)
    action = graph["#run"]
    assert [graph[each["@id"]]["name"] for each in action["object"]] == ["GATA1.bed"]
    assert action["result"] == graph["./"]["hasPart"]
    workflow = graph[action["instrument"]["@id"]]
    assert workflow["softwareVersion"] == "0.1.0"
    assert workflow["description"] == "Commit abc, with changes"
    versions = {
        graph[each["@id"]]["name"]: graph[each["@id"]]["softwareVersion"] for each in workflow["softwareRequirements"]
    }
    assert versions == {"torch": "2.13.0", "numpy": "2.4.6"}


@pytest.mark.parametrize("licence", [(), (LICENCE,)], ids=["no licence", "licence"])
def test_every_reference_leads_to_an_entity_and_every_entity_is_referred_to(
    results: Path, licence: tuple[str, ...]
) -> None:
    graph = graph_of(results, *licence)
    referred = {each for entity in graph.values() for each in references(list(entity.values()))}
    assert referred - graph.keys() == {"https://w3id.org/ro/crate/1.1"}
    assert graph.keys() - referred == {METADATA}


def test_no_agent_is_invented_and_no_path_of_a_machine_is_told(results: Path) -> None:
    text = export_crate(results).read_text()
    for word in ("Person", "Organization", "author", "agent", "/home/me"):
        assert word not in text
    assert "No licence" in text
    assert LICENCE in export_crate(results, LICENCE).read_text()


def test_a_second_export_is_the_same(results: Path) -> None:
    first = export_crate(results).read_bytes()
    assert export_crate(results).read_bytes() == first


def test_a_run_that_is_not_finished_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="is no finished run"):
        export_crate(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="is no finished run"):
        main(["gata1"])
