"""A script's digest follows its code wherever that lies, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from workflow_support.code_digest import code_digest, local_files, third_party_imports

FILES = {
    "script.py": "import json\nimport numpy as np\nfrom library.layers import Layer\nfrom helpers import tool\n",
    "library/__init__.py": "",
    "library/layers.py": "from . import kernels\nfrom .names import NAME\n",
    "library/kernels.py": "def build():\n    import torch.nn\n    from ..helpers import tool\n",
    "library/names.py": "NAME = 'a'\n",
    "library/unused.py": "import pandas\n",
    "helpers/__init__.py": "from helpers.loaded import x\n",
    "helpers/tool.py": "import script_of_nobody_installed\n",
    "helpers/loaded.py": "x = 1\n",
    "other_script.py": "import library.unused\n",
}
REACHED = sorted(set(FILES) - {"library/unused.py", "other_script.py"})


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    for name, source in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(source)
    return tmp_path


def test_every_module_that_runs_is_found(scripts: Path) -> None:
    found = [file.relative_to(scripts).as_posix() for file in local_files(scripts / "script.py")]
    assert found == REACHED


def test_modules_imported_by_name_are_followed_if_they_are_given(scripts: Path) -> None:
    found = local_files(scripts / "other_script.py", "helpers.loaded", "absent")
    names = [file.relative_to(scripts).as_posix() for file in found]
    assert names == [
        "helpers/__init__.py",
        "helpers/loaded.py",
        "library/__init__.py",
        "library/unused.py",
        "other_script.py",
    ]
    before = code_digest(scripts / "script.py", "library.unused")
    (scripts / "library/unused.py").write_text("# edited\n")
    assert code_digest(scripts / "script.py", "library.unused") != before


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_digest_changes_with_what_the_script_runs_and_with_nothing_else(scripts: Path, name: str) -> None:
    before = code_digest(scripts / "script.py")
    edited = scripts / name
    edited.write_text(edited.read_text() + "# edited\n")
    assert (code_digest(scripts / "script.py") != before) == (name in REACHED)


def test_a_copy_of_the_code_has_the_same_digest(scripts: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = tmp_path_factory.mktemp("copy")
    for name, source in FILES.items():
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text(source)
    assert code_digest(copy / "script.py") == code_digest(scripts / "script.py")


def test_moving_text_between_modules_changes_the_digest(scripts: Path) -> None:
    before = code_digest(scripts / "script.py")
    (scripts / "library/names.py").write_text("")
    (scripts / "library/kernels.py").write_text(FILES["library/kernels.py"] + FILES["library/names.py"])
    assert code_digest(scripts / "script.py") != before


def test_third_party_imports_leave_out_local_and_standard_modules(scripts: Path) -> None:
    assert third_party_imports(scripts / "script.py") == {"numpy", "torch", "script_of_nobody_installed"}


def test_a_module_that_the_script_imports_while_it_runs_counts_if_it_is_named(scripts: Path) -> None:
    script, module = scripts / "script.py", "library.unused"
    before = code_digest(script), code_digest(script, module)
    assert before[0] != before[1]
    assert scripts / "library/unused.py" in local_files(script, module)
    assert third_party_imports(script, module) == third_party_imports(script) | {"pandas"}
    edited = scripts / "library/unused.py"
    edited.write_text(edited.read_text() + "# edited\n")
    assert code_digest(script) == before[0]
    assert code_digest(script, module) != before[1]
