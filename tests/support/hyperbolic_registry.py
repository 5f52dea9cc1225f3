"""Every public module of rc_equivariant.hyperbolic in representative types, as in :mod:`rc_registry`."""

from __future__ import annotations

from rc_registry import MIXED, OTHER, TYPES, Case

from rc_equivariant import KmerEncoding, Network, NetworkDescription, Representation
from rc_equivariant.hyperbolic import (
    CentroidPool1d,
    ChangeOfCurvature,
    Curvature,
    LorentzBatchNorm1d,
    LorentzConv1d,
    LorentzFlattenLinear,
    LorentzKmerConv1d,
    LorentzLinear,
    LorentzLogits,
)

WINDOW = 21
ARMS = {"standard": (2, None), "rcps": (1, None), "regular": (2, None), "irrep": (1, 0.6)}


def bent() -> Curvature:
    return Curvature(0.7, learnt=True)


def network(representation: str, curvature: str, pooling: str = "flatten", classes: int = 2) -> Network:
    """A network of three blocks, as published, but narrow."""
    kmer, fraction = ARMS[representation]
    options = {"curvature": curvature, "width": 3, "dense": 9, "pooling": pooling, "classes": classes}
    return Network(NetworkDescription.named("hyperbolic", representation, kmer, 8, WINDOW, fraction, **options))


def _layers() -> dict[str, Case]:
    of_types = {
        "CentroidPool1d": lambda t: CentroidPool1d(t, bent()),
        "ChangeOfCurvature": lambda t: ChangeOfCurvature(t, bent(), Curvature(2.0)),
        "LorentzBatchNorm1d": lambda t: LorentzBatchNorm1d(t, bent()),
        "LorentzConv1d": lambda t: LorentzConv1d(t, OTHER, 5, bent(), padding="same"),
        "LorentzConv1d, even and dilated": lambda t: LorentzConv1d(OTHER, t, 4, bent(), padding=9, dilation=6),
        "LorentzKmerConv1d": lambda t: LorentzKmerConv1d(KmerEncoding(2), t, 5, bent()),
    }
    cases = {f"{name}: {t}": Case(lambda make=make, t=t: make(t)) for name, make in of_types.items() for t in TYPES}
    for t in TYPES:
        cases[f"LorentzConv1d, stride: {t}"] = Case(
            lambda t=t: LorentzConv1d(t, OTHER, 4, bent(), stride=3, padding=1), ((23,),)
        )
        cases[f"LorentzFlattenLinear: {t}"] = Case(lambda t=t: LorentzFlattenLinear(t, OTHER, 9, bent()), ((9,),))
        cases[f"LorentzLinear: {t}"] = Case(lambda t=t: LorentzLinear(MIXED, t, bent()), ((None,),))
        cases[f"LorentzLogits: {t}"] = Case(lambda t=t: LorentzLogits(MIXED, t, bent()), ((None,),))
    cases["LorentzLogits, invariant"] = Case(
        lambda: LorentzLogits(MIXED, Representation(trivial=2), bent()), ((None,),)
    )
    return cases


def _networks() -> dict[str, Case]:
    shapes = [
        ("rcps", "single", "flatten", 2),
        ("regular", "single", "flatten", 3),
        ("regular", "per_block", "centroid", 2),
        ("regular", "per_block", "flatten", 2),
        ("regular", "flat", "flatten", 2),
        ("irrep", "single", "centroid", 3),
        ("irrep", "per_block", "flatten", 2),
        ("irrep", "flat", "centroid", 2),
    ]
    return {
        f"hyperbolic network {', '.join(map(str, shape))}": Case(lambda shape=shape: network(*shape), ((WINDOW,),))
        for shape in shapes
    }


LAYERS = _layers()
NETWORKS = _networks()
CASES = LAYERS | NETWORKS
