"""No module unpickles anything, and the search for it finds planted cases."""

import ast
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "workflow_scripts"
UNSAFE_NAMES = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}


def unsafe_uses(source):
    """Lines of ``source`` that could execute what a file holds."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported = {(node.module or "").split(".")[0]}
            if imported == {"torch"} and "load" in {alias.name for alias in node.names}:
                yield node.lineno
        else:
            imported = set()
        if imported & UNSAFE_NAMES:
            yield node.lineno
        if isinstance(node, ast.Attribute) and node.attr in ("load", "save") and ast.unparse(node.value) == "torch":
            yield node.lineno
        if isinstance(node, ast.Attribute) and node.attr in ("read_pickle", "to_pickle"):
            yield node.lineno
        if isinstance(node, ast.keyword) and (node.arg, ast.unparse(node.value)) in (
            ("allow_pickle", "True"),
            ("weights_only", "False"),
        ):
            yield node.value.lineno


def test_nothing_of_ours_unpickles():
    sources = list(SCRIPTS.rglob("*.py"))
    assert len(sources) > 10
    assert [f"{path}:{line}" for path in sources for line in unsafe_uses(path.read_text())] == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib as j",
        "import torch\ntorch.load('x')",
        "from torch import load",
        "numpy.load('x', allow_pickle=True)",
        "read('x', weights_only=False)",
        "pandas.read_pickle('x')",
    ],
)
def test_the_search_for_unpickling_finds_planted_cases(source):
    assert list(unsafe_uses(source))
