"""The kinds of task: what each one learns, what its configuration needs, and which modules train and evaluate it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

#: What networks can answer, as the heads of ``rc_equivariant.descriptions`` say it.
LOGITS, PROFILE = "logits", "profile"

_PEAKS = {"genome": "the name of a genome", "peaks": "a BED or narrowPeak file"}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of task.

    Parameters
    ----------
    doc
        What a task of this kind learns, for the documentation.
    like
        The kind whose windows, published network, training options and metrics it shares, if it has none of its own.
    answers
        What a network must give to serve it: LOGITS or PROFILE.
    required
        Keys that a task must have, each with what it holds.
    own
        The keys of a task that mean something for some kinds only, this one among them; without those of input tracks.
    has_tracks
        Whether its tasks may have the input tracks of ``rc_equivariant.descriptions.tracks``.
    has_baseline
        Whether the k-mer regression is fitted beside the networks.
    unusable
        Sections of the configuration that its networks cannot serve, each with the reason.
    train, evaluate
        The modules that the scripts of these names load for tasks of the kind; see :mod:`learning.kinds`.
    """

    name: str
    doc: str
    like: str | None = None
    answers: str
    required: Mapping[str, str]
    own: frozenset[str]
    has_tracks: bool = False
    has_baseline: bool
    unusable: Mapping[str, str] = field(default_factory=dict)
    train: str
    evaluate: str

    @property
    def is_on_genome(self) -> bool:
        """True if tasks of this kind take their windows from a genome."""
        return "genome" in self.required

    def variant(self, name: str, **own: Any) -> Kind:
        """A kind like this one, with another name and other values for the fields in ``own``."""
        return replace(self, name=name, like=self.like or self.name, **own)


_ON_GENOME = frozenset({"genome", "peaks", "strongest", "windows", "splits", "negatives"})

KINDS: dict[str, Kind] = {
    each.name: each
    for each in (
        Kind(
            name="binary",
            doc="Is a window of the genome bound or not? Learnt from peaks and from windows away from them.",
            answers=LOGITS,
            required=_PEAKS,
            own=_ON_GENOME | {"signal"},
            has_baseline=True,
            train="learning.training.binary",
            evaluate="learning.evaluation.classification",
        ),
        Kind(
            name="labelled",
            doc="To which of two or more classes does a sequence belong? Learnt from sequences with labels.",
            answers=LOGITS,
            required={"sequences": "{train: ..., validation: ..., test: ...} or {all: ...}"},
            own=frozenset({"sequences"}),
            has_baseline=True,
            unusable={"attribute": "whose sequences lie on no genome"},
            train="learning.training.labelled",
            evaluate="learning.evaluation.classification",
        ),
        Kind(
            name="profile",
            doc="How many reads start at each base of each strand? Learnt from reads or stranded bigWigs at peaks.",
            answers=PROFILE,
            required=_PEAKS | {"counts": "{plus: [...], minus: [...]} or {reads: [...]}"},
            own=_ON_GENOME | {"counts"},
            has_tracks=True,
            has_baseline=False,
            unusable={"variants": "which gives no single score"},
            train="learning.training.profiles",
            evaluate="learning.evaluation.profiles",
        ),
    )
}


def basis_of(kind: str) -> str:
    """The kind whose windows, published network, training options and metrics a kind has: its own, or another's."""
    return KINDS[kind].like or kind


def of_kind(tasks: Mapping[str, Mapping[str, Any]], *kinds: str) -> list[str]:
    """Names of the tasks of these kinds, or of kinds like them, kind by kind."""
    return [name for kind in kinds for name, values in tasks.items() if basis_of(values["kind"]) == kind]


def kinds_answering(answers: str) -> list[str]:
    """The kinds whose networks give LOGITS or PROFILE."""
    return [name for name, each in KINDS.items() if each.answers == answers]
