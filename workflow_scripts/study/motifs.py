"""The motifs that a run found, as text: what they rest on, what they resemble, and which may be chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from .formatting import count, number

MOTIFS_SHOWN = 3


@dataclass(frozen=True)
class Explained:
    """An entry of ``attribute``: its ``name``, ``task`` and ``arm``, its motifs, and the search for them in numbers.

    ``motifs`` has ``sites, instances, bits, evidence, consensus, match, correlation, q``, those with the most sites
    first; ``match`` is empty without a known motif that is similar enough, and ``q`` with few known motifs. ``search``
    is the JSON that ``find_motifs`` writes.
    """

    name: str
    task: str
    arm: str
    motifs: pd.DataFrame
    search: Mapping[str, Any]


def motifs_text(explained: Sequence[Explained], arm: str) -> str:
    """The motifs of each entry of a task, those of the recommended ``arm`` first, and how they were searched."""
    if not explained:
        return "None were looked for: add an entry to `attribute`."
    # Entries of the recommended arm come first.
    ordered = sorted(explained, key=lambda each: each.arm != arm)
    return " ".join(f"`{each.name}`, of `{each.arm}`: {_motifs_of(each)}" for each in ordered)


def _motifs_of(explained: Explained) -> str:
    motifs, search = explained.motifs, explained.search
    windows = f"{count(search['explained'])} of {count(search['bound'])} bound windows"
    if search["explained"] < search["bound"]:
        windows += f" (those with the highest scores: `strongest` is {search['strongest']})"
    if motifs.empty:
        return f"no motif was found in {windows}. {_why_none(search)}"
    weak = motifs["evidence"] == "weak"
    certain = motifs[~weak]
    is_similar = certain["match"] != ""
    # Where all may be chance, the one with most sites is named all the same, with the caution.
    shown = motifs[:1] if certain.empty else pd.concat([certain[is_similar], certain[~is_similar]])[:MOTIFS_SHOWN]
    words = [
        f"`{row.consensus}` ({count(row.sites)} sites, {count(row.instances)} instances, {number(row.bits, 1)} bits)"
        f"{_resemblance(row)}"
        for row in shown.itertuples()
    ]
    more = max(len(certain) - MOTIFS_SHOWN, 0)
    found = "; ".join(words) + (f"; and {more} more." if more else ".") + _caution(int(weak.sum()), len(motifs))
    found += f" Searched in {windows}."
    return found if search["correlation"] is not None else f"{found} No `known_motifs` were given to compare them with."


def _caution(weak: int, motifs: int) -> str:
    """The sentence on motifs whose sites agree no more than by chance; empty if there are none."""
    if not weak:
        return ""
    if weak < motifs:
        which = f"{weak} more motif{'s' if weak > 1 else ''}"
    else:
        which = f"All {motifs} motifs" if motifs > 1 else "It"
    return (
        f" {which} may be chance: so many sites that agree in so few bits can be picked from stretches of bases that "
        "have nothing in common (`weak` in `motifs.tsv`)."
    )


def _why_none(search: Mapping[str, Any]) -> str:
    """The step of the search after which nothing was left, in its numbers."""
    stretches = f"{count(search['seqlets'])} stretches of bases raise the score more than by chance"
    if search["seqlets"] < search["least_seqlets"]:
        return f"{stretches}, and at least {search['least_seqlets']} are needed to cluster them."
    if search["clusters"] == 0:
        return f"{stretches}, and no sequence repeats among them."
    best = search["correlation"]
    similar = "" if best is None else f" The best correlation of a cluster with a known motif is {best:.2f}."
    return (
        f"{stretches}. They form {count(search['clusters'])} clusters, the largest of {count(search['largest'])} "
        f"sites, and a motif needs {search['least_sites']}.{similar}"
    )


def _resemblance(motif: tuple) -> str:
    if motif.match:
        return f", which resembles `{motif.match}` ({_similarity(motif)})"
    if motif.correlation != motif.correlation:
        return ""
    return f", which resembles no known motif (best {_similarity(motif)})"


def _similarity(motif: tuple) -> str:
    correlation = f"correlation {motif.correlation:.2f}"
    return correlation if motif.q != motif.q else f"{correlation}, q {motif.q:.1g}"
