"""The conda environments: pinned to what the tests run on, and holding what their rules need."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from rattler import MatchSpec
from workflow_rules import rules_of

from figures.registry import FIGURES
from workflow_support.code_digest import third_party_imports

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))
# conda packages under another name than on the Python package index, and packages under another than their module.
LOCKED_NAMES = {"pytorch": "torch"}
PACKAGES = {"torch": "pytorch", "sklearn": "scikit-learn", "yaml": "pyyaml", "modiscolite": "modisco-lite"}
# What no module imports: the interpreter, and programs that are started.
PROGRAMS = {"python", "bedtools", "deeptools", "pip"}
NOT_LOCKED = {"python", "bedtools", "pip"}


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    return {normalised(name): version for name, version in pins}


def conda_dependencies(environment: Path) -> list[str]:
    dependencies = yaml.safe_load(environment.read_text())["dependencies"]
    return [dependency for dependency in dependencies if isinstance(dependency, str)]


def pip_dependencies(environment: Path) -> list[str]:
    """What an environment takes from the Python package index, for want of a conda package."""
    dependencies = yaml.safe_load(environment.read_text())["dependencies"]
    return [pin for dependency in dependencies if isinstance(dependency, dict) for pin in dependency["pip"]]


def read_pins(environment: Path) -> dict[str, str]:
    of_conda = dict(dependency.split(" =") for dependency in conda_dependencies(environment))
    return of_conda | dict(pin.split("==") for pin in pip_dependencies(environment))


def scripts_by_environment() -> dict[str, set[str]]:
    """The scripts of all rules by the name of their environment's file."""
    users: dict[str, set[str]] = {}
    for rule in rules_of("tests/tiny.yaml").values():
        if rule.script:
            users.setdefault(Path(rule.conda_env).name, set()).add(Path(rule.script).name)
    return users


def test_the_lock_is_what_is_installed() -> None:
    installed = {normalised(package.name): package.version for package in metadata.distributions()}
    wrong = {name: (pin, installed.get(name)) for name, pin in read_lock().items()}
    # A CPU or CUDA build of torch names itself behind a plus sign.
    assert not {name: pair for name, pair in wrong.items() if pair[0] != (pair[1] or "").partition("+")[0]}


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda file: file.stem)
def test_pins_are_exact_and_equal_to_the_lock(environment: Path) -> None:
    lock = read_lock()
    for name, version in read_pins(environment).items():
        assert re.fullmatch(r"\d+(\.\d+)+", version), name
        if name not in NOT_LOCKED:
            assert version == lock[normalised(LOCKED_NAMES.get(name, name))], name


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda file: file.stem)
def test_conda_can_read_the_environment(environment: Path) -> None:
    content = yaml.safe_load(environment.read_text())
    assert content["channels"][0] == "conda-forge"
    assert content["channels"][-1] == "nodefaults"
    for dependency in conda_dependencies(environment):
        spec = MatchSpec(dependency, strict=True)
        assert spec.version is not None


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda file: file.stem)
def test_environments_hold_what_their_scripts_import_and_nothing_else(environment: Path) -> None:
    scripts = scripts_by_environment().get(environment.name, set())
    drawing = sorted(f"figures.{figure.draws}" for figure in FIGURES)
    imports = set().union(
        *(
            third_party_imports(ROOT / "workflow_scripts" / script, *(drawing if script == "plot.py" else []))
            for script in scripts
        )
    )
    needed = {PACKAGES.get(name, name).lower() for name in imports}
    assert needed == set(read_pins(environment)) - PROGRAMS


def test_every_script_belongs_to_a_rule() -> None:
    used = set().union(*scripts_by_environment().values())
    assert used == {script.name for script in (ROOT / "workflow_scripts").glob("*.py")}
