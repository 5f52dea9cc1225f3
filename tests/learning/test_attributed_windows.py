"""The script that explains windows: its table, arrays and track, on a network that learned to find a planted motif."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import attribute_sequences as script
import numpy as np
import pandas as pd
import pyBigWig
import pytest
import torch
from attribute_sequences import attribute_sequences
from attributed_networks import METHODS, PROFILE_WINDOW, binary, profile
from normalise_genome import normalise_genome
from planted_windows import ARCHITECTURE, MOTIF, WIDTH, planted_codes
from saved_networks import files_of, save_network, save_replicates
from sequence_formats import fasta_text

from genome_data.windows.table import WINDOW_TABLE_COLUMNS
from learning.analysis.attribution import (
    Windows,
    gradient_contributions,
    of_present_bases,
)
from rc_equivariant import Network, NetworkDescription, StrandAverage
from workflow_support.errors import InputError


@pytest.fixture(scope="module")
def trained():
    """A network that learned to find the motif, positive windows, and where the motif lies in them."""
    torch.manual_seed(1)
    network = Network(NetworkDescription.named("binary", **ARCHITECTURE, window=WIDTH))
    codes, labels = planted_codes(600, seed=0)
    kmers, targets = network.encoding.indices(torch.from_numpy(codes)), torch.from_numpy(labels).float()
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(100):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(network(kmers), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    codes, labels = planted_codes(80, seed=1)
    return network.eval(), codes[labels == 1]


def motif_bases(codes: np.ndarray) -> np.ndarray:
    is_motif = np.zeros(codes.shape, dtype=bool)
    for word in (MOTIF, 3 - MOTIF[::-1]):
        views = np.lib.stride_tricks.sliding_window_view(codes, len(word), axis=1)
        for row, start in np.argwhere((views == word).all(axis=2)):
            is_motif[row, start : start + len(word)] = True
    return is_motif


@pytest.mark.parametrize("method", METHODS)
def test_the_planted_motif_gets_the_contributions(method: str, trained) -> None:
    network, codes = trained
    contributions = METHODS[method](network, Windows(codes), "logit")
    actual = of_present_bases(contributions, codes)
    is_motif = motif_bases(codes)
    assert actual[is_motif].mean() > 10 * np.abs(actual[~is_motif].mean())
    strongest = np.array([np.convolve(row, np.ones(len(MOTIF)), "valid").argmax() for row in actual])
    assert np.mean(is_motif[np.arange(len(codes)), strongest + len(MOTIF) // 2]) > 0.9


@pytest.fixture
def task(tmp_path: Path, trained, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a task of windows of a genome with margins of 3 bases; two overlap, one is negative, one trains."""
    network, codes = trained
    contig = np.concatenate([codes[:6].ravel(), codes[6, :20]])
    text = "".join("ACGT"[code] for code in contig)
    (tmp_path / "raw.fa").write_text(fasta_text({"chr1": text}))
    normalise_genome(
        tmp_path / "raw.fa",
        tmp_path / "genome.fa",
        tmp_path / "genome.fa.fai",
        tmp_path / "contigs",
        tmp_path / "sizes",
    )
    starts = np.array([177, 57, 80, 237, 297])
    rows = pd.DataFrame({"contig": "chr1", "start": starts, "end": starts + WIDTH + 6, "name": list("abcde")})
    rows = rows.assign(label=[1, 1, 1, 0, 1], split=["test"] * 4 + ["train"], gc=0.5)
    rows.to_csv(tmp_path / "windows.tsv", sep="\t", columns=list(WINDOW_TABLE_COLUMNS), index=False)
    np.save(tmp_path / "codes.npy", np.stack([contig[start : start + WIDTH + 6] for start in starts]))
    monkeypatch.setattr(script, "_load", lambda *_: [network, network])
    return tmp_path


