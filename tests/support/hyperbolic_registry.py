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


def network(
    representation: str,
    curvature: str,
    pooling: str = "flatten",
    classes: int = 2,
    linear_map: str = "free",
    concatenation: str = "direct",
) -> Network:
    """A network of three blocks, as published, but narrow."""
    kmer, fraction = ARMS[representation]
    options = {"curvature": curvature, "width": 3, "dense": 9, "pooling": pooling, "classes": classes}
    options |= {"linear_map": linear_map, "concatenation": concatenation}
    return Network(NetworkDescription.named("hyperbolic", representation, kmer, 8, WINDOW, fraction, **options))


def _layers() -> dict[str, Case]:
    of_types = {
        "CentroidPool1d": lambda t: CentroidPool1d(t, bent()),
        "ChangeOfCurvature": lambda t: ChangeOfCurvature(t, bent(), Curvature(2.0)),
        "LorentzBatchNorm1d": lambda t: LorentzBatchNorm1d(t, bent()),
    }
    cases = {f"{name}: {t}": Case(lambda make=make, t=t: make(t)) for name, make in of_types.items() for t in TYPES}
    drawn_in = {"linear_map": "hyperplanes", "concatenation": "log_radius"}
    for t in TYPES:
        cases[f"LorentzConv1d, log_radius: {t}"] = Case(lambda t=t: LorentzConv1d(t, OTHER, 5, bent(), **drawn_in))
    for linear_map in ("free", "hyperplanes"):
        cases |= _linear_maps("" if linear_map == "free" else ", hyperplanes", {"linear_map": linear_map})
    return cases


def _linear_maps(kind: str, options: dict[str, str]) -> dict[str, Case]:
    """The layers with linear maps of points, which have ``kind`` in their names."""
    cases = {}
    for t in TYPES:
        cases[f"LorentzConv1d{kind}: {t}"] = Case(
            lambda t=t: LorentzConv1d(t, OTHER, 5, bent(), padding="same", **options)
        )
        cases[f"LorentzConv1d, even and dilated{kind}: {t}"] = Case(
            lambda t=t: LorentzConv1d(OTHER, t, 4, bent(), padding=9, dilation=6, **options)
        )
        cases[f"LorentzKmerConv1d{kind}: {t}"] = Case(
            lambda t=t: LorentzKmerConv1d(KmerEncoding(2), t, 5, bent(), **options)
        )
        cases[f"LorentzConv1d, stride{kind}: {t}"] = Case(
            lambda t=t: LorentzConv1d(t, OTHER, 4, bent(), stride=3, padding=1, **options), ((23,),)
        )
        cases[f"LorentzFlattenLinear{kind}: {t}"] = Case(
            lambda t=t: LorentzFlattenLinear(t, OTHER, 9, bent(), **options), ((9,),)
        )
        cases[f"LorentzLinear{kind}: {t}"] = Case(lambda t=t: LorentzLinear(MIXED, t, bent(), **options), ((None,),))
        cases[f"LorentzLogits{kind}: {t}"] = Case(lambda t=t: LorentzLogits(MIXED, t, bent(), **options), ((None,),))
    cases[f"LorentzLogits, invariant{kind}"] = Case(
        lambda: LorentzLogits(MIXED, Representation(trivial=2), bent(), **options), ((None,),)
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
        ("rcps", "per_block", "centroid", 2, "hyperplanes"),
        ("regular", "single", "flatten", 2, "hyperplanes"),
        ("irrep", "per_block", "flatten", 2, "hyperplanes"),
        ("regular", "per_block", "flatten", 2, "free", "log_radius"),
    ]
    return {
        f"hyperbolic network {', '.join(map(str, shape))}": Case(lambda shape=shape: network(*shape), ((WINDOW,),))
        for shape in shapes
    }


LAYERS = _layers()
NETWORKS = _networks()
CASES = LAYERS | NETWORKS
