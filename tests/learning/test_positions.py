"""The sensitivity to the place of a site: which windows are moved, how far, and what is measured of their scores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from evaluate import evaluate as evaluate_script
from hypothesis import given
from hypothesis import strategies as st
from planted_windows import ARCHITECTURE
from saved_networks import files_of, save_replicates

from genome_data.alphabet import reverse_complement
from genome_data.windows.surroundings import SITES, write_surroundings
from genome_data.windows.table import write_windows
from learning.evaluation.metrics import auroc
from learning.evaluation.positions import STEPS, distances, moved_windows, sensitivity

WIDTH, TEST = 40, 30


class Contig:
    """A genome with one contig of random bases, and N beyond its ends."""

    def __init__(self, length: int) -> None:
        self.bases = np.random.default_rng(0).integers(0, 4, length, dtype=np.uint8)

    def codes(self, contigs, starts, width: int) -> np.ndarray:
        places = np.asarray(starts)[:, None] + np.arange(width)
        is_inside = (places >= 0) & (places < len(self.bases))
        return np.where(is_inside, self.bases[places.clip(0, len(self.bases) - 1)], 4).astype(np.uint8)


def windows_of(starts: np.ndarray, width: int, label: int = 1, split: str = "test") -> pd.DataFrame:
    table = pd.DataFrame({"contig": "chr1", "start": starts, "end": starts + width, "name": "w", "label": label})
    return table.assign(split=split, gc=0.5)


@pytest.mark.parametrize("width", [40, 41])
def test_surroundings_are_those_of_bound_test_windows_alone(tmp_path: Path, width: int) -> None:
    genome, starts = Contig(2_000), np.array([0, 500, 1_970])
    others = [windows_of(starts + 9, width, label=0), windows_of(starts + 5, width, split="train")]
    write_surroundings(genome, pd.concat([*others, windows_of(starts, width)]), tmp_path / "found.npy")
    found, half = np.load(tmp_path / "found.npy"), width // 2
    assert found.dtype == np.uint8
    assert np.array_equal(found, genome.codes(None, starts - half, width + 2 * half))
    assert (found[0, :half] == 4).all()
    assert np.array_equal(found[1, half : half + width], genome.bases[500 : 500 + width])


@pytest.mark.parametrize("count", [1, SITES - 1, SITES, 3 * SITES + 1])
def test_of_many_windows_evenly_spaced_ones_are_kept(tmp_path: Path, count: int) -> None:
    genome, starts = Contig(9 * SITES + 100), 3 * np.arange(count)
    write_surroundings(genome, windows_of(starts, WIDTH), tmp_path / "found.npy")
    found = np.load(tmp_path / "found.npy")
    assert len(found) == min(count, SITES)
    of_all = [bytes(row) for row in genome.codes(None, starts - WIDTH // 2, 2 * WIDTH)]
    rows = [of_all.index(bytes(row)) for row in found]
    assert (rows[0], rows[-1]) == (0, count - 1)
    assert len(rows) < 3 or set(np.diff(rows)) <= {(count - 1) // (len(rows) - 1), (count - 1) // (len(rows) - 1) + 1}


@given(width=st.integers(1, 3_000))
def test_distances_go_from_the_middle_to_the_edge_in_equal_steps(width: int) -> None:
    found = distances(width)
    assert (found[0], found[-1]) == (0, width // 2)
    assert len(found) <= STEPS + 1
    steps = np.diff(found)
    assert steps.size == 0 or steps.max() - steps.min() <= 1


@given(width=st.integers(1, 60), sites=st.integers(1, 4), seed=st.integers(0, 100))
def test_moved_windows_are_those_of_the_genome_and_alike_on_both_strands(width: int, sites: int, seed: int) -> None:
    half = width // 2
    surroundings = np.random.default_rng(seed).integers(0, 5, (sites, width + 2 * half), dtype=np.uint8)
    found = np.array(moved_windows(surroundings, width)).reshape(-1, 2, sites, width)
    for distance, (left, right) in zip(distances(width), found, strict=True):
        assert np.array_equal(left, surroundings[:, half - distance :][:, :width])
        assert np.array_equal(right, surroundings[:, half + distance :][:, :width])
    turned = np.array(moved_windows(reverse_complement(surroundings), width)).reshape(found.shape)
    assert np.array_equal(turned[:, ::-1], np.array(list(map(reverse_complement, found))))


def test_measures_by_hand() -> None:
    """Two sites that are told apart at the middle, and lost at the edge on one side."""
    moved = np.full((len(distances(WIDTH)), 2, 2), 3.0)
    moved[-1] = [[3.0, -5.0], [-5.0, -5.0]]
    found = sensitivity(WIDTH, moved.ravel(), np.array([-1.0, -2.0, 1.0]), threshold=0.0)
    assert found[0] == {"distance": 0, "auroc": 1.0, "mean_logit": 3.0, "called": 1.0}
    assert found[-1] == {"distance": 20, "auroc": pytest.approx(0.25), "mean_logit": -3.0, "called": 0.25}


@pytest.mark.parametrize("average_strands", [False, True])
def test_an_evaluation_holds_the_scores_of_its_networks_in_moved_windows(tmp_path: Path, average_strands) -> None:
    genome = Contig(100_000)
    starts = 50 + 100 * np.arange(3 * TEST)
    splits = np.repeat(["train", "validation", "test"], TEST)
    table = windows_of(starts, WIDTH).assign(split=splits, label=np.arange(3 * TEST) % 2)
    write_windows(table, tmp_path / "windows.tsv")
    np.save(tmp_path / "codes.npy", genome.codes(None, starts, WIDTH))
    np.save(tmp_path / "near_copies.npy", np.zeros(len(table), dtype=bool))
    write_surroundings(genome, table, tmp_path / "surroundings.npy")
    architecture = ARCHITECTURE | {"window": WIDTH, "representation": "standard", "kmer": 1}
    networks = save_replicates(tmp_path, "a", architecture, {0: {}, 1: {}})

    def evaluated(surroundings: list[Path]) -> list[dict]:
        evaluate_script(
            windows=tmp_path / "windows.tsv", sequences=tmp_path / "codes.npy", extras=[], extra_names=[],
            near_copies=tmp_path / "near_copies.npy", surroundings=surroundings, **files_of(tmp_path, "a"),
            candidates=[[0]], seeds=[[0], [1]], kind="binary", task="t", arm="a", size="all",
            average_strands=average_strands, device="cpu", threads=1,
            evaluation=tmp_path / "evaluation.json", predictions=tmp_path / "predictions.tsv",
        )  # fmt: skip
        return json.loads((tmp_path / "evaluation.json").read_text())

    def logits(network, codes: np.ndarray) -> np.ndarray:
        strands = [codes, reverse_complement(codes)] if average_strands else [codes]
        with torch.no_grad():
            of_strands = [network(network.encoding.indices(torch.from_numpy(each.astype(int)))) for each in strands]
        return np.mean([each.numpy() for each in of_strands], axis=0)

    bound, unbound = (table[(table["split"] == "test") & (table["label"] == label)]["start"] for label in (1, 0))
    labels = np.repeat([1, 0], [len(bound), len(unbound)])
    for network, record in zip(networks, evaluated([tmp_path / "surroundings.npy"]), strict=True):
        of_unbound = logits(network, genome.codes(None, unbound, WIDTH))
        assert [at["distance"] for at in record["positions"]] == distances(WIDTH)
        for at in record["positions"]:
            both = [logits(network, genome.codes(None, bound + sign * at["distance"], WIDTH)) for sign in (-1, 1)]
            assert at["mean_logit"] == pytest.approx(np.mean(both), abs=1e-5)
            assert at["called"] == pytest.approx(np.mean(np.array(both) >= record["mcc_threshold"]))
            aurocs = [auroc(labels, np.concatenate([each, of_unbound])) for each in both]
            assert at["auroc"] == pytest.approx(np.mean(aurocs), abs=1e-9)
        assert record["positions"][0]["auroc"] == pytest.approx(record["metrics"]["AUROC"])
    assert all("positions" not in record for record in evaluated([]))