def attribute(folder: Path, **changes) -> None:
    arguments = {
        "windows": folder / "windows.tsv",
        "codes": folder / "codes.npy",
        "extras": [],
        "extra_names": [],
        "weights": [folder / "1", folder / "2"],
        "models": [folder / "1", folder / "2"],
        "method": "gradient",
        "head": "logit",
        "strongest": 10,
        "bases": None,
        "fasta": folder / "genome.fa",
        "average_strands": False,
        "device": "cpu",
        "threads": 1,
        "contributions": folder / "contributions.npy",
        "sequences": folder / "sequences.npy",
        "table": folder / "table.tsv",
        "bigwig": folder / "track.bw",
        "spread": folder / "spread.bw",
    }
    attribute_sequences(**arguments | changes)


@pytest.mark.parametrize("bases", [None, 30])
@pytest.mark.parametrize("method", METHODS)
def test_table_arrays_and_track_agree(task: Path, trained, method: str, bases: int | None) -> None:
    attribute(task, method=method, bases=bases)
    table = pd.read_csv(task / "table.tsv", sep="\t")
    contributions, sequences = np.load(task / "contributions.npy"), np.load(task / "sequences.npy")
    assert set(table["name"]) == {"a", "b", "c", "e"}
    assert table["score"].is_monotonic_decreasing
    assert contributions.shape == (4, bases or WIDTH, 4)
    assert contributions.dtype == np.float32
    all_codes = np.load(task / "codes.npy")[:, 3:-3]
    for row, name in enumerate(table["name"]):
        codes = all_codes["abcde".index(name)]
        offset = (WIDTH - (bases or WIDTH)) // 2
        assert table["start"][row] == [180, 60, 83, 240, 300]["abcde".index(name)] + offset
        assert np.array_equal(sequences[row], codes[offset : WIDTH - offset])
        expected = METHODS[method](trained[0], Windows(codes[None]), "logit")[0, offset : WIDTH - offset]
        assert np.allclose(contributions[row], expected, atol=1e-5)
    actual = pd.Series(list(of_present_bases(contributions, sequences)), index=table["name"])
    starts = table.set_index("name")["start"]
    with pyBigWig.open(str(task / "track.bw")) as track:
        values = {name: np.array(track.values("chr1", starts[name], starts[name] + (bases or WIDTH))) for name in "abc"}
    assert np.allclose(values["a"], actual["a"], atol=1e-6)
    assert np.allclose(values["b"], actual["b"], atol=1e-6)
    covered = starts["b"] + (bases or WIDTH) - starts["c"]
    assert np.allclose(values["c"][covered:], actual["c"][covered:], atol=1e-6)


def test_the_spread_of_a_base_is_the_deviation_between_networks(task: Path, trained, monkeypatch) -> None:
    attribute(task)
    assert spread_of_first(task) == pytest.approx(0, abs=1e-6)
    other = deepcopy(trained[0])
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.mul_(1.2)
    monkeypatch.setattr(script, "_load", lambda *_: [trained[0], other])
    attribute(task)
    table, codes = pd.read_csv(task / "table.tsv", sep="\t"), np.load(task / "sequences.npy")[:1]
    of_networks = [
        of_present_bases(METHODS["gradient"](network, Windows(codes), "logit"), codes)[0]
        for network in (trained[0], other)
    ]
    assert table["contig"][0] == "chr1"
    assert spread_of_first(task) == pytest.approx(np.std(of_networks, axis=0, ddof=1), abs=1e-5)


def spread_of_first(task: Path) -> np.ndarray:
    first = pd.read_csv(task / "table.tsv", sep="\t").iloc[0]
    with pyBigWig.open(str(task / "spread.bw")) as track:
        return np.array(track.values("chr1", int(first["start"]), int(first["end"])))


