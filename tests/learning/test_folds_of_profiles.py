"""Profile networks of folds: pooled predictions are those of each fold by its own networks."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evaluate import evaluate
from planted_profiles import ARCHITECTURE, write_planted_task
from saved_networks import files_of, save_network

from genome_data.folds import fold_name, roles
from genome_data.windows.table import read_windows, write_windows
from learning.models.saved import load_descriptions, save

WINDOWS, FOLDS = 60, 3


def evaluated(task, name):
    outputs = {output: task / f"{name}.{output}" for output in ("evaluation", "predictions", "profiles")}
    evaluate(
        windows=task / "windows.tsv", sequences=task / "codes.npy", extras=[task / "counts.npy"],
        extra_names=["counts"], near_copies=task / "near_copies.npy", surroundings=[], kind="profile",
        **files_of(task, [name]),
        candidates=[[0]], seeds=[[0]], device="cpu", threads=1, task="planted", arm="some", size="all",
        average_strands=False, **outputs,
    )  # fmt: skip
    (record,) = json.loads(outputs["evaluation"].read_text())
    table = pd.read_csv(outputs["predictions"], sep="\t").set_index("name")
    return record, table, np.load(outputs["profiles"])[0]


def test_each_window_is_predicted_by_the_networks_of_its_fold(tmp_path) -> None:
    write_planted_task(tmp_path, WINDOWS)
    windows = read_windows(tmp_path / "windows.tsv")
    splits = np.array([fold_name(row % FOLDS + 1) for row in range(WINDOWS)], dtype=object)
    networks, columns = [], ["JSD", "reads", "predicted_log_total_plus"]
    alone = {}
    for fold in range(1, FOLDS + 1):
        network = save_network(tmp_path, f"alone{fold}", ARCHITECTURE, "profile")
        (described,) = load_descriptions(tmp_path / f"alone{fold}.json")
        networks.append((network, replace(described, fold=fold)))
        # A task with these splits and this network, in place of the fold.
        write_windows(windows.assign(split=roles(splits, fold)), tmp_path / "windows.tsv")
        alone[fold] = evaluated(tmp_path, f"alone{fold}")
    save(tmp_path / "together.safetensors", tmp_path / "together.json", networks)
    write_windows(windows.assign(split=splits), tmp_path / "windows.tsv")
    record, table, profiles = evaluated(tmp_path, "together")
    assert (record["folds"], record["windows"]["test"]) == (FOLDS, WINDOWS)
    assert table.index.tolist() == windows["name"].tolist()
    for fold, (_, expected, of_fold) in alone.items():
        own = splits == fold_name(fold)
        assert table.loc[expected.index, columns].to_numpy() == pytest.approx(expected[columns].to_numpy(), abs=1e-4)
        assert profiles[own] == pytest.approx(of_fold, abs=1e-5)
    assert record["metrics"]["JSD"] == pytest.approx(table["JSD"].mean(), abs=1e-4)
    floors = [of_fold["metrics"]["JSD floor"] for of_fold, _, _ in alone.values()]
    assert record["metrics"]["JSD floor"] == pytest.approx(np.mean(floors), abs=1e-4)
