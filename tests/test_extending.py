"""The recipes of docs/extending.md are followed literally on a copy of the code, and their additions are run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest
import yaml
from checkout import ROOT, Checkout

GUIDE = ROOT / "docs/extending.md"
PAGE = "docs/configuration.md"
#: A step: what to do with which file, and the block that follows it. ``make docs`` has no block.
STEP = re.compile(
    r"^\d\. (?:(?P<verb>New file|In|At the end of) `(?P<file>[^`]+)`(?:, (?P<side>before|after) `(?P<anchor>[^`]+)`)?:"
    r"\n\n(?P<indent> *)```\w*\n(?P<block>.*?)^ *```$|Run `make docs`)",
    re.DOTALL | re.MULTILINE,
)
#: Recipes that are followed here; a new layer may take a fourth file.
FOLLOWED = {
    "A network": 4,
    "A metric": 3,
    "A figure": 3,
    "An input track beside the sequence": 4,
    "A kind of task": 3,
}
DESCRIBED = ["An option of negatives", "An executor other than Slurm"]


@dataclass(frozen=True)
class Step:
    """One step of a recipe: a new file, an edit beside an anchor, or the page of the configuration written again."""

    file: str
    block: str
    side: str | None = None
    anchor: str | None = None

    def follow(self, folder: Path) -> None:
        """Do what the step says below ``folder``."""
        file = folder / self.file
        if self.file == PAGE:
            write_page(folder)
        elif not file.exists():
            file.write_text(self.block, encoding="utf-8")
        elif self.anchor is None:
            file.write_text(file.read_text(encoding="utf-8") + "\n\n" + self.block, encoding="utf-8")
        else:
            lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
            (place,) = [n for n, line in enumerate(lines) if line.strip() == self.anchor]
            is_definition = self.side == "before" and not self.block.startswith(" ")
            lines.insert(place + (self.side == "after"), self.block + "\n\n" * is_definition)
            file.write_text("".join(lines), encoding="utf-8")


def recipe(title: str) -> str:
    """The text of a recipe."""
    return GUIDE.read_text(encoding="utf-8").split(f"\n## {title}\n")[1].split("\n## ")[0]


def steps(title: str) -> list[Step]:
    """The steps of a recipe that is followed."""
    found = []
    for match in STEP.finditer(recipe(title)):
        if match["file"] is None:
            found.append(Step(PAGE, ""))
            continue
        block = re.sub(f"^{match['indent']}", "", match["block"], flags=re.MULTILINE)
        assert (match["verb"] == "New file") == (not (ROOT / match["file"]).exists()), match["file"]
        assert (match["verb"] == "In") == (match["anchor"] is not None), match["file"]
        found.append(Step(match["file"], block, match["side"], match["anchor"]))
    return found


def used_by(title: str) -> dict:
    """The configuration with which a recipe uses what it has added."""
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", recipe(title), re.DOTALL | re.MULTILINE)
    return yaml.safe_load(block)


def write_page(folder: Path) -> str:
    """What ``make docs`` writes, in a copy of the code."""
    (folder / PAGE).parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "configuration.documentation", str(folder / PAGE)]
    subprocess.run(command, cwd=folder / "workflow_scripts", check=True)
    return (folder / PAGE).read_text(encoding="utf-8")


def require_style(folder: Path) -> None:
    """Check the style of the files that the recipes made or changed."""
    files = [step.file for title in FOLLOWED for step in steps(title) if step.file.endswith(".py")]
    for task in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *task, "--no-cache", "--config", str(ROOT / "pyproject.toml"), *files]
        done = subprocess.run(ruff, cwd=folder, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def tiny() -> dict:
    """The tiny configuration with one arm, seed and size for its tasks on the genome, and one prediction."""
    settings = yaml.safe_load((ROOT / "tests/tiny.yaml").read_text(encoding="utf-8"))
    del settings["variants"], settings["hyperbolicity"]
    arms = {name: settings["study"]["arms"][name] for name in ("standard", "profile_rcps")}
    study = {"arms": arms, "seeds": [3], "train_sizes": ["all"]}
    tasks = {name: settings["tasks"][name] for name in ("CTCF", "CTCF_nexus")}
    return settings | {"study": study, "tasks": tasks, "predict": {"profiles": settings["predict"]["profiles"]}}


def merged(settings: dict, changes: dict) -> dict:
    """``settings`` with ``changes`` laid over them."""
    return settings | {
        key: merged(settings.get(key, {}), value) if isinstance(value, dict) else value
        for key, value in changes.items()
    }


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of the tiny run, in a copy of the code in which all recipes were followed."""
    checkout = Checkout(tmp_path_factory.mktemp("extended"))
    settings = tiny()
    for title in FOLLOWED:
        before = write_page(checkout.folder)
        for step in steps(title):
            step.follow(checkout.folder)
        is_current = (checkout.folder / PAGE).read_text(encoding="utf-8") == write_page(checkout.folder)
        assert is_current, f"{title}: the recipe must say `make docs`"
        changes_page = before != (checkout.folder / PAGE).read_text(encoding="utf-8")
        assert changes_page == (PAGE in [step.file for step in steps(title)]), title
        if "```yaml" in recipe(title):
            settings = merged(settings, used_by(title))
    (checkout.folder / "tests/tiny.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    require_style(checkout.folder)
    arguments = ["--configfile", "tests/tiny.yaml"]
    checkout.snakemake(*arguments, "--cores", "2")
    checkout.snakemake(*arguments, "--report", "results/tiny/report.html")
    return checkout.folder / "results/tiny"


@pytest.mark.parametrize("title", FOLLOWED)
def test_a_recipe_takes_few_files(title: str) -> None:
    files = {step.file for step in steps(title)}
    assert 1 <= len(files) <= FOLLOWED[title], sorted(files)


@pytest.mark.parametrize("title", DESCRIBED)
def test_a_recipe_without_code_names_few_files_that_exist(title: str) -> None:
    listed = re.findall(r"^\d\. `([^`]+)`( \(new\))?:", recipe(title), re.MULTILINE)
    assert 1 <= len(listed) <= 3
    for file, is_new in listed:
        assert (ROOT / file).exists() == (not is_new), file


def test_the_network_is_trained_and_evaluated(extended: Path) -> None:
    summary = pd.read_csv(extended / "summary.tsv", sep="\t")
    (arm,) = used_by("A network")["study"]["arms"]
    assert summary.query("arm == @arm and metric == 'RC error'")["mean"].item() < 1e-4
    assert 0 <= summary.query("arm == @arm and metric == 'AUROC'")["mean"].item() <= 1
    (model,) = json.loads((extended / f"tasks/CTCF/models/{arm}/all/models.json").read_text())
    assert model["architecture"]["trunk"]["type"] == "bottleneck"


def test_the_metric_is_in_the_tables(extended: Path) -> None:
    for table in ("summary.tsv", "study/means.tsv"):
        found = pd.read_csv(extended / table, sep="\t").query("metric == 'Recall'")
        assert {"standard", *used_by("A network")["study"]["arms"]} <= set(found["arm"])
        assert found["mean"].between(0, 1).all()


def test_the_track_is_extracted_and_read(extended: Path) -> None:
    task = extended / "tasks/CTCF_nexus"
    counts, track = np.load(task / "counts.npy"), np.load(task / "accessibility.npy")
    assert track.shape == (counts.shape[0], 1, counts.shape[2])
    windows = pd.read_csv(task / "windows.tsv", sep="\t")
    with pyBigWig.open(str(extended / "simulation/CTCF.bw")) as bigwig:
        for row in (0, len(windows) - 1):
            middle = (windows["start"][row] + windows["end"][row]) // 2
            expected = bigwig.values(windows["contig"][row], int(middle), int(middle) + 1)
            assert track[row, 0, track.shape[2] // 2] == pytest.approx(np.nan_to_num(expected[0]))
    assert track.max() > 0
    (model,) = json.loads((task / "models/profile_rcps/all/models.json").read_text())
    assert model["architecture"]["tracks"] == ["control", "accessibility"]
    summary = pd.read_csv(extended / "summary.tsv", sep="\t")
    assert summary.query("arm == 'profile_rcps' and metric == 'RC error'")["mean"].item() < 1e-4
    assert (extended / "predictions/profiles.plus.bw").stat().st_size > 0


def test_the_kind_is_trained_and_evaluated(extended: Path) -> None:
    summary = pd.read_csv(extended / "summary.tsv", sep="\t").query("task == 'CTCF_unbalanced' and arm == 'passes'")
    assert {"AUROC", "Recall", "RC error"} <= set(summary["metric"])
    (model,) = json.loads((extended / "tasks/CTCF_unbalanced/models/passes/all/models.json").read_text())
    assert model["kind"] == "unbalanced"
    comparisons = pd.read_csv(extended / "study/arms.tsv", sep="\t").set_index("arm")
    assert comparisons.loc["passes", "kinds"] == "unbalanced"


def test_the_figure_is_drawn_and_in_the_report(extended: Path) -> None:
    for end in ("svg", "png"):
        assert (extended / f"figures/score_histogram.{end}").stat().st_size > 0
    report = (extended / "report.html").read_text(encoding="utf-8")
    assert "figures/score_histogram.png" in report
