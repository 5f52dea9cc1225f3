"""Precision and recall of motif instances against sites whose places are known."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from study.planted_sites import inside, planted_sites_table, precision_and_recall

PLACE = ["contig", "start", "end", "strand"]
SITES = pd.DataFrame([("a", 100, 110, "+"), ("a", 200, 210, "-"), ("b", 100, 110, "+")], columns=PLACE)


@pytest.mark.parametrize(
    ("instance", "is_true"),
    [
        (("a", 100, 110, "+"), True),
        (("a", 102, 106, "+"), True),
        (("a", 90, 130, "+"), True),
        (("a", 105, 115, "+"), True),
        (("a", 106, 116, "+"), False),
        (("a", 100, 110, "-"), False),
        (("a", 100, 110, "."), False),
        (("b", 200, 210, "-"), False),
    ],
)
def test_an_instance_is_true_on_half_of_a_site_of_its_strand(instance: tuple, is_true: bool) -> None:
    instances = pd.DataFrame([instance, ("a", 200, 210, "-")], columns=PLACE, index=[7, 3])
    assert precision_and_recall(instances, SITES, "+") == ((1 + is_true) / 2, pytest.approx((1 + is_true) / 3))
    turned = instances.assign(strand=instances["strand"].map({"+": "-", "-": "+", ".": "."}))
    assert precision_and_recall(turned, SITES, "-") == precision_and_recall(instances, SITES, "+")


def test_sites_outside_the_windows_are_not_asked_for() -> None:
    windows = pd.DataFrame([("a", 90, 150), ("a", 95, 150), ("a", 205, 300)], columns=PLACE[:3])
    assert inside(SITES, windows).index.tolist() == [0]


def test_the_table_has_the_motifs_of_simulated_factors(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"simulation": {"tfs": {"CTCF": {}}}}))
    folder = tmp_path / "attributions"
    folder.mkdir()
    (tmp_path / "simulation").mkdir()
    SITES.assign(kind=["site", "site", "decoy"]).to_csv(tmp_path / "simulation/CTCF.sites.tsv", sep="\t", index=False)
    pd.DataFrame([("a", 0, 1000), ("b", 0, 1000)], columns=PLACE[:3]).to_csv(folder / "x.windows.tsv", sep="\t")
    motifs = [("motif_1", 2, "CTCF", "-"), ("motif_2", 1, "SPI1", "+"), ("motif_3", 0, "", "")]
    pd.DataFrame(motifs, columns=["motif", "instances", "match", "strand"]).to_csv(
        folder / "x.motifs.tsv", sep="\t", index=False
    )
    hits = [("a", 100, 110, "-", "motif_1"), ("b", 100, 110, "-", "motif_1"), ("a", 200, 210, "+", "motif_2")]
    pd.DataFrame(hits, columns=[*PLACE, "motif"]).to_csv(folder / "x.hits.tsv", sep="\t", index=False)
    *_, row = planted_sites_table(tmp_path).splitlines()
    assert row == "| x | motif_1, CTCF | 2 | 2 | 0.500 | 0.500 |"
