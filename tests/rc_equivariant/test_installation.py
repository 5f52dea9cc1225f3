"""The library stands alone: it is installed as it is, needs torch alone, and its files import downwards."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "workflow_scripts" / "rc_equivariant"
FILES = sorted(LIBRARY.rglob("*.py"))
# From the bottom up; a name stands for a file, or for the files of a folder that have no place of their own.
LAYOUT = [
    "lazy_names",
    "descriptions",
    "representation",
    "sums_and_products",
    "encoding",
    "kernels",
    "functional",
    "plain",
    "plain_blocks",
    "plain_mixing",
    "layers",
    "strategies",
    "centring",
    "networks",
    "hyperbolic",
    "cost",
]
# The test kit serves others' layers, so it may know only what these are described by.
BESIDE_LAYOUT = {"testing": {"representation", "encoding"}}

USE_WITH_TORCH_ALONE = """
import sys
target = sys.argv[1]
sys.path.insert(0, target)
sys.modules.update(pytest=None, hypothesis=None)

import torch
import rc_equivariant
import rc_equivariant.testing
from rc_equivariant import Network, NetworkDescription

assert rc_equivariant.__file__.startswith(target), rc_equivariant.__file__
network = Network(NetworkDescription.named("binary", "regular", kmer=2, channels=4, window=100))
kmers = network.encoding.indices(torch.randint(0, 5, (3, 100)))
rc_equivariant.testing.assert_equivariant(network, kmers)
print(tuple(network(kmers).shape))
"""


def name_of(file: Path) -> str:
    return ".".join(file.relative_to(LIBRARY).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


def outside_imports(file: Path) -> set[str]:
    """Top-level names of what a file imports from outside the library."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def inside_imports(file: Path) -> set[str]:
    """Names of the library's files that a file imports from."""
    package = file.relative_to(LIBRARY).parent.parts
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level > 0:
            above = package[: len(package) - (node.level - 1)]
            parts = (*above, *node.module.split(".")) if node.module else above
            names |= {".".join(parts)} if node.module else {".".join((*parts, alias.name)) for alias in node.names}
    return names


def height(name: str) -> int:
    """Place in the layout of a file, or of the folder that it lies in."""
    return LAYOUT.index(name if name in LAYOUT else name.partition(".")[0])


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip installed a copy of the checkout, and nothing else."""
    checkout, target = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("target")
    for part in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / part, checkout)
    without_caches = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "workflow_scripts", checkout / "workflow_scripts", ignore=without_caches)
    alone = ["--no-deps", "--no-index", "--no-build-isolation", "--no-compile", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *alone, "--target", str(target), str(checkout)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_every_file_is_installed(installed: Path) -> None:
    found = {str(file.relative_to(installed)) for file in installed.glob("rc_equivariant/**/*.py")}
    assert found == {str(file.relative_to(LIBRARY.parent)) for file in FILES}


def test_the_installed_library_runs_with_torch_alone(installed: Path) -> None:
    # -I keeps out the working folder and PYTHONPATH, by which the checkout could be found instead.
    command = [sys.executable, "-I", "-c", USE_WITH_TORCH_ALONE, str(installed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=installed)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "(3,)\n"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_files_import_torch_and_the_standard_library_alone(file: Path) -> None:
    assert outside_imports(file) <= {"torch", *sys.stdlib_module_names}


@pytest.mark.parametrize("file", [file for file in FILES if file.name != "__init__.py"], ids=name_of)
def test_files_import_downwards(file: Path) -> None:
    name, imported = name_of(file), inside_imports(file)
    if name in BESIDE_LAYOUT:
        assert imported <= BESIDE_LAYOUT[name]
    else:
        assert not {other for other in imported if height(other) > height(name)}


def test_no_files_import_each_other() -> None:
    imports = {name_of(file): inside_imports(file) for file in FILES}
    assert set(TopologicalSorter(imports).static_order()) == set(imports)


def test_exports_need_nothing_of_the_library() -> None:
    assert inside_imports(LIBRARY / "plain.py") == set()
    assert inside_imports(LIBRARY / "plain_blocks.py") == {"plain"}
