"""The rules as Snakemake reads them: they fit their scripts, and can be scheduled, traced and deployed."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from snakemake.iocontainers import Namedlist
from snakemake.rules import Rule
from workflow_rules import ROOT, rules_of

from learning.kinds import modules_of_kind
from workflow_support.code_digest import code_digest
from workflow_support.job import named_values

CONFIGURATIONS = ["tests/tiny.yaml", "resources/demo/config.yaml", "config.yaml"]
SCRIPTS = ROOT / "workflow_scripts"


def stem(rule: Rule) -> str:
    return Path(rule.script).stem


@pytest.mark.parametrize("config", CONFIGURATIONS)
def test_the_names_of_every_rule_are_the_parameters_of_its_script(config: str) -> None:
    for rule in rules_of(config).values():
        if rule.script and not rule.name.startswith("plot_"):
            named_values(rule, getattr(importlib.import_module(stem(rule)), stem(rule)))


def rule_with(**names: dict[str, str]) -> SimpleNamespace:
    parts = {part: names.get(part, {}) for part in ("input", "output", "params")}
    return SimpleNamespace(**{part: Namedlist(fromdict=values) for part, values in parts.items()})


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        ({"input": {"code": "a.npy"}, "output": {"kmers": "b.npy"}, "params": {"k": "1"}}, "given twice: code"),
        ({"input": {"coods": "a.npy"}, "output": {"kmers": "b.npy"}, "params": {"k": "1"}}, "unknown: coods"),
        ({"input": {"codes": "a.npy"}, "output": {"kmers": "b.npy"}}, "missing: k"),
    ],
)
def test_a_name_that_does_not_fit_is_found(names: dict[str, dict[str, str]], fault: str) -> None:
    def encode_kmers(codes: Path, k: int, kmers: Path) -> None: ...

    names["params"] = names.get("params", {}) | {"code": "digest"}
    with pytest.raises(TypeError, match=fault):
        named_values(rule_with(**names), encode_kmers)


def kinds_of_tasks(config: str) -> dict[str, str]:
    """The kind of each task of a configuration."""
    tasks = yaml.safe_load((ROOT / config).read_text())["tasks"]
    return {task: values.get("kind", "binary") for task, values in tasks.items()}


def limits(rule: Rule, resource: str, task: str) -> list[int]:
    """The memory in MB, or the minutes, that a job of a task gets at its first three attempts."""
    asked, size = rule.resources[resource], SimpleNamespace(size_mb=1000)
    wildcards = SimpleNamespace(task=task)
    return [asked.evaluate(wildcards, input=size, attempt=attempt).value for attempt in (1, 2, 3)]


def digests(rule: Rule, kinds: dict[str, str]) -> dict[str, tuple[str, str]]:
    """The digest that a job of each task has as its code, and that of the script with the modules of the kind."""
    code, script = rule.params.code, SCRIPTS / f"{stem(rule)}.py"
    if isinstance(code, str):
        return {"": (code, code_digest(script))}
    return {
        task: (code(SimpleNamespace(task=task)), code_digest(script, *modules_of_kind(kind, stem(rule))))
        for task, kind in kinds.items()
    }


@pytest.mark.parametrize("config", CONFIGURATIONS)
def test_every_rule_can_be_scheduled_traced_and_deployed(config: str) -> None:
    kinds = kinds_of_tasks(config)
    for rule in rules_of(config).values():
        if rule.name == "all":
            continue
        assert rule.log, rule.name
        assert rule.benchmark, rule.name
        assert (ROOT / "rules" / rule.conda_env).resolve().is_file(), rule.name
        assert rule.resources["_cores"].value >= 1, rule.name
        for resource in ("mem_mb", "runtime"):
            first, *later = limits(rule, resource, next(iter(kinds)))
            # What goes on where it was cut off needs no longer limit.
            resumes = resource == "runtime" and "checkpoints" in dict(rule.params.items())
            assert later == ([first, first] if resumes else [2 * first, 3 * first]), rule.name
        # Inside a cluster job, Snakemake would retry as well, with the memory of the first attempt.
        assert rule._restart_times is None, rule.name
        if rule.script:
            assert all(found == expected for found, expected in digests(rule, kinds).values()), rule.name


def test_rule_files_say_what_they_need_and_make() -> None:
    for file in (ROOT / "rules").glob("*.smk"):
        docstring = file.read_text().split('"""')[1]
        assert "Needs:" in docstring, file.name
        assert "Makes:" in docstring, file.name
