"""The conda environments: pinned to what the tests run on, and holding what their rules need."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from rattler import MatchSpec
from workflow_rules import rules_of

from figures.registry import FIGURES
from workflow_support.code_digest import third_party_imports

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))
# conda packages under another name than on the Python package index, and packages under another than their module.
LOCKED_NAMES = {"pytorch": "torch", "pytorch-cpu": "torch", "pytorch-gpu": "torch", "python-igraph": "igraph"}
PACKAGES = {"torch": "pytorch", "sklearn": "scikit-learn", "yaml": "pyyaml", "modiscolite": "modisco-lite"}
# What no module imports: the interpreter, programs that are started, and what chooses the build of torch.
PROGRAMS = {"python", "bedtools", "deeptools", "pip", "pytorch-cpu", "pytorch-gpu", "cuda-version"}
NOT_LOCKED = {"python", "bedtools", "pip", "cuda-version"}


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
    return of_conda | dict(pin.split(" ")[0].split("==") for pin in pip_dependencies(environment))


def scripts_by_environment(device: str = "cpu") -> dict[str, set[str]]:
    """The scripts of all rules by the name of their environment's file, in a run on this device."""
    users: dict[str, set[str]] = {}
    for rule in rules_of("tests/tiny.yaml", device).values():
        if rule.script:
            users.setdefault(Path(rule.conda_env).name, set()).add(Path(rule.script).name)
    return users


def requirements_of(package: str) -> set[str]:
    """The packages that one needs, without its extras and other platforms' needs, by normalised names."""
    needs = map(Requirement, metadata.requires(package) or [])
    return {normalised(each.name) for each in needs if not each.marker or each.marker.evaluate({"extra": ""})}


def needed_by(packages: set[str]) -> set[str]:
    """The packages that these need, directly or through others."""
    found, left = set(), set(packages)
    while left:
        needs = requirements_of(left.pop())
        left |= needs - found
        found |= needs
    return found


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
    device = "cuda" if environment.stem.endswith("cuda") else "cpu"
    scripts = scripts_by_environment(device).get(environment.name, set())
    drawing = sorted(f"figures.{figure.draws}" for figure in FIGURES)
    imports = set().union(
        *(
            third_party_imports(ROOT / "workflow_scripts" / script, *(drawing if script == "plot.py" else []))
            for script in scripts
        )
    )
    needed = {PACKAGES.get(name, name).lower() for name in imports}
    for_pip = {normalised(pin.split("==")[0]) for pin in pip_dependencies(environment)}
    assert needed == set(read_pins(environment)) - PROGRAMS - (needed_by(for_pip) - needed) - {"python-igraph"}


def test_pip_downloads_nothing_but_wheels_that_a_hash_pins() -> None:
    """With a hash on one requirement, pip refuses whatever else it would have to download."""
    environment = ROOT / "envs/motifs.yaml"
    pins = pip_dependencies(environment)
    assert all(re.fullmatch(r"[\w-]+==\d+(\.\d+)+ --hash=sha256:[0-9a-f]{64}", pin) for pin in pins)
    there = {normalised(LOCKED_NAMES.get(name, name)) for name in read_pins(environment)}
    assert set().union(*(requirements_of(pin.split("==")[0]) for pin in pins)) <= there
    assert [file.name for file in ENVIRONMENTS if pip_dependencies(file)] == ["motifs.yaml"]


def test_the_device_chooses_the_build_of_torch_and_nothing_else() -> None:
    on_cpu, on_gpu = (
        {
            rule.name: Path(rule.conda_env).name
            for rule in rules_of("tests/tiny.yaml", device).values()
            if rule.conda_env
        }
        for device in ("cpu", "cuda")
    )
    changed = {name for name, environment in on_cpu.items() if on_gpu[name] != environment}
    assert {on_cpu[name] for name in changed} == {"learning_cpu.yaml"}
    assert {on_gpu[name] for name in changed} == {"learning_cuda.yaml"}
    assert "learning_cpu.yaml" not in on_gpu.values()
    cpu, cuda = (read_pins(ROOT / f"envs/learning_{device}.yaml") for device in ("cpu", "cuda"))
    assert cuda.items() - cpu.items() == {("pytorch-gpu", cpu["pytorch"]), ("cuda-version", cuda["cuda-version"])}
    assert cpu.items() - cuda.items() == {("pytorch-cpu", cpu["pytorch"])}


def test_every_script_belongs_to_a_rule() -> None:
    used = set().union(*scripts_by_environment().values())
    assert used == {script.name for script in (ROOT / "workflow_scripts").glob("*.py")}
