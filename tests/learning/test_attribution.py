"""Contributions by centred gradients and mutagenesis: by definition, the same on both strands, and at the motif."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import attribute_sequences as script
import numpy as np
import pandas as pd
import pyBigWig
import pytest
import torch
from attribute_sequences import attribute_sequences
from normalise_genome import normalise_genome
from planted_windows import ARCHITECTURE, MOTIF, WIDTH, planted_codes
from saved_networks import files_of, save_network, save_replicates
from sequence_formats import fasta_text

from genome_data.alphabet import reverse_complement
from genome_data.windows.table import WINDOW_TABLE_COLUMNS
from learning.analysis.attribution import (
    Windows,
    base_gradients,
    centred,
    gradient_contributions,
    mutagenesis_contributions,
    of_present_bases,
    window_scores,
)
from rc_equivariant import Centred, Network, NetworkDescription, StrandAverage
from workflow_support.errors import InputError

BINARY_WINDOW, PROFILE_WINDOW = 60, 54
METHODS = {"gradient": gradient_contributions, "mutagenesis": mutagenesis_contributions}
ARMS = [("rcps", 1, None), ("regular", 2, None), ("irrep", 3, 0.75), ("standard", 2, None)]


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Tiny batches spend longer on handing work to threads than on the work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def with_random_weights(network):
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    return network.eval()


def binary(representation, kmer, fraction=None):
    torch.manual_seed(0)
    sizes = {"kernel_widths": (5, 4), "pool_width": 10, "pool_stride": 5}
    description = NetworkDescription.named("binary", representation, kmer, 8, BINARY_WINDOW, fraction, **sizes)
    return with_random_weights(Network(description))


def profile(representation, kmer, fraction=None, control=True):
    torch.manual_seed(0)
    sizes = {"first_width": 9, "dilations": (2, 4), "profile_width": 11, "tracks": ("control",) * control}
    description = NetworkDescription.named("profile", representation, kmer, 8, PROFILE_WINDOW, fraction, **sizes)
    return with_random_weights(Network(description))


def random_windows(network, count=4, unknown=True):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (count, network.description.window), dtype=np.uint8)
    if unknown:
        codes[0, 20:22] = 4
    if not network.description.tracks:
        return Windows(codes)
    shape = (count, 2, network.description.output_length)
    return Windows(codes, {"control": rng.poisson(2, shape).astype(np.uint16)})


def other_strand(windows):
    tracks = {name: values[:, ::-1, ::-1].copy() for name, values in windows.tracks.items()}
    return Windows(reverse_complement(windows.codes), tracks)


def hyperbolic(representation, kmer, fraction=None):
    torch.manual_seed(0)
    sizes = {"blocks": 2, "width": 3, "dense": 31, "curvature": "per_block"}
    description = NetworkDescription.named("hyperbolic", representation, kmer, 8, BINARY_WINDOW, fraction, **sizes)
    return with_random_weights(Network(description))


def bag(representation, kmer, fraction=None):
    torch.manual_seed(0)
    options = {"lengths": (3, 4), "gaps": (2,), "dense": 6}
    description = NetworkDescription.named("bag", representation, kmer, 8, BINARY_WINDOW, fraction, **options)
    return with_random_weights(Network(description))


CASES = [(make, arm, "logit") for make in (binary, hyperbolic, bag) for arm in ARMS]
CASES += [(profile, arm, head) for arm in ARMS for head in ("profile", "counts")]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("make", "arm", "head"), CASES, ids=lambda value: getattr(value, "__name__", str(value)))
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_both_strands_have_the_same_contributions(method, make, arm, head, dtype, tolerance) -> None:
    network = make(*arm).to(dtype)
    windows = random_windows(network)
    if make is hyperbolic:
        # Its answers round more, and contributions are small beside them.
        tolerance *= 5
    if arm[0] == "standard":
        assert disagreement(METHODS[method], network, windows, head) > 1e-3
        network = StrandAverage(network).eval()
    assert disagreement(METHODS[method], network, windows, head) < tolerance


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("arm", [("irrep", 3, 0.75), ("standard", 2)], ids=str)
def test_contributions_to_centred_networks_follow_the_sequence(method, arm) -> None:
    """Sequences shorter than the window, by odd and even numbers: on either strand, anywhere in the window."""
    network = hyperbolic(*arm).double()
    alone = network if arm[0] == "irrep" else StrandAverage(network).eval()
    centred = Centred(alone).eval()
    windows = random_windows(network)
    windows.codes[:, :5] = 4
    windows.codes[0, -4:] = windows.codes[1, -7:] = 4
    assert disagreement(METHODS[method], centred, windows, "logit") < 1e-10
    moved = Windows(np.roll(windows.codes, -3, axis=1))
    of_windows, of_moved = (METHODS[method](centred, each, "logit") for each in (windows, moved))
    assert np.allclose(of_moved, np.roll(of_windows, -3, axis=1), atol=1e-12)
    assert not np.allclose(METHODS[method](alone, moved, "logit"), np.roll(of_windows, -3, axis=1), atol=1e-3)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("conjoined", [False, True])
@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_compiled_network_has_the_same_contributions(method, conjoined) -> None:
    torch.compiler.reset()
    network = binary("standard", 2) if conjoined else binary("irrep", 2, 0.75)
    windows = random_windows(network, count=2)
    network = StrandAverage(network).eval() if conjoined else network
    expected = method(network, windows, "logit")
    compiled = torch.compile(network, backend="eager")
    assert np.abs(method(compiled, windows, "logit") - expected).max() < 1e-4 * np.abs(expected).max()


def disagreement(contributions, network, windows, head):
    """Largest difference between the strands, of the largest contribution."""
    of_windows = contributions(network, windows, head)
    of_other = contributions(network, other_strand(windows), head)
    return np.abs(of_windows - of_other[:, ::-1, ::-1]).max() / np.abs(of_windows).max()


def test_for_single_nucleotides_it_is_gradient_times_input() -> None:
    network = binary("regular", 1).double()
    windows = random_windows(network, unknown=False)
    one_hot = torch.eye(4, dtype=torch.float64)[torch.from_numpy(windows.codes).long()].requires_grad_()
    network.export()(one_hot.transpose(1, 2)).sum().backward()
    contributions = base_gradients(network, windows, "logit")
    assert np.allclose(contributions, one_hot.grad, atol=1e-14)
    actual = of_present_bases(contributions, windows.codes)
    assert np.allclose(actual, (one_hot * one_hot.grad).sum(2).detach(), atol=1e-14)


def test_centring_removes_what_all_four_bases_share_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(3, 20, 4))
    found = centred(gradients)
    assert np.allclose(found.sum(2), 0, atol=1e-15)
    assert np.allclose(found[..., 1:] - found[..., :1], gradients[..., 1:] - gradients[..., :1], atol=1e-14)
    assert np.allclose(centred(gradients + rng.normal(size=(3, 20, 1))), found, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_centring_adds_no_rounding_that_differs_between_the_strands(dtype) -> None:
    """Bit for bit: gradients of a reverse complement are centred to the same numbers, in reverse order."""
    gradients = np.random.default_rng(1).normal(size=(50, 30, 4)).astype(dtype)
    turned = np.ascontiguousarray(gradients[:, ::-1, ::-1])
    assert np.array_equal(centred(turned), centred(gradients)[:, ::-1, ::-1])
    assert centred(gradients).dtype == dtype


@pytest.mark.parametrize("arm", ARMS, ids=str)
def test_gradient_contributions_are_the_centred_gradients(arm) -> None:
    network = binary(*arm).double()
    windows = random_windows(network)
    found = gradient_contributions(network, windows, "logit")
    assert np.array_equal(found, centred(base_gradients(network, windows, "logit")))
    assert not found[windows.codes == 4].any()
    assert np.allclose(found.sum(2), 0, atol=1e-14)


def test_the_shape_of_a_profile_is_weighed_by_constant_probabilities() -> None:
    network = profile("regular", 1).double()
    windows = random_windows(network, unknown=False)
    one_hot = torch.eye(4, dtype=torch.float64)[torch.from_numpy(windows.codes).long()].requires_grad_()
    logits, _ = network.export()(one_hot.transpose(1, 2), torch.from_numpy(windows.tracks["control"].astype(float)))
    centred = logits - logits.mean(2, keepdim=True)
    (logits.softmax(2).detach() * centred).sum().backward()
    assert np.allclose(base_gradients(network, windows, "profile"), one_hot.grad, atol=1e-13)


@pytest.mark.parametrize("kmer", [2, 3])
def test_a_k_mers_contribution_is_shared_by_its_bases(kmer: int) -> None:
    """By hand, from the gradient with respect to the one-hot k-mers that the first convolution reads."""
    network = binary("regular", kmer).double()
    windows = random_windows(network)
    encoding, export = network.encoding, network.export()
    kmers = encoding.indices(torch.from_numpy(windows.codes))
    hot = torch.nn.functional.one_hot(kmers, 4**kmer + 1)[..., :-1].transpose(1, 2).double().requires_grad_()
    in_turn = [module for module in export.modules() if not list(module.children())]
    after_kmers = torch.nn.Sequential(*in_turn[2:])
    after_kmers(hot).sum().backward()
    expected = np.zeros((*windows.codes.shape, 4))
    for row, position, base, offset in np.ndindex(*expected.shape, kmer):
        start = position - offset
        if 0 <= start < hot.shape[2] and windows.codes[row, position] < 4:
            word = windows.codes[row, start : start + kmer].astype(int)
            word[offset] = base
            if (word < 4).all():
                number = int("".join(map(str, word)), 4)
                expected[row, position, base] += hot.grad[row, number, start].item() / kmer
    contributions = base_gradients(network, windows, "logit")
    assert np.allclose(contributions, expected, atol=1e-13)
    of_kmers = (hot * hot.grad).sum((1, 2)).detach()
    assert np.allclose(of_present_bases(contributions, windows.codes).sum(1), of_kmers, atol=1e-12)


def test_the_bases_of_a_k_mer_in_a_bag_share_its_contribution() -> None:
    """All contributions of a window are those of its k-mers: the gradient by each count times the count."""
    network = bag("regular", 2).double()
    windows = random_windows(network, unknown=False)
    roots = network.trunk(network.encoding.indices(torch.from_numpy(windows.codes))).requires_grad_()
    network.head(roots).sum().backward()
    # The root of a count has the slope 1 / (2 root), or 1 from no k-mer to one and at one.
    slopes = torch.where(roots > 1, 1 / (2 * roots), 1.0)
    expected = (roots.square() * slopes * roots.grad).sum(1).detach()
    contributions = base_gradients(network, windows, "logit")
    assert np.allclose(of_present_bases(contributions, windows.codes).sum(1), expected, atol=1e-12)


def test_a_base_that_completes_a_k_mer_of_a_bag_has_its_contribution() -> None:
    """Of AAAA, only the k-mers that one substitution makes have a gradient beside those that are there."""
    description = NetworkDescription.named("bag", "standard", 1, 8, 6, lengths=(3,), dense=6)
    network = with_random_weights(Network(description)).double()
    roots = network.trunk(torch.zeros(1, 6, dtype=torch.int64)).requires_grad_()
    network.head(roots).sum().backward()
    contributions = base_gradients(network, Windows(np.zeros((1, 6), dtype=np.uint8)), "logit")
    # The first base is in the first 3-mer alone: CAA is number 16, GAA 32 and TAA 48.
    assert np.allclose(contributions[0, 0, 1:], roots.grad[0, [16, 32, 48]].numpy() / 3, atol=1e-13)


@pytest.mark.parametrize("head", ["profile", "counts"])
def test_mutagenesis_of_a_profile_by_definition(head: str) -> None:
    network = profile("regular", 2).double()
    windows = random_windows(network, count=2, unknown=False)
    control = torch.from_numpy(windows.tracks["control"].astype(float))

    def answer(codes: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            return network(network.encoding.indices(torch.from_numpy(codes)), control)

    probabilities = answer(windows.codes)[0].softmax(2)

    def explained(codes: np.ndarray) -> np.ndarray:
        logits, totals = answer(codes)
        if head == "counts":
            return totals.sum(1).numpy()
        return (probabilities * (logits - logits.mean(2, keepdim=True))).sum((1, 2)).numpy()

    positions = range(5, 9)
    found = of_present_bases(mutagenesis_contributions(network, windows, head, positions), windows.codes[:, positions])
    for column, position in enumerate(positions):
        losses = []
        for step in (1, 2, 3):
            mutant = windows.codes.copy()
            mutant[:, position] = (mutant[:, position] + step) % 4
            losses.append(explained(windows.codes) - explained(mutant))
        assert np.allclose(found[:, column], np.mean(losses, axis=0), atol=1e-12)


def test_mutagenesis_compares_each_base_with_the_three_others() -> None:
    network = binary("irrep", 3, 0.75).double()
    windows = random_windows(network, count=1)
    found = mutagenesis_contributions(network, windows, "logit")[0]
    assert np.allclose(found.sum(1), 0, atol=1e-12)
    assert not found[windows.codes[0] == 4].any()
    mutants = windows.codes.repeat(4, axis=0)
    mutants[:, 7] = range(4)
    scores = window_scores(network, Windows(mutants))
    assert np.allclose(found[7], [score - np.delete(scores, base).mean() for base, score in enumerate(scores)])


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
