"""Means of a run, and the summary that a terminal shows, by hand."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from study.evaluations import SUMMARY_COLUMNS, means_table, replicates_table
from study.print_summary import summary_text
from study.tables import write_table

SCRIPTS = Path(__file__).parents[2] / "workflow_scripts"
COLUMNS = ["task", "arm", "size", "train_size", "metric", "replicates", "mean", "sd"]


def summarise(evaluations):
    return means_table(replicates_table(evaluations))[SUMMARY_COLUMNS]


def evaluation(task, arm, auroc, strands=None):
    content = {
        "task": task,
        "arm": arm,
        "size": "all",
        "seed": 0,
        "train_size": 100,
        "metrics": {"AUROC": auroc, "MCC": 0.5},
    }
    if strands:
        content["reverse_complement"] = {"largest_absolute": strands, "largest_relative": 0.1, "flipped": 0.02}
    return content


def test_means_and_sample_deviations_in_the_order_given():
    table = summarise(
        [
            evaluation("MAX", "standard", 0.8, strands=1.0),
            evaluation("MAX", "regular", 0.9, strands=1e-6),
            evaluation("MAX", "standard", 0.9, strands=3.0),
            evaluation("CTCF", "baseline", 0.7),
        ]
    )
    assert list(table.columns) == COLUMNS
    assert list(dict.fromkeys(zip(table["task"], table["arm"], strict=True))) == [
        ("MAX", "standard"),
        ("MAX", "regular"),
        ("CTCF", "baseline"),
    ]
    values = table.set_index(["task", "arm", "metric"])
    standard = values.loc[("MAX", "standard", "AUROC")]
    assert (standard["replicates"], standard["mean"]) == (2, pytest.approx(0.85))
    assert standard["sd"] == pytest.approx(0.1 / np.sqrt(2))
    assert values.loc[("MAX", "standard", "RC error"), "mean"] == 2
    assert values.loc[("MAX", "standard", "RC flips"), "mean"] == pytest.approx(0.02)
    assert np.isnan(values.loc[("CTCF", "baseline", "AUROC"), "sd"])
    assert ("CTCF", "baseline", "RC error") not in values.index


def test_a_summary_is_printed_in_its_order_with_its_spread() -> None:
    rows = [
        ("B", "standard", "all", 10, "AUROC", 2, 0.81234, 0.0123),
        ("B", "standard", "all", 10, "RC error", 2, 6.5, 0.5),
        ("B", "standard", "all", 10, "ECE", 2, 0.1, 0.01),
        ("B", "irrep", "all", 10, "AUROC", 2, 0.75, 0.0004),
        ("B", "irrep", "all", 10, "RC error", 2, 6e-6, 7e-7),
        ("B", "averaged", "all", 10, "RC error", 2, 0.0, 0.0),
        ("B", "floor", "all", 10, "AUROC", 1, 0.7, float("nan")),
        ("A", "standard", "all", 10, "AUROC", 2, 0.9, 0.01),
    ]
    header, *lines = summary_text(pd.DataFrame(rows, columns=COLUMNS), {"B": "binary", "A": "binary"}).splitlines()
    assert header.split() == ["task", "arm", "replicates", "AUROC", "AUPRC", "MCC", "RC", "error"]
    arms = [["B", "standard"], ["B", "irrep"], ["B", "averaged"], ["B", "floor"], ["A", "standard"]]
    assert [line.split()[:2] for line in lines] == arms
    assert lines[0].split()[2:] == ["2", "0.812", "±", "0.012", "6.500", "±", "0.500"]
    assert lines[1].split()[2:] == ["2", "0.750", "±", "0.000", "6e-06", "±", "7e-07"]
    assert lines[2].split()[2:] == ["2", "0", "±", "0"]
    assert lines[3].split()[2:] == ["1", "0.700"]


def test_sizes_are_summarised_apart_and_the_largest_is_printed() -> None:
    sizes = {"100": (100, 0.6), "all": (900, 0.8)}
    contents = [
        evaluation(task, arm, auroc) | {"size": size, "train_size": windows}
        for task in ("one", "other")
        for arm in ("standard", "regular")
        for size, (windows, auroc) in sizes.items()
        if (arm, size) != ("regular", "all") or task == "one"
    ]
    table = summarise(contents)
    assert len(table) == 2 * len(contents)
    kinds = {"one": "binary", "other": "binary"}
    printed = summary_text(table, kinds).splitlines()
    assert printed[0].split()[:4] == ["task", "arm", "size", "replicates"]
    assert [line.split()[1:5:3] + line.split()[2:3] for line in printed[1:]] == [
        ["standard", "0.800", "all"],
        ["regular", "0.800", "all"],
        ["standard", "0.800", "all"],
        ["regular", "0.600", "100"],
    ]
    assert "size" not in summary_text(table[table["task"] == "one"], kinds)


def test_every_kind_of_task_has_its_table() -> None:
    metrics = {
        "peaks": {"AUROC": 0.9, "AUPRC": 0.8, "MCC": 0.7},
        "counts": {"JSD": 0.4, "Spearman 1 bp": 0.1, "Count Pearson": 0.6},
        "splice": {"AUROC": 0.95, "MCC": 0.75, "Accuracy": 0.85},
        "promoters": {"AUROC": 0.9, "AUPRC": 0.8, "MCC": 0.7, "Accuracy": 0.9, "MCC 0.5": 0.6},
    }
    kinds = {"peaks": "binary", "counts": "profile", "splice": "labelled", "promoters": "labelled"}
    table = summarise(evaluation(task, "irrep", 0.0) | {"metrics": values} for task, values in metrics.items())
    binary, profile, labelled = summary_text(table, kinds).split("\n\n")
    assert binary.splitlines()[1].split() == ["peaks", "irrep", "1", "0.900", "0.800", "0.700"]
    assert "JSD Spearman 1 bp Count Pearson RC error" in " ".join(profile.splitlines()[0].split())
    assert profile.splitlines()[1].split()[:2] == ["counts", "irrep"]
    assert "replicates Accuracy MCC MCC 0.5 AUROC RC error" in " ".join(labelled.splitlines()[0].split())
    assert labelled.splitlines()[1].split() == ["splice", "irrep", "1", "0.850", "0.750", "0.950"]
    assert labelled.splitlines()[2].split() == ["promoters", "irrep", "1", "0.900", "0.700", "0.600", "0.900"]


def test_a_summary_is_printed_from_the_folder_of_a_run(tmp_path) -> None:
    table = summarise([evaluation("1", "standard", 0.8), evaluation("1", "standard", 0.9)])
    write_table(table, tmp_path / "summary.tsv")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"tasks": {"1": {"kind": "binary"}}}))
    command = [sys.executable, "-m", "study.print_summary", tmp_path / "summary.tsv"]
    printed = subprocess.run(command, cwd=SCRIPTS, check=True, capture_output=True, text=True).stdout
    assert printed.splitlines()[1].split() == ["1", "standard", "2", "0.850", "±", "0.071", "0.500", "±", "0.000"]
