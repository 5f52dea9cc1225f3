"""The rules as Snakemake reads them: they fit their scripts, and can be scheduled, traced and deployed."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from plot import figure_writer
from snakemake.iocontainers import Namedlist, Wildcards
from snakemake.rules import Rule
from workflow_rules import ROOT, plan_of, rules_of

from learning.kinds import modules_of_kind, modules_of_script
from plan import Plan
from workflow_support.code_digest import code_digest, local_files
from workflow_support.job import named_values

CONFIGURATIONS = ["tests/tiny.yaml", "resources/demo/config.yaml", "config.yaml"]
SCRIPTS = ROOT / "workflow_scripts"


def stem(rule: Rule) -> str:
    return Path(rule.script).stem


def function_of(rule: Rule) -> Callable[..., None]:
    """The function that does the work of the jobs of a rule."""
    if stem(rule) == "plot":
        return figure_writer(rule.params.module)
    return getattr(importlib.import_module(stem(rule)), stem(rule))


def modules_of(rule: Rule) -> list[str]:
    """The modules that the script of a rule imports by a name that the rule gives."""
    if stem(rule) == "plot":
        return [f"figures.{rule.params.module}"]
    # It evaluates models of tasks of every kind.
    return modules_of_script("evaluate") if stem(rule) == "pack_model" else []


@pytest.mark.parametrize("config", CONFIGURATIONS)
def test_the_names_of_every_rule_are_the_parameters_of_its_script(config: str) -> None:
    for rule in rules_of(config).values():
        if rule.script:
            named_values(rule, function_of(rule))


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


def limits(rule: Rule, resource: str, plan: Plan) -> list[int]:
    """The memory in MB, or the minutes, that a job of the first task and genome gets at its first three attempts."""
    asked, size = rule.resources[resource], SimpleNamespace(size_mb=1000)
    names = {"task": plan.run.tasks[0], "genome": next(iter(plan.run.genomes), "")}
    wildcards = Wildcards(fromdict={name: value for name, value in names.items() if value})
    return [asked.evaluate(wildcards, input=size, attempt=attempt).value for attempt in (1, 2, 3)]


def digests(rule: Rule, plan: Plan) -> list[tuple[str, str]]:
    """The digests that jobs have as their code, and those of the script with the modules that it loads for them."""
    code, script = rule.params.code, SCRIPTS / f"{stem(rule)}.py"
    if isinstance(code, str):
        return [(code, code_digest(script, *modules_of(rule)))]
    found = []
    for task, kind in plan.run.kinds.items():
        for arm in plan.models.arms_for(task):
            if stem(rule) == "train":
                modules = plan.models.training_modules(task, arm)
            elif stem(rule) == "match_channels":
                modules = plan.models.matching_modules(task)
            else:
                modules = modules_of_kind(kind, stem(rule))
            found.append((code(SimpleNamespace(task=task, arm=arm)), code_digest(script, *modules)))
    return found


@pytest.mark.parametrize("config", CONFIGURATIONS)
def test_every_rule_can_be_scheduled_traced_and_deployed(config: str) -> None:
    plan = plan_of(config)
    for rule in rules_of(config).values():
        if rule.name == "all":
            continue
        assert rule.log, rule.name
        assert rule.benchmark, rule.name
        assert (ROOT / "rules" / rule.conda_env).resolve().is_file(), rule.name
        assert rule.resources["_cores"].value >= 1, rule.name
        for resource in ("mem_mb", "runtime"):
            first, *later = limits(rule, resource, plan)
            # What goes on where it was cut off needs no longer limit.
            resumes = resource == "runtime" and "checkpoints" in dict(rule.params.items())
            assert later == ([first, first] if resumes else [2 * first, 3 * first]), rule.name
        # Inside a cluster job, Snakemake would retry as well, with the memory of the first attempt.
        assert rule._restart_times is None, rule.name
        if rule.script:
            assert all(found == expected for found, expected in digests(rule, plan)), rule.name


def test_an_edit_of_hyperbolic_layers_reruns_the_trainings_of_hyperbolic_networks_alone() -> None:
    plan = plan_of("tests/tiny.yaml")
    layers = SCRIPTS / "rc_equivariant/hyperbolic/linear.py"
    reached = {
        arm: layers in local_files(SCRIPTS / "train.py", *plan.models.training_modules(task, arm))
        for task in plan.run.tasks
        for arm in plan.models.arms_for(task)
    }
    assert {arm for arm, is_reached in reached.items() if is_reached} == {"hyperbolic", "labelled_hyperbolic"}
    assert len(reached) == 8


def test_an_edit_of_descriptions_reruns_what_builds_or_checks_networks_alone() -> None:
    """The k-mers and their baseline know no network, and tables know only what networks answered."""
    rules = rules_of("tests/tiny.yaml").values()
    scripts = {stem(rule) for rule in rules if rule.script} - {"plot"}
    uses = {
        "train", "evaluate", "predict_binding", "predict_profiles", "score_variants", "embed_sequences",
        "attribute_sequences", "check_widths", "match_channels", "pack_model", "open_model",
    }  # fmt: skip
    for module in ("networks", "trunks", "heads", "symmetry", "tracks"):
        description = SCRIPTS / f"rc_equivariant/descriptions/{module}.py"
        assert description.is_file()
        reached = {
            script
            for script in scripts
            if description in local_files(SCRIPTS / f"{script}.py", *modules_of_script(script))
        }
        assert reached == uses, module


def test_rule_files_say_what_they_need_and_make() -> None:
    for file in (ROOT / "rules").glob("*.smk"):
        docstring = file.read_text().split('"""')[1]
        assert "Needs:" in docstring, file.name
        assert "Makes:" in docstring, file.name