def test_windows_of_all_splits_are_explained_the_strongest_first_and_the_log_counts_them(
    task: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    attribute(task, strongest=4)
    assert "Explained 4 of 4 bound windows: all." in caplog.text
    everything = pd.read_csv(task / "table.tsv", sep="\t")
    assert sorted(everything["split"]) == ["test"] * 3 + ["train"]
    attribute(task, strongest=2)
    assert "Explained 2 of 4 bound windows: those with the highest scores, as `strongest` is 2." in caplog.text
    assert pd.read_csv(task / "table.tsv", sep="\t").equals(everything.iloc[:2])


@pytest.mark.parametrize("cut", [7, 5])
def test_windows_that_do_not_fit_the_networks_are_refused(task: Path, cut: int) -> None:
    """A model that was sent may read other windows than the task has: wider ones, or such with another middle."""
    np.save(task / "codes.npy", np.load(task / "codes.npy")[:, cut:])
    with pytest.raises(InputError, match=f"windows of {WIDTH + 6 - cut} bases"):
        attribute(task)
    assert not (task / "contributions.npy").exists()


def test_a_track_that_the_task_lacks_is_named(task: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = profile("regular", 1)
    monkeypatch.setattr(script, "_load", lambda *_: [network])
    with pytest.raises(InputError, match="read a control beside the sequence"):
        attribute(task, head="counts")


def test_a_standard_network_is_averaged_over_strands(task: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = binary("standard", 2)
    monkeypatch.setattr(script, "_load", lambda *_: [network, network])
    attribute(task)
    found, codes = np.load(task / "contributions.npy"), np.load(task / "sequences.npy")
    expected = gradient_contributions(StrandAverage(network).eval(), Windows(codes), "logit")
    assert np.allclose(found, expected, atol=1e-5)


def test_networks_of_other_architecture_are_explained_together_and_on_both_strands_if_asked_for(
    task: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    architecture = ARCHITECTURE | {"window": WIDTH}
    conjoined = {"representation": "standard", "conjoined": True}
    described = {"a": {}, "b": {"kmer": 3, "channels": 4}, "c": conjoined}
    of_arms = [
        save_replicates(task, name, architecture | changes, {0: {}, 1: {}}) for name, changes in described.items()
    ]
    networks = [network for of_arm in of_arms for network in of_arm]
    found = {}
    for average_strands in (False, True):
        attribute(task, **files_of(task, described), average_strands=average_strands)
        found[average_strands] = np.load(task / "contributions.npy")
    windows = Windows(np.load(task / "sequences.npy"))
    expected = np.mean([gradient_contributions(network, windows, "logit") for network in networks], axis=0)
    assert np.allclose(found[False], expected, atol=1e-5)
    assert np.allclose(found[True], found[False], atol=1e-5)


def test_a_head_that_the_networks_lack_is_refused(task: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    save_network(task, "a", ARCHITECTURE | {"window": WIDTH})
    with pytest.raises(InputError, match="profile tasks"):
        attribute(task, **files_of(task, "a"), head="counts")


def test_profiles_are_explained_with_their_control_in_the_middle_of_the_margins(
    task: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = profile("regular", 1)
    monkeypatch.setattr(script, "_load", lambda *_: [network, network])
    margin = (WIDTH + 6 - PROFILE_WINDOW) // 2
    control = np.random.default_rng(0).poisson(3, (5, 2, network.description.output_length + 2 * margin))
    np.save(task / "control.npy", control.astype(np.uint16))
    attribute(task, extras=[task / "control.npy"], extra_names=["control"], head="profile")
    row = list(pd.read_csv(task / "table.tsv", sep="\t")["name"]).index("b")
    windows = Windows(np.load(task / "codes.npy")[1:2, margin:-margin], {"control": control[1:2, :, margin:-margin]})
    expected = gradient_contributions(network, windows, "profile")[0]
    assert np.allclose(np.load(task / "contributions.npy")[row], expected, atol=1e-5 * np.abs(expected).max())


def test_without_bound_windows_there_is_nothing_to_explain(task: Path) -> None:
    windows = pd.read_csv(task / "windows.tsv", sep="\t").assign(label=0)
    windows.to_csv(task / "windows.tsv", sep="\t", index=False)
    with pytest.raises(InputError, match="no window to explain"):
        attribute(task)
    assert not (task / "table.tsv").exists()
