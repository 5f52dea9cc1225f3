"""A run with folds, from peaks to the page: every window is scored once, and all networks answer together."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest
from small_run import SETTINGS, new_run

from learning.models.model_files import read_description
from workflow_support.metrics import BASELINE_ARM

FOLDS = 3
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("folds")
    settings = deepcopy(SETTINGS)
    settings["genomes"]["first"]["splits"] = {"folds": FOLDS}
    settings["study"]["combinations"]["best"] = {"best_of": ["plain", "paired"]}
    settings["predict"] = {"regions": settings["predict"]["regions"]}
    del settings["tasks"]["words"], settings["hyperbolicity"]
    run = new_run(folder / "run", folder / "memory", settings)
    run.run()
    return run.folder / "results/small"


def table(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, sep="\t")


def test_every_peak_is_kept_or_dropped_by_reason_and_every_fold_has_some(results: Path) -> None:
    counts = table(results / "tasks/sites/peak_counts.tsv").set_index("reason")["rows"]
    positives = table(results / "tasks/sites/positives.tsv")
    assert counts["in"] == counts.drop("in").sum()
    assert counts["kept"] == len(positives)
    assert positives["split"].value_counts().sort_index().index.tolist() == ["fold1", "fold2", "fold3"]


@pytest.mark.parametrize("arm", ["plain", "paired", "post_hoc", "best", BASELINE_ARM])
def test_every_window_has_exactly_one_score_of_each_seed(results: Path, arm: str) -> None:
    windows = table(results / "tasks/sites/windows.tsv")
    predictions = table(results / f"tasks/sites/models/{arm}/all/predictions.tsv")
    for seed in (1, 2):
        of_seed = predictions[predictions["seed"] == seed]
        assert (
            of_seed[["name", "split", "label"]].values.tolist() == windows[["name", "split", "label"]].values.tolist()
        )
    records = json.loads((results / f"tasks/sites/models/{arm}/all/evaluation.json").read_text())
    assert [record["folds"] for record in records] == [FOLDS] * 2


def test_tables_and_the_page_say_that_there_are_folds(results: Path) -> None:
    assert set(table(results / "summary.tsv")["folds"]) == {FOLDS}
    windows = len(table(results / "tasks/sites/windows.tsv"))
    page = (results / "results.md").read_text()
    assert f"{windows:,} in {FOLDS} folds" in page
    assert f"{FOLDS} folds take turns at being tested" in page
    intervals = table(results / "study/intervals.tsv")
    assert intervals[["low", "high"]].notna().all(axis=None)
    assert f"sites, {FOLDS} folds" in (results / "figures/performance.svg").read_text()


def test_the_networks_of_all_folds_are_the_model_and_answer_together(results: Path) -> None:
    facts = read_description(results / "models/sites.paired/model.json")
    assert {(each["fold"], each["seed"]) for each in facts["networks"]} == {
        (fold, seed) for fold in (1, 2, 3) for seed in (1, 2)
    }
    assert facts["evaluation"]["folds"] == FOLDS
    assert all(each["training"]["calibrated"] for each in facts["networks"])
    assert f"{FOLDS} folds together" in (results / "models/sites.paired/README.md").read_text()
    assert table(results / "predictions/regions.tsv")["spread"].gt(0).all()
    assert table(results / "variants/changes.tsv")["difference_spread"].gt(0).any()
    explained = table(results / "attributions/sites.windows.tsv").iloc[0]
    place = explained["contig"], int(explained["start"]), int(explained["end"])
    with pyBigWig.open(str(results / "attributions/sites.spread.bw")) as track:
        assert np.mean(track.values(*place)) > 0
