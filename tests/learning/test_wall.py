"""The wall between training and evaluation: what training may import and read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from learning.kinds import KINDS, modules_of_kind, modules_of_script
from learning.training.options import TRAININGS
from workflow_support.code_digest import code_digest, local_files

SCRIPTS = Path(__file__).parents[2] / "workflow_scripts"
LEARNING = SCRIPTS / "learning"


def modules_in(room: str) -> list[str]:
    """The names of all modules of a sub-package of ``learning``."""
    return [f"learning.{room}.{file.stem}" for file in sorted((LEARNING / room).glob("*.py"))]


def reached(script: str, *modules: str) -> set[str]:
    """The files that a script and modules import, directly or not, relative to the scripts."""
    return {file.relative_to(SCRIPTS).as_posix() for file in local_files(SCRIPTS / f"{script}.py", *modules)}


def in_rooms(files: set[str], *rooms: str) -> set[str]:
    return {file for file in files if file.startswith(tuple(f"learning/{room}/" for room in rooms))}


def test_training_imports_nothing_of_evaluation_or_analysis():
    files = reached("train", *modules_in("training"))
    assert {"learning/training/loop.py", "learning/training/profiles.py", "learning/models/inputs.py"} <= files
    assert not in_rooms(files, "evaluation", "analysis")


def test_evaluation_imports_nothing_of_training_or_analysis():
    files = reached("evaluate", *modules_in("evaluation"))
    assert "learning/evaluation/profiles.py" in files
    assert not in_rooms(files, "training", "analysis")


def test_models_import_nothing_of_the_other_rooms():
    files = reached("encode_kmers", *modules_in("models"))
    assert "learning/models/saved.py" in files
    assert not in_rooms(files, "training", "evaluation", "analysis")


def test_no_code_of_training_names_the_test_split():
    for file in [SCRIPTS / "train.py", *LEARNING.glob("training/*.py"), *LEARNING.glob("models/*.py")]:
        constants = [node.value for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant)]
        assert "test" not in constants, file


def test_training_and_models_import_no_hyperbolic_layers():
    for file in [*LEARNING.glob("training/*.py"), *LEARNING.glob("models/*.py")]:
        assert "rc_equivariant.hyperbolic" not in file.read_text(), file


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_settings_and_modules_and_its_training_no_other_kind(kind: str):
    assert list(TRAININGS) == list(KINDS)
    for script in ("train", "evaluate"):
        (module,) = modules_of_kind(kind, script)
        assert module in modules_of_script(script)
        assert f"{module.replace('.', '/')}.py" in reached(script, module)
    others = {KINDS[other].train for other in KINDS} - {KINDS[kind].train}
    files = reached("train", *modules_of_kind(kind, "train"))
    assert not {f"{other.replace('.', '/')}.py" for other in others} & files


def test_the_digest_of_a_training_follows_the_modules_of_its_kind():
    script = SCRIPTS / "train.py"
    digests = {code_digest(script, *modules_of_kind(kind, "train")) for kind in KINDS}
    assert len(digests) == len(KINDS)
