"""Phylogenetic trees (DendroPy) of a chosen shape and depth, and classes of their leaves."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable

import dendropy
import numpy as np
from dendropy.simulate import treesim

#: Deterministic shapes: the leaves below each child of a node, from the leaves below the node; and the age of a node as
#: a share of the root's, from the leaves below the node and all leaves.
_REGULAR_SHAPES: dict[str, tuple[Callable[[int], list[int]], Callable[[int, int], float]]] = {
    "balanced": (
        lambda below: [below - below // 2, below // 2],
        lambda below, leaves: math.ceil(math.log2(below)) / math.ceil(math.log2(leaves)),
    ),
    "caterpillar": (lambda below: [1, below - 1], lambda below, leaves: (below - 1) / (leaves - 1)),
    "star": (lambda below: [1] * below, lambda below, leaves: 1 if below > 1 else 0),
}


def make_tree(shape: str, leaves: int, depth: float, extinction: float, seed: int) -> dendropy.Tree:
    """A rooted tree whose leaves all have the same distance from the root.

    Parameters
    ----------
    shape
        ``balanced`` (both children of a node have equally many leaves), ``caterpillar`` (one child of each node is a
        leaf), ``star`` (all leaves are children of the root), ``birth_death`` (conditioned on the number of leaves,
        without extinct lineages) or ``coalescent`` (Kingman's).
    leaves
        At least 2; their taxa are ``leaf1`` and so on.
    depth
        Distance from the root to each leaf, in expected substitutions per site.
    extinction
        Death rate relative to the birth rate, less than 1; only for ``birth_death``.
    seed
        The seed of random shapes.
    """
    if shape in _REGULAR_SHAPES:
        tree = _regular_tree(shape, leaves)
    elif shape == "birth_death":
        rng = random.Random(seed)
        tree = treesim.birth_death_tree(birth_rate=1.0, death_rate=extinction, num_extant_tips=leaves, rng=rng)
    else:
        names = dendropy.TaxonNamespace([str(number) for number in range(leaves)])
        tree = treesim.pure_kingman_tree(names, rng=random.Random(seed))
    # Some shapes have a stem above the root, which does not count for the depth.
    tree.seed_node.edge_length = 0
    tree.scale_edges(depth / tree.max_distance_from_root())
    tree.taxon_namespace = dendropy.TaxonNamespace()
    for number, leaf in enumerate(tree.leaf_node_iter(), start=1):
        leaf.taxon = tree.taxon_namespace.new_taxon(f"leaf{number}")
    return tree


def _regular_tree(shape: str, leaves: int) -> dendropy.Tree:
    children, age = _REGULAR_SHAPES[shape]
    tree = dendropy.Tree()
    unfinished = [(tree.seed_node, leaves)]
    while unfinished:
        node, below = unfinished.pop()
        for of_child in children(below):
            child = node.new_child(edge_length=age(below, leaves) - age(of_child, leaves))
            if of_child > 1:
                unfinished.append((child, of_child))
    return tree


def clades_of_leaves(tree: dendropy.Tree, clades: int, rng: np.random.Generator) -> dict[str, int]:
    """The class (from 0 on) of every leaf. Classes are clades, possibly without smaller clades that are other classes.

    The tree is cut until there are enough parts: each cut divides the largest part at the node that has closest to half
    of its leaves below it. A balanced tree gives clades of equal size for a power of two, and a caterpillar gives
    nested clades. A star has no clades, so its classes are drawn at random with equal sizes.
    """
    leaves = [leaf.taxon.label for leaf in tree.leaf_node_iter()]
    if all(child.is_leaf() for child in tree.seed_node.child_nodes()):
        return dict(zip(leaves, (rng.permutation(len(leaves)) % clades).tolist(), strict=True))
    cuts = [tree.seed_node]
    while len(cuts) < clades:
        cuts.append(_best_cut(tree, cuts))
    part_of = _parts(tree, cuts)
    parts = [part_of[leaf] for leaf in tree.leaf_node_iter()]
    # Parts are numbered by their first leaves, so that neighbours on the tree have neighbouring numbers.
    numbers = {part: number for number, part in enumerate(dict.fromkeys(parts))}
    return {leaf: numbers[part] for leaf, part in zip(leaves, parts, strict=True)}


def _parts(tree: dendropy.Tree, cuts: list[dendropy.Node]) -> dict[dendropy.Node, dendropy.Node]:
    """For every node, itself or the nearest node above it that is one of ``cuts``."""
    parts: dict[dendropy.Node, dendropy.Node] = {}
    chosen = set(cuts)
    for node in tree.preorder_node_iter():
        parts[node] = node if node in chosen else parts[node.parent_node]
    return parts


def _best_cut(tree: dendropy.Tree, cuts: list[dendropy.Node]) -> dendropy.Node:
    """The node of the largest part that has closest to half of its leaves below it."""
    parts, below = _parts(tree, cuts), Counter()
    for node in tree.postorder_node_iter():
        below[node] += node.is_leaf()
        if node.parent_node is not None and parts[node] is parts[node.parent_node]:
            below[node.parent_node] += below[node]
    largest = max(cuts, key=below.__getitem__)
    inside = [node for node in tree.preorder_node_iter() if parts[node] is largest and node is not largest]
    return min(inside, key=lambda node: abs(below[node] - below[largest] / 2))
