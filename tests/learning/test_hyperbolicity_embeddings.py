"""Embeddings are what the last layer reads, their distances those of its space; scripts keep all rows apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from embed_sequences import embed_sequences
from figure_words import RESOURCES, words_of
from matplotlib import image
from measure_hyperbolicity import measure_hyperbolicity
from plot import figure_writer
from saved_networks import save_replicates

from figures.hyperbolicity import hyperbolicity_figure
from learning.analysis.embeddings import embedding_distances
from rc_equivariant import NetworkDescription, StrandAverage, build, with_reverse_complements
from rc_equivariant.descriptions.heads import BagHead
from rc_equivariant.descriptions.networks import Layers
from rc_equivariant.descriptions.trunks import BagTrunk
from study.tables import read_table
from workflow_support.errors import InputError

WINDOW = 30
described = NetworkDescription.named
LABELLED = {"kmer": 2, "channels": 6, "window": WINDOW, "first_width": 9, "dilations": (1,), "dense": 5}
SAMPLES = np.array([[0, 1, 2, 3], [3, 4, 5, 6]])
GROUPS = {"arm": "standard", "tree": "regular"}


def small_networks() -> dict[str, torch.nn.Module]:
    torch.manual_seed(1)
    small = {"kmer": 2, "channels": 6, "window": WINDOW, "blocks": 1, "width": 5, "dense": 7}
    convolutions = {"kernel_widths": (5,), "pool_width": 6, "pool_stride": 3}
    descriptions = {
        "binary": described("binary", "regular", 1, 4, WINDOW, **convolutions),
        "labelled": described("labelled", "standard", **LABELLED),
        "conjoined": described("labelled", "standard", **LABELLED, conjoined=True),
        "flat": described("hyperbolic", "standard", **small, curvature="flat"),
        "single": described("hyperbolic", "regular", **small, k=0.5),
        "per_block": described("hyperbolic", "standard", **small, curvature="per_block"),
        "conjoined_hyperbolic": described("hyperbolic", "standard", **small, conjoined=True),
    }
    return {name: build(description).eval() for name, description in descriptions.items()}


@pytest.fixture(scope="module", params=list(small_networks()))
def network(request: pytest.FixtureRequest) -> torch.nn.Module:
    return small_networks()[request.param]


@pytest.fixture
def codes() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 4, (7, WINDOW)).astype(np.uint8)


def inner(network: torch.nn.Module) -> torch.nn.Module:
    return network.network if isinstance(network, StrandAverage) else network


def test_the_last_layer_makes_logits_of_embeddings(network: torch.nn.Module, codes: np.ndarray) -> None:
    network = inner(network)
    kmers = network.encoding.indices(torch.from_numpy(codes).long())
    layers = network.head.classify
    last = layers if isinstance(layers, torch.nn.Linear) else layers[-1]
    assert torch.equal(last(network.embed(kmers)).squeeze(1), network(kmers))
    assert network.embed(kmers).dim() == 2


def test_the_distances_of_a_sum_of_networks_are_those_of_its_first(codes: np.ndarray) -> None:
    torch.manual_seed(1)
    convolutions = described("hyperbolic", "regular", kmer=2, channels=6, window=WINDOW, blocks=1, width=5, dense=7)
    network = build(replace(convolutions, beside=(Layers(BagTrunk(), BagHead()),))).eval()
    assert np.array_equal(
        embedding_distances(network, codes, SAMPLES), embedding_distances(network.members[0], codes, SAMPLES)
    )


def test_distances_are_a_metric_of_the_sequences_drawn(network: torch.nn.Module, codes: np.ndarray) -> None:
    distances = embedding_distances(network, codes, SAMPLES)
    assert distances.shape == (2, 4, 4)
    assert distances.dtype == np.float64
    assert np.allclose(distances, distances.swapaxes(1, 2))
    assert np.abs(np.diagonal(distances, axis1=1, axis2=2)).max() < 1e-6
    detours = distances[:, :, :, None] + distances[:, None]
    assert (distances[:, :, None] <= detours.swapaxes(2, 3) + 1e-6).all()
    # The sequence that both samples hold is the same point in both.
    both = embedding_distances(network, codes, np.array([[3, 0, 5, 6]]))[0]
    assert both[0, 1] == pytest.approx(distances[0, 3, 0], rel=1e-5)
    assert both[0, 2] == pytest.approx(distances[1, 0, 2], rel=1e-5)


@pytest.mark.parametrize("name", ["binary", "conjoined", "conjoined_hyperbolic"])
def test_networks_that_do_not_see_the_strand_put_both_strands_in_one_place(name: str, codes: np.ndarray) -> None:
    network = small_networks()[name]
    other = (3 - codes[:, ::-1]).astype(np.uint8)
    pairs = np.stack([np.arange(7), np.arange(7) + 7], axis=1)
    assert embedding_distances(network, np.concatenate([codes, other]), pairs).max() < 1e-4


@pytest.mark.parametrize("pooling", ["flatten", "centroid"])
@pytest.mark.parametrize("curvature", ["single", "flat"])
@pytest.mark.parametrize("length", [WINDOW - 5, WINDOW - 4])
def test_centred_networks_put_a_sequence_in_one_place_wherever_it_lies(codes, length, curvature, pooling) -> None:
    """On both strands if they are conjoined; the place is the centroid of what is averaged."""
    own = {"kmer": 2, "channels": 6, "window": WINDOW, "blocks": 1, "width": 5, "dense": 7, "pooling": pooling}
    network = build(
        described("hyperbolic", "standard", **own, curvature=curvature, conjoined=True, centred=True)
    ).eval()
    rows = np.full((21, WINDOW), 4, dtype=np.uint8)
    rows[:7, 2 : 2 + length] = codes[:, :length]
    rows[7:14, :length] = codes[:, :length]
    rows[14:, 4 : 4 + length] = 3 - codes[:, length - 1 :: -1]
    triples = np.arange(21).reshape(3, 7).T
    assert embedding_distances(network, rows, triples).max() < 1e-3
    assert embedding_distances(network, rows, np.arange(7)[None]).max() > 1e-2
    assert embedding_distances(network.network.network, rows, triples).max() > 1e-2


def test_an_equivariant_network_keeps_distances_where_it_moves_the_other_strand(codes: np.ndarray) -> None:
    network, sample = small_networks()["single"], np.arange(7)[None]
    other = (3 - codes[:, ::-1]).astype(np.uint8)
    one, other = (embedding_distances(network, strand, sample) for strand in (codes, other))
    assert np.allclose(one, other, rtol=1e-4, atol=1e-6)
    assert one.max() > 0.01


def test_hyperbolic_distances_are_those_of_the_curvature_of_the_head(codes: np.ndarray) -> None:
    network = small_networks()["per_block"]
    with torch.no_grad():
        network.trunk.curvatures[0].log_k.fill_(2.0)
        network.trunk.curvatures[-1].log_k.fill_(-1.0)
    k = float(np.exp(-1.0))
    s = network.embed(network.encoding.indices(torch.from_numpy(codes[:2]).long())).detach().double().numpy()
    t = np.sqrt(k + (s**2).sum(1))
    expected = np.sqrt(k) * np.arccosh((t[0] * t[1] - s[0] @ s[1]) / k)
    assert embedding_distances(network, codes, np.array([[0, 1]]))[0, 0, 1] == pytest.approx(expected, rel=1e-4)


def test_conjoined_embeddings_are_the_mean_of_both_strands(codes: np.ndarray) -> None:
    network = small_networks()["conjoined"]
    kmers = network.network.encoding.indices(torch.from_numpy(codes).long())
    with torch.no_grad():
        both = network.network.embed(with_reverse_complements(network.in_type, kmers)).chunk(2)
        mean = (both[0] + both[1]) / 2
        # What the last layer, which is linear, makes of the mean is the answer of the network.
        assert torch.allclose(network.network.last_layer(mean).squeeze(1), network(kmers), atol=1e-6)
    distances = embedding_distances(network, codes, np.array([[0, 1, 2]]))[0]
    assert distances[0, 1] == pytest.approx(torch.linalg.vector_norm(mean[0] - mean[1]).item(), rel=1e-5)


class Task:
    """A labelled task of 20 sequences, 12 of them of the validation split, and an arm of two seeds."""

    def __init__(self, folder):
        self.folder = folder
        self.codes = np.random.default_rng(2).integers(0, 4, (20, WINDOW)).astype(np.uint8)
        np.save(folder / "codes.npy", self.codes)
        names = [f"s{row}" for row in range(20)]
        table = pd.DataFrame({"contig": names, "start": 0, "end": WINDOW, "name": names, "label": 0})
        table["split"] = ["train"] * 4 + ["validation"] * 12 + ["test"] * 4
        table.assign(gc=0.5).to_csv(folder / "windows.tsv", sep="\t", index=False)
        architecture = {"representation": "standard", **LABELLED}
        self.networks = save_replicates(folder, "arm", architecture, {3: {}, 8: {}}, "labelled")

    def embed(self, points: int, seed: int = 1) -> np.ndarray:
        output = self.folder / "distances.npy"
        files = {"windows": self.folder / "windows.tsv", "codes": self.folder / "codes.npy"}
        models = {"weights": self.folder / "arm.safetensors", "models": self.folder / "arm.json"}
        settings = {"split": "validation", "points": points, "samples": 3, "seed": seed, "device": "cpu", "threads": 1}
        embed_sequences(**files, **models, **settings, distances=output)
        return np.load(output)


@pytest.fixture
def task(tmp_path) -> Task:
    return Task(tmp_path)


def test_samples_are_of_the_split_without_repeats_and_the_same_for_every_network(task: Task) -> None:
    distances = task.embed(12)
    assert distances.shape == (2, 3, 12, 12)
    rows = np.arange(4, 16)
    for network, of_network in zip(task.networks, distances, strict=True):
        expected = np.sort(embedding_distances(network, task.codes[rows], np.arange(12)[None])[0], axis=None)
        # A sample of all sequences of the split holds each once, in some order.
        for of_sample in of_network:
            assert np.allclose(np.sort(of_sample, axis=None), expected, rtol=1e-4, atol=1e-6)
    assert np.array_equal(task.embed(12), distances)
    assert not np.array_equal(task.embed(12, seed=2), distances)


def test_a_split_that_is_too_small_is_reported(task: Task) -> None:
    with pytest.raises(InputError, match="smaller than the samples"):
        task.embed(13)


@pytest.fixture
def measured(task: Task) -> dict:
    np.save(
        task.folder / "tree.npy", np.zeros((2, 3, 6, 6)) + np.abs(np.subtract.outer(np.arange(6.0), np.arange(6.0)))
    )
    task.embed(6)
    outputs = {"hyperbolicity": task.folder / "hyperbolicity.tsv", "references": task.folder / "references.tsv"}
    measure_hyperbolicity(
        [task.folder / "distances.npy", task.folder / "tree.npy"],
        [("motifs", "arm"), ("motifs", "tree")],
        seeds=[3, 8],
        points=6,
        samples=3,
        seed=1,
        **outputs,
    )
    return outputs


def test_tables_have_a_row_a_network_and_sample(measured: dict) -> None:
    table, references = (read_table(path) for path in measured.values())
    assert table.groupby(["task", "arm", "seed"]).size().to_dict() == {
        ("motifs", arm, seed): 3 for arm in ("arm", "tree") for seed in (3, 8)
    }
    assert (table.loc[table["arm"] == "tree", "delta"] == 0).all()
    assert (table.loc[table["arm"] == "arm", "relative_delta"] > 0).all()
    assert (references.groupby(["space", "dimension", "curvature"], dropna=False).size() == 3).all()


def test_the_figure_names_arms_spaces_and_axes_and_touches_no_edge(measured: dict, tmp_path) -> None:
    svg, png = tmp_path / "figure.svg", tmp_path / "figure.png"
    figure_writer("hyperbolicity")(**measured, arms=GROUPS, svg=svg, png=png)
    words = words_of(svg)
    spaces = ["random tree", "sphere, 2 dimensions", "hyperbolic, K = −0.5, 10 dimensions"]
    for word in ["motifs", "arm", "tree", "reference spaces", *spaces, "2 δ / diameter", "median"]:
        assert word in words
    pixels = image.imread(png)[..., :3]
    edges = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
    assert all((edge == 1).all() for edge in edges)


def test_many_tasks_share_a_panel_with_a_row_each(measured: dict, tmp_path) -> None:
    table = read_table(measured["hyperbolicity"])
    tasks = [f"task{number}" for number in range(24)]
    many = pd.concat(table.assign(task=task) for task in tasks)
    figure = hyperbolicity_figure(many, read_table(measured["references"]), GROUPS)
    of_tasks, of_references = figure.axes
    assert [label.get_text() for label in of_tasks.get_yticklabels()] == tasks
    assert "random tree" in [label.get_text() for label in of_references.get_yticklabels()]
    # Of each arm of each task the maxima of 2 seeds and 3 samples, where no other lies.
    maxima = [line for line in of_tasks.get_lines() if line.get_marker() == "x"]
    assert len({line.get_ydata()[0] for line in maxima}) == len(maxima) == 2 * len(tasks)
    assert {len(line.get_ydata()) for line in maxima} == {2 * 3}
    assert {"arm", "tree"} <= {text.get_text() for text in figure.legends[0].get_texts()}


def test_the_figure_has_a_caption() -> None:
    assert (RESOURCES / "captions/hyperbolicity.rst").read_text().strip()
