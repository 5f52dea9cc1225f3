"""The summary of a run, by hand."""

import numpy as np
import pandas as pd
import pytest

from learning.summary import COLUMNS, as_text, summarise


def evaluation(task, arm, auroc, strands=None):
    content = {"task": task, "arm": arm, "seed": 0, "train_size": 100, "metrics": {"AUROC": auroc, "MCC": 0.5}}
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
        ("B", "standard", 10, "AUROC", 2, 0.81234, 0.0123),
        ("B", "standard", 10, "RC error", 2, 6.5, 0.5),
        ("B", "standard", 10, "ECE", 2, 0.1, 0.01),
        ("B", "floor", 10, "AUROC", 1, 0.7, float("nan")),
        ("A", "standard", 10, "AUROC", 2, 0.9, 0.01),
    ]
    header, *lines = as_text(pd.DataFrame(rows, columns=COLUMNS)).splitlines()
    assert header.split() == ["task", "arm", "replicates", "AUROC", "AUPRC", "MCC", "RC", "error"]
    assert [line.split()[:2] for line in lines] == [["B", "standard"], ["B", "floor"], ["A", "standard"]]
    assert lines[0].split()[2:] == ["2", "0.812", "±", "0.012", "6.500", "±", "0.500"]
    assert lines[1].split()[2:] == ["1", "0.700"]
