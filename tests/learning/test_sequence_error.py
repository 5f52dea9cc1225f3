"""Labelled sequences of odd and even length, from a file to the reported error between the strands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from arm_networks import network_content
from evaluate import evaluate
from find_near_copies import find_near_copies
from prepare_sequences import prepare_sequences
from train import train

from learning.evaluation.strands import SHORTENED, rows_to_shorten
from learning.models.saved import load
from rc_equivariant import Centred, KmerEncoding
from rc_equivariant.descriptions.networks import MEANS, NETWORKS

WIDTH = 60
SMALL = {
    "binary": {"kernel_widths": (5, 4), "pool_width": 10, "pool_stride": 7},
    "labelled": {"first_width": 6, "residual_width": 3, "dense": 8},
    "hyperbolic": {"geometry": "hyperbolic", "blocks": 2, "width": 3, "dense": 9, "head": "flatten"},
    "default": {"first_width": 6, "residual_width": 3, "dense": 8},
    "bag": {"lengths": (3, 4), "dense": 8},
    "residual": {"first_width": 6, "residual_width": 3, "dense": 8},
    "attention": {"first_width": 6, "reduction": 3, "heads": 2, "pairs": 2, "dense": 8},
    "long_convolution": {"first_width": 6, "reduction": 3, "reach": 20, "dense": 8},
    "large": {"first_width": 6, "residual_width": 3, "dense": 8},
}
ARMS = {
    "irrep": {"representation": "irrep", "kmer": 3, "plus_fraction": 0.75},
    "conjoined": {"representation": "standard", "kmer": 3, "conjoined": True},
    "post hoc": {"representation": "standard", "kmer": 1},
}
TRAINING = {
    "learning_rate": 0.01, "batch_size": 16, "epochs": 3, "patience": 3, "weight_decay": 0.01,
    "base_substitution": 0.05, "device": "cpu", "threads": 1,
}  # fmt: skip


def of_width(length: int, seed: int) -> str:
    return "".join(np.random.default_rng(seed).choice(list("ACGT"), length))


def prepare(folder: Path, lengths: list[int]) -> list[str]:
    """Sequences of two classes, which differ in their composition, in equal parts of three splits."""
    rows = []
    for number, length in enumerate(lengths):
        text = of_width(length, number)
        rows.append(
            (text.replace("T", "A") if number % 2 else text, number % 2, ["train", "dev", "test"][number // 2 % 3])
        )
    table = pd.DataFrame(rows, columns=["sequence", "label", "split"])
    table.to_csv(folder / "sequences.csv", index=False)
    outputs = {name: folder / f"{name}.{end}" for name, end in (
        ("windows", "tsv"), ("codes", "npy"), ("classes", "json"), ("duplicates", "tsv"), ("accounting", "tsv")
    )}  # fmt: skip
    prepare_sequences([folder / "sequences.csv"], None, None, "sequence", "label", WIDTH, False, **outputs)
    return table.loc[table["split"] == "test", "sequence"].tolist()


def trained(folder: Path, network: str, arm: str) -> Centred:
    content = network_content({"channels": 8} | SMALL[network] | ARMS[arm], network)
    train(
        windows=folder / "windows.tsv", sequences=folder / "codes.npy", extras=[folder / "classes.json"],
        extra_names=["classes"], kind="labelled", task="t", arm=arm, size="all", seeds=[0], network=content,
        training=TRAINING, checkpoints=folder / "checkpoints", code="x", weights=folder / "w.safetensors",
        models=folder / "m.json", history=folder / "h.tsv",
    )  # fmt: skip
    ((network, _),) = load(folder / "w.safetensors", folder / "m.json", torch.device("cpu"))
    return network


def evaluated(folder: Path, *, average_strands: bool) -> tuple[dict, pd.DataFrame]:
    find_near_copies(folder / "windows.tsv", folder / "codes.npy", folder / "near_copies.npy")
    evaluate(
        windows=folder / "windows.tsv", sequences=folder / "codes.npy", extras=[folder / "classes.json"],
        extra_names=["classes"], near_copies=folder / "near_copies.npy", surroundings=[],
        weights=[folder / "w.safetensors"], models=[folder / "m.json"], kind="labelled", task="t", arm="a",
        size="all", seeds=[[0]], candidates=[[0]],
        average_strands=average_strands, device="cpu", threads=1, evaluation=folder / "e.json",
        predictions=folder / "p.tsv",
    )  # fmt: skip
    return json.loads((folder / "e.json").read_text())[0], pd.read_csv(folder / "p.tsv", sep="\t")


def padded(text: str) -> np.ndarray:
    """The row of a sequence as ``prepare_sequences`` writes it."""
    codes = np.array(["ACGTN".index(letter) for letter in text])
    left = (WIDTH - len(text)) // 2
    return np.pad(codes, (left, WIDTH - len(text) - left), constant_values=4)


def logits(network: torch.nn.Module, texts: list[str]) -> np.ndarray:
    codes = torch.from_numpy(np.stack([padded(text) for text in texts]))
    with torch.inference_mode():
        return network(network.in_type.indices(codes)).numpy()


def other_strand(text: str) -> str:
    return text[::-1].translate(str.maketrans("ACGT", "TGCA"))


def test_every_network_for_classes_is_tried_here() -> None:
    for_classes = {name for name, layers in NETWORKS.items() if layers.head.answers == "logits"}
    assert set(SMALL) == for_classes | MEANS.keys()


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("network", SMALL)
def test_the_error_between_the_strands_of_sequences_is_rounding(tmp_path: Path, network: str, arm: str) -> None:
    """The error by hand, of the network inside without its places in the middle, is what was hidden before."""
    texts = prepare(tmp_path, [WIDTH - number % 21 for number in range(120)])
    assert {len(text) % 2 for text in texts} == {0, 1}
    centred = trained(tmp_path, network, arm)
    assert isinstance(centred, Centred)
    evaluation, predictions = evaluated(tmp_path, average_strands=arm == "post hoc")
    strands = evaluation["reverse_complement"]
    scale = predictions["logit"].abs().max()
    assert strands["largest_absolute"] < 1e-5 * max(scale, 1)
    assert strands["flipped"] == 0
    if arm == "post hoc":
        of_strands = [logits(centred, each) for each in (texts, list(map(other_strand, texts)))]
        assert np.allclose(predictions["logit"], np.mean(of_strands, axis=0), atol=1e-4)
        return
    assert np.allclose(predictions["logit"], logits(centred, texts), atol=1e-4)
    alone = np.abs(logits(centred.network, texts) - logits(centred.network, list(map(other_strand, texts))))
    # A bag of k-mers is the same wherever a sequence lies in the window.
    assert (alone.max() > 1e-3) == (network != "bag")
    odd = np.array([(WIDTH - len(text)) % 2 for text in texts], dtype=bool)
    assert alone[~odd].max() < 1e-5 * max(scale, 1)


def test_the_error_of_sequences_that_fill_their_window_is_measured_on_shorter_ones_too(tmp_path: Path) -> None:
    """A network that is exact on whole windows alone is found out by those without their last base."""

    class ExactOnWholeWindows(torch.nn.Module):
        """Answers the position of the first known base if there is an unknown one, else 0."""

        in_type = KmerEncoding(1)

        def __init__(self, network: torch.nn.Module) -> None:
            super().__init__()
            self.network, self.description = network, network.network.description

        def forward(self, codes: torch.Tensor) -> torch.Tensor:
            is_whole = (codes != 4).all(1)
            return torch.where(is_whole, 0.0, (codes == 0).float() @ torch.arange(codes.shape[1]).float())

    texts = prepare(tmp_path, [WIDTH] * 120)
    trained(tmp_path, "labelled", "post hoc")
    import learning.evaluation.combinations as combinations

    load_networks = combinations.load_networks
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            combinations,
            "load_networks",
            lambda *given: [(ExactOnWholeWindows(each), described) for each, described in load_networks(*given)],
        )
        patch.setattr(combinations, "multiply_adds", lambda _: 0)
        evaluation, predictions = evaluated(tmp_path, average_strands=False)
    assert (predictions["logit"] == 0).all()
    assert len(texts) == len(predictions)
    assert evaluation["reverse_complement"]["largest_absolute"] > 1


@pytest.mark.parametrize("count", [0, 1, 7, SHORTENED, SHORTENED + 1, 10 * SHORTENED])
def test_rows_to_shorten_are_evenly_spaced(count: int) -> None:
    rows = rows_to_shorten(count)
    assert rows.size == min(count, SHORTENED)
    if count > 1:
        assert (rows[0], rows[-1]) == (0, count - 1)
        assert np.ptp(np.diff(rows)) <= 1
