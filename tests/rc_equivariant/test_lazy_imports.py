"""Names are imported when they are used: descriptions need no torch, and scripts depend on no more than they name."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT

import rc_equivariant
from learning.kinds import KINDS, modules_of_kind
from rc_equivariant import hyperbolic
from rc_equivariant.descriptions.networks import NetworkDescription, modules_of
from workflow_support.code_digest import code_digest, local_files

SCRIPTS = ROOT / "workflow_scripts"
PACKAGES = ("rc_equivariant", "rc_equivariant.hyperbolic")
WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
import rc_equivariant.descriptions.networks as networks
content = networks.NetworkDescription.published("hyperbolic", "irrep").to_dict()
assert networks.NetworkDescription.from_dict(content).to_dict() == content
print(*networks.modules_of(content))
from rc_equivariant import Conv1d
"""


def test_descriptions_need_no_torch() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH], cwd=SCRIPTS, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["rc_equivariant.hyperbolic.network", "rc_equivariant.networks.network"]
    assert done.stderr.splitlines()[-1].startswith("ModuleNotFoundError: import of torch halted")


@pytest.mark.parametrize("package", [rc_equivariant, hyperbolic], ids=PACKAGES)
def test_every_public_name_is_that_of_its_module(package) -> None:
    assert package.__all__ == sorted(package.__all__)
    assert set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        value = getattr(package, name)
        assert value.__name__ == name
        assert value.__module__.startswith(f"{package.__name__}.")
    with pytest.raises(AttributeError, match="has no attribute 'Conv9d'"):
        _ = package.Conv9d


def names_from_packages(file: Path) -> list[str]:
    """Imports of a file that name a package of the library and not the module that defines what is imported."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in PACKAGES]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module in PACKAGES:
            folder = SCRIPTS.joinpath(*node.module.split("."))
            found += [alias.name for alias in node.names if not (folder / f"{alias.name}.py").is_file()]
    return found


def test_the_workflow_imports_from_the_modules_that_define_a_name() -> None:
    """A digest of code follows import statements, which a package that loads names lazily does not have."""
    files = [file for file in SCRIPTS.rglob("*.py") if SCRIPTS / "rc_equivariant" not in file.parents]
    files += (ROOT / "benchmarks").glob("*.py")
    assert len(files) > 50
    assert {str(file): names for file in files if (names := names_from_packages(file))} == {}


def test_the_search_finds_planted_imports(tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text(
        "import rc_equivariant\n"
        "from rc_equivariant import Conv1d, testing\n"
        "from rc_equivariant.hyperbolic import lorentz\n"
    )
    assert names_from_packages(file) == ["rc_equivariant", "Conv1d"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_depends_on_the_layers_of_its_own_network(kind: str) -> None:
    file, folder = SCRIPTS / "train.py", SCRIPTS / "rc_equivariant/hyperbolic"
    of_kind = modules_of_kind(kind, "train")
    of_name = {
        name: modules_of(NetworkDescription.published(name, "regular").to_dict())
        for name in ("binary", "profile", "hyperbolic")
    }
    found = {name: local_files(file, *of_kind, *modules) for name, modules in of_name.items()}
    for name, module in {
        "binary": "networks/heads",
        "profile": "networks/profile",
        "hyperbolic": "hyperbolic/network",
    }.items():
        assert SCRIPTS / f"rc_equivariant/{module}.py" not in local_files(file, *of_kind)
        assert SCRIPTS / f"rc_equivariant/{module}.py" in found[name]
    assert folder / "lorentz.py" in found["hyperbolic"]
    assert not [path for name in ("binary", "profile") for path in found[name] if folder in path.parents]
    digests = {code_digest(file, *of_kind, *modules) for modules in ([], *of_name.values())}
    assert len(digests) == 4
