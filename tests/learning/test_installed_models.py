"""A model and the installed package are enough: nothing of the checkout is needed to use what was sent."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest
from planted_windows import ARCHITECTURE, WIDTH
from sent_models import sent_model

from learning.predict import load

ROOT = Path(__file__).parents[2]
PACKAGES = ("rc_equivariant", "learning", "genome_data", "workflow_support")
#: Packages that are imported by another name than that of their distribution.
DISTRIBUTIONS = {"sklearn": "scikit-learn"}
THREE_LINES = """
import sys
sys.path.insert(0, sys.argv[1])
from learning.predict import load
model = load(sys.argv[2])
print(*model.predict([sys.argv[3]]))
print(len(model.predict(sys.argv[4], sys.argv[5])))
import rc_equivariant, learning
assert all(each.__file__.startswith(sys.argv[1]) for each in (rc_equivariant, learning))
tops = {name.partition(".")[0] for name in sys.modules}
assert not tops & {"configuration", "plan", "study", "figures", "snakemake", "yaml", "pysam", "pybedtools"}, tops
"""
COMMAND = """
import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
sys.argv[0] = "learning.predict"
runpy.run_module("learning.predict", run_name="__main__")
"""
REACHED = """
import sys
sys.path.insert(0, sys.argv[1])
import learning.predict
print(*{name.partition(".")[0] for name in sys.modules})
"""


def python(*arguments: object) -> str:
    """What Python prints that knows neither the checkout nor PYTHONPATH."""
    command = [sys.executable, "-I", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def imported_by_name(folder: Path) -> set[str]:
    """Third-party packages that a statement of the module or of a module that it imports names."""
    names = set(python("-c", REACHED, folder).split())
    texts = [file.read_text() for package in PACKAGES for file in (folder / package).rglob("*.py")]
    stated = {match for text in texts for match in re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE)}
    return {name for name in names & stated if name not in sys.stdlib_module_names and name not in PACKAGES}


def test_what_models_import_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.match(r"[\w-]+", dependency)[0] for dependency in project["dependencies"]}
    imported = imported_by_name(ROOT / "workflow_scripts")
    assert declared == {DISTRIBUTIONS.get(name, name) for name in imported}


@pytest.mark.slow
def test_a_wheel_and_a_folder_answer_without_the_checkout(tmp_path: Path) -> None:
    checkout, target = tmp_path / "checkout", tmp_path / "target"
    checkout.mkdir()
    for part in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / part, checkout)
    without_caches = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "workflow_scripts", checkout / "workflow_scripts", ignore=without_caches)
    offline = ["--no-deps", "--no-index", "--disable-pip-version-check"]
    python("-m", "pip", "wheel", *offline, "--no-build-isolation", "--wheel-dir", tmp_path, checkout)
    (wheel,) = tmp_path.glob("*.whl")
    python("-m", "pip", "install", *offline, "--no-compile", "--target", target, wheel)
    assert {path.name for path in target.iterdir() if not path.name.endswith(".dist-info")} == set(PACKAGES)

    folder, _ = sent_model(tmp_path / "model", {"regular": ARCHITECTURE | {"window": WIDTH}})
    sequence = "".join(np.random.default_rng(0).choice(list("ACGT"), 500))
    (tmp_path / "genome.fa").write_text(f">chrA\n{sequence}\n")
    (tmp_path / "regions.bed").write_text("chrA\t100\t400\n")
    files = [tmp_path / "genome.fa", tmp_path / "regions.bed"]
    printed = python("-c", THREE_LINES, target, folder, sequence[:WIDTH], *files).splitlines()
    assert float(printed[0]) == pytest.approx(load(folder, threads=1).predict([sequence[:WIDTH]])[0], abs=1e-5)
    assert printed[1] == "6"

    output = tmp_path / "scores.bw"
    python("-c", COMMAND, target, folder, files[1], files[0], "-o", output)
    with pyBigWig.open(str(output)) as track:
        values = [value for _, _, value in track.intervals("chrA")]
    assert values == pytest.approx(pd.read_csv(tmp_path / "scores.tsv", sep="\t")["probability"].tolist(), abs=1e-5)
