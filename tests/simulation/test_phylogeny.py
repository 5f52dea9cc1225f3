"""Simulated phylogenies: trees have their shape and depth, sequences differ as the model says, labels are true."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from genome_data.formats.labelled_files import read_labelled_file
from genome_data.motifs import read_motif

pytest.importorskip("dendropy", reason="trees are DendroPy's, which is not installed")

import dendropy
from simulate_phylogeny import simulate_phylogeny

from simulation.evolution import Evolution, evolve
from simulation.phylogeny import clades_of_leaves, make_tree

MATRIX = Path(__file__).parents[2] / "resources/motifs/MA0139.2.CTCF.jaspar"
SHAPES = ["balanced", "caterpillar", "star", "birth_death", "coalescent"]
SETTINGS = {
    "leaves": 40, "shape": "balanced", "depth": 0.3, "extinction": 0, "length": 60, "classes": "clades", "clades": 4,
    "substitutions": {"model": "jc69", "kappa": 2.0, "frequencies": [0.25] * 4},
    "indels": {"indel_rate": 0.0, "indel_length": 3.0}, "seed": 1,
}  # fmt: skip


def tree_of(shape: str, leaves: int = 16, depth: float = 0.5, seed: int = 1) -> dendropy.Tree:
    return make_tree(shape, leaves, depth, extinction=0.2, seed=seed)


def sequences_of(tree: dendropy.Tree, length: int, seed: int = 0, **evolution) -> dict[str, np.ndarray]:
    lineages = evolve(tree, length, Evolution(**evolution), np.random.default_rng(seed))
    return {name: lineage.codes for name, lineage in lineages.items()}


def differences(sequences: dict[str, np.ndarray]) -> dict[frozenset[str], float]:
    pairs = combinations(sequences, 2)
    return {frozenset(pair): float(np.mean(sequences[pair[0]] != sequences[pair[1]])) for pair in pairs}


@pytest.mark.parametrize("shape", SHAPES)
def test_all_leaves_are_as_far_from_the_root_as_asked_for(shape: str) -> None:
    tree = tree_of(shape, leaves=21, depth=0.7)
    leaves = tree.leaf_nodes()
    assert [leaf.taxon.label for leaf in leaves] == [f"leaf{number}" for number in range(1, 22)]
    assert [leaf.distance_from_root() for leaf in leaves] == pytest.approx([0.7] * 21)
    assert all(edge.length is None or edge.length >= 0 for edge in tree.preorder_edge_iter())


def test_regular_shapes_have_their_levels() -> None:
    assert max(leaf.level() for leaf in tree_of("star").leaf_nodes()) == 1
    assert {leaf.level() for leaf in tree_of("balanced").leaf_nodes()} == {4}
    assert sorted(leaf.level() for leaf in tree_of("caterpillar").leaf_nodes()) == [*range(1, 16), 15]


def test_a_long_caterpillar_can_be_written() -> None:
    text = tree_of("caterpillar", leaves=2000).as_string("newick")
    assert text.count("(") == text.count(",") == 1999


@pytest.mark.parametrize("shape", ["birth_death", "coalescent"])
def test_drawn_trees_are_those_of_their_seed(shape: str) -> None:
    texts = [tree_of(shape, seed=seed).as_string("newick") for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_classes_of_a_balanced_tree_are_clades_of_equal_size() -> None:
    tree = tree_of("balanced")
    classes = clades_of_leaves(tree, 4, np.random.default_rng(0))
    assert [classes[leaf.taxon.label] for leaf in tree.leaf_node_iter()] == np.repeat(range(4), 4).tolist()


@pytest.mark.parametrize("shape", SHAPES)
def test_classes_are_clades_less_smaller_ones_and_of_similar_size(shape: str) -> None:
    tree = tree_of(shape, leaves=60, seed=3)
    classes = clades_of_leaves(tree, 3, np.random.default_rng(0))
    sizes = np.bincount(list(classes.values()))
    assert sizes.sum() == 60
    assert len(sizes) == 3
    if shape != "star":
        clades = [{leaf.taxon.label for leaf in node.leaf_iter()} for node in tree.preorder_node_iter()]
        of_classes = [{leaf for leaf, value in classes.items() if value == one} for one in range(3)]
        unions = [set.union(*some) for count in (1, 2, 3) for some in combinations(of_classes, count)]
        for own in of_classes:
            assert any(own <= union and union in clades for union in unions)
            assert any(own == clade - set.union(set(), *(o for o in of_classes if o is not own)) for clade in clades)
    if shape in ("balanced", "caterpillar", "star"):
        assert sizes.min() >= 10


@pytest.mark.parametrize("depth", [0.05, 0.5, 2.0])
def test_differences_are_those_of_jukes_and_cantor(depth: float) -> None:
    """p = 3/4 (1 - exp(-4/3 d)), d the length of the way between two leaves: 2 depth in a star."""
    found = list(differences(sequences_of(tree_of("star", leaves=10, depth=depth), 4000)).values())
    assert np.mean(found) == pytest.approx(0.75 * (1 - np.exp(-8 * depth / 3)), abs=0.015)


def test_hky_keeps_its_frequencies_and_has_more_transitions() -> None:
    frequencies = [0.4, 0.1, 0.2, 0.3]
    tree = tree_of("star", leaves=12, depth=1.0)
    first, *others = sequences_of(tree, 8000, model="hky85", kappa=6.0, frequencies=frequencies).values()
    for codes in (first, *others):
        assert np.bincount(codes, minlength=4) / len(codes) == pytest.approx(frequencies, abs=0.02)
    near = sequences_of(tree_of("star", leaves=2, depth=0.05), 20_000, model="hky85", kappa=6.0)
    one, two = near.values()
    is_transition = (one != two) & ((one + two == 2) & (one != 1) | (one + two == 4) & (one != 2))
    # Of equal frequencies: kappa transitions for two transversions.
    assert is_transition.sum() / (one != two).sum() == pytest.approx(6 / 8, abs=0.05)


def test_a_star_has_no_signal_of_clades_and_a_balanced_tree_has() -> None:
    for shape, gap in (("star", 0.0), ("balanced", 0.1)):
        tree = tree_of(shape)
        classes = clades_of_leaves(tree, 2, np.random.default_rng(0))
        apart = {True: [], False: []}
        for pair, difference in differences(sequences_of(tree, 2000)).items():
            one, two = pair
            apart[classes[one] == classes[two]].append(difference)
        assert np.mean(apart[False]) - np.mean(apart[True]) == pytest.approx(gap, abs=0.06 if gap else 0.01)


def test_indels_come_and_go_in_equal_numbers_and_lengths_stay() -> None:
    tree = tree_of("star", leaves=400, depth=0.5)
    sequences = sequences_of(tree, 200, indel_rate=0.1, indel_length=2.0)
    lengths = np.array([len(codes) for codes in sequences.values()])
    assert lengths.max() == 200
    # 200 x 0.5 x 0.1 events of mean square 6 on a branch: a standard deviation of 7.7, of which the shorter half shows.
    assert 200 - lengths.mean() == pytest.approx(7.7 * 0.4, rel=0.25)
    assert {len(codes) for codes in sequences_of(tree, 200).values()} == {200}


def motif_lineages(seed: int = 0, **rates):
    motif = read_motif(MATRIX)
    evolution = Evolution(indel_rate=0.05, motif=motif, **{"gain": 2.0, "loss": 2.0} | rates)
    return motif, evolve(tree_of("birth_death", leaves=200), 100, evolution, np.random.default_rng(seed))


def test_motifs_are_where_they_are_said_to_be_and_nowhere_else() -> None:
    motif, lineages = motif_lineages()
    found = {True: [], False: []}
    for lineage in lineages.values():
        best = motif.best_log_odds_of_words(lineage.codes[None])[0]
        found[lineage.site is not None].append(best)
        if lineage.site is not None:
            word = lineage.codes[lineage.site : lineage.site + motif.width]
            assert len(word) == motif.width
            assert motif.log_odds(word[None])[0] <= best + 1e-9
    assert min(map(len, found.values())) > 20
    is_above = np.subtract.outer(found[True], found[False]) > 0
    assert is_above.mean() > 0.99


def test_motifs_come_and_go_at_their_rates() -> None:
    """Of a two-state chain that begins and stays stationary, gain / (gain + loss) have it."""
    motif = read_motif(MATRIX)
    evolution = Evolution(motif=motif, gain=6.0, loss=2.0)
    star = make_tree("star", 600, 3.0, 0, 0)
    share = [lineage.site is not None for lineage in evolve(star, 60, evolution, np.random.default_rng(0)).values()]
    assert np.mean(share) == pytest.approx(0.75, abs=0.06)


class Run:
    def __init__(self, folder: Path, motif: bool = False, **changes) -> None:
        names = {"sequences": "p.tsv", "tree": "p.nwk", "parameters": "p.parameters.tsv"}
        self.files = {key: folder / name for key, name in names.items()}
        settings = SETTINGS | changes
        if motif:
            settings["motif"] = {"matrix": str(MATRIX), "gain": 3.0, "loss": 3.0}
        simulate_phylogeny(motif=[MATRIX] if motif else [], settings=settings, **self.files)

    def bytes(self) -> list[bytes]:
        return [file.read_bytes() for file in self.files.values()]


def test_a_seed_gives_the_same_files_and_another_others(tmp_path: Path) -> None:
    first, again, other = (Run(tmp_path, seed=seed).bytes() for seed in (1, 1, 2))
    assert first == again
    assert first[0] != other[0]


def test_every_leaf_of_the_tree_is_a_row_that_labelled_tasks_read(tmp_path: Path) -> None:
    files = Run(tmp_path, motif=True, classes="motif", indels={"indel_rate": 0.1, "indel_length": 3.0}).files
    rows = read_labelled_file(files["sequences"], "sequence", "label")
    tree = dendropy.Tree.get(path=str(files["tree"]), schema="newick")
    assert list(rows["name"]) == [leaf.taxon.label for leaf in tree.leaf_node_iter()]
    assert set(rows["label"]) == {"0", "1"}
    assert rows["sequence"].map(len).max() <= SETTINGS["length"]
    table = pd.read_csv(files["sequences"], sep="\t")
    assert (table["motif_start"].notna() == (table["label"] == 1)).all()
    parameters = pd.read_csv(files["parameters"], sep="\t").set_index("setting")["value"]
    assert int(parameters["sequences"]) == int(parameters["leaves"]) == len(table)
    assert int(parameters["class 0"]) + int(parameters["class 1"]) == len(table)
    assert int(parameters["with motif"]) == table["label"].sum()
