"""Descriptions of networks: a symmetry, a trunk and a head on a window of given width, and named published ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, NamedTuple

from .base import Trunk
from .deep_trunks import AttentionTrunk, LongConvolutionTrunk, ResidualTrunk
from .heads import HEADS, LOGITS, AttentionPoolHead, BagHead, DenseHead, Head, MaxPoolHead, PointsHead, ProfileHead
from .options import check_options, option, with_tuples
from .symmetry import PUBLISHED_PLUS_FRACTION, Symmetry
from .trunks import TRUNKS, BagTrunk, ConvolutionTrunk, DilatedTrunk, HyperbolicTrunk, PooledResidualTrunk


class Layers(NamedTuple):
    """The trunk and the head of a network, without symmetry and window."""

    trunk: Trunk
    head: Head


#: The networks of the papers, the one to begin with, the one for short labelled sequences, the one that counts k-mers,
#: and deep ones.
NETWORKS: dict[str, Layers] = {
    "binary": Layers(ConvolutionTrunk(), MaxPoolHead()),
    "default": Layers(PooledResidualTrunk(), DenseHead(distances=8)),
    "labelled": Layers(PooledResidualTrunk(), DenseHead()),
    "profile": Layers(DilatedTrunk(), ProfileHead()),
    "hyperbolic": Layers(HyperbolicTrunk(), PointsHead()),
    "bag": Layers(BagTrunk(), BagHead()),
    "residual": Layers(ResidualTrunk(), DenseHead()),
    "attention": Layers(AttentionTrunk(), AttentionPoolHead()),
    "long_convolution": Layers(LongConvolutionTrunk(), DenseHead()),
}
#: Networks made of several of these, each of which is trained on its own loss; the first one counts as the main one.
MEANS: dict[str, tuple[str, ...]] = {"large": ("default", "bag")}


@dataclass(frozen=True, kw_only=True)
class NetworkDescription:
    """The description of a network, which decides its shape completely.

    Parameters
    ----------
    symmetry
        Representation, k-mers and channels.
    window
        Length of the input in bases.
    trunk, head
        Layers of the network.
    beside
        Layers of further networks, with the same symmetry, whose logits are added to those of this one (Cheng et al.
        2016, "Wide & deep learning"). Only for heads with logits.
    apart
        True if each of these networks is trained on its own loss, and the answer is a weighted mean of their logits.
        The weights are in their last layers: the networks count alike until the logits are calibrated.
    classes
        Number of classes of a head with logits. Two classes have one logit, that of the second against the first; more
        classes have one logit each.
    tracks
        Names of the input tracks that the network reads in addition to the sequence.
    conjoined
        True if the network averages its outputs over both strands, also in training.
    centred
        True if the network reads sequences shorter than the window in its middle, wherever they lie in the input. If
        there is no middle, it averages its outputs for the two places beside it. Only for a head with logits.

    Raises
    ------
    ValueError
        If trunk, head and symmetry do not fit each other, or the window is too short for them.
    """

    symmetry: Symmetry
    window: int = option(doc="Length of the input.", unit="bases", minimum=1)
    trunk: Trunk
    head: Head
    beside: tuple[Layers, ...] = ()
    apart: bool = option(False, "If true, the networks beside each other are trained on their own losses.")
    classes: int = option(2, "Classes that the network tells apart.", minimum=2)
    tracks: tuple[str, ...] = option((), "Input tracks beside the sequence.")
    conjoined: bool = option(False, "If true, the network is the mean of its outputs on both strands.")
    centred: bool = option(False, "If true, the network reads shorter sequences in the middle of the window.")

    def __post_init__(self) -> None:
        with_tuples(self)
        check_options(self)
        self.trunk.check(self.symmetry)
        if not self.head.fits(self.trunk):
            heads = ", ".join(name for name, head in HEADS.items() if head().fits(self.trunk))
            raise ValueError(f"a {self.head.type} head cannot read a {self.trunk.type} trunk: choose from {heads}")
        if unknown := set(self.tracks) - set(self.head.tracks):
            known = ", ".join(self.head.tracks) or "none"
            raise ValueError(
                f"a {self.head.type} head reads no track called {', '.join(sorted(unknown))}: it can read {known}"
            )
        if len(set(self.tracks)) < len(self.tracks):
            raise ValueError(f"tracks are {', '.join(self.tracks)}: each can be read only once")
        if self.centred and self.answers != LOGITS:
            raise ValueError(f"a {self.head.type} head predicts positions, so its network cannot be centred")
        if self.apart and not self.beside:
            raise ValueError("apart is true, but there is no other network: name at least one in beside")
        missing = self.head.needed_positions() - self.positions
        if missing > 0:
            needed = self.head.needed_positions()
            window = self.trunk.window_for(self.symmetry.kmer, needed)
            raise ValueError(
                f"a window of {self.window} bases leaves {max(self.positions, 0)} positions after the trunk, and the "
                f"head needs {needed}: take windows of {window} bases or more, narrower layers"
                + (f", or a smaller {self.head.needs}" if needed > 1 else "")
            )
        for other in map(self._alone, self.beside):
            if {self.answers, other.answers} != {LOGITS}:
                raise ValueError(
                    f"a {self.head.type} head and a {other.head.type} head cannot be added: both must give logits"
                )

    @classmethod
    def named(
        cls,
        name: str,
        representation: str,
        kmer: int = 1,
        channels: int = 32,
        window: int = 1000,
        plus_fraction: float | None = None,
        *,
        classes: int = 2,
        tracks: tuple[str, ...] = (),
        conjoined: bool = False,
        centred: bool = False,
        **options: Any,
    ) -> NetworkDescription:
        """Describe one of :data:`NETWORKS` or :data:`MEANS` with a symmetry and a window.

        ``options`` go to the trunk and head, in a mean to those of its first network.
        """
        first, *others = MEANS.get(name, (name,))
        trunk, head = NETWORKS[first]
        of_trunk, of_head = ({each.name for each in fields(part)} for part in (trunk, head))
        if unknown := set(options) - of_trunk - of_head:
            raise TypeError(f"a {name} network has no option {', '.join(sorted(unknown))}")
        return cls(
            symmetry=Symmetry(representation, kmer, channels, plus_fraction),
            window=window,
            trunk=trunk.with_options({key: value for key, value in options.items() if key in of_trunk}),
            head=head.with_options({key: value for key, value in options.items() if key in of_head}),
            beside=tuple(NETWORKS[other] for other in others),
            apart=bool(others),
            classes=classes,
            tracks=tracks,
            conjoined=conjoined,
            centred=centred,
        )

    @classmethod
    def published(cls, name: str, representation: str, kmer: int = 1, **options: Any) -> NetworkDescription:
        """Describe a network with the channels and window of its paper; ``irrep`` has a share of 0.75 of +1 channels.

        ``binary`` and ``profile`` follow Mallet & Vert (2021): 16 and 64 channels for ``standard``, and twice as many
        for equivariant networks. ``hyperbolic`` follows Khan et al. (2025): 32 channels on 101 bases.
        """
        channels, window = {"binary": (16, 1000), "profile": (64, 1346), "hyperbolic": (32, 101)}[name]
        wider = 2 if representation != "standard" and name != "hyperbolic" else 1
        fraction = PUBLISHED_PLUS_FRACTION if representation == "irrep" else None
        own = {"channels": channels * wider, "window": window, "plus_fraction": fraction} | options
        return cls.named(name, representation, kmer, **own)

    @property
    def members(self) -> tuple[NetworkDescription, ...]:
        """The descriptions of the single networks: this one alone, and those beside it."""
        return tuple(map(self._alone, (Layers(self.trunk, self.head), *self.beside)))

    def _alone(self, layers: Layers) -> NetworkDescription:
        return replace(self, trunk=layers.trunk, head=layers.head, beside=(), apart=False)

    @property
    def positions(self) -> int:
        """Number of positions of the trunk's features."""
        return self.trunk.positions(self.symmetry.kmer, self.window)

    @property
    def output_length(self) -> int:
        """Number of positions of the profile; only for a profile head."""
        return self.head.output_length(self.positions)

    @property
    def logits(self) -> int:
        """Number of logits per sequence; only for a head for classes."""
        return 1 if self.classes == 2 else self.classes

    @property
    def answers(self) -> str:
        """The kind of output: ``logits`` or ``profile``."""
        return self.head.answers

    def to_dict(self) -> dict[str, Any]:
        """Return the description as a dictionary that JSON can hold; :meth:`from_dict` reads it."""
        return {
            **asdict(self.symmetry),
            "window": self.window,
            "trunk": _content(self.trunk),
            "head": _content(self.head),
            "beside": [{key: _content(part) for key, part in other._asdict().items()} for other in self.beside],
            "apart": self.apart,
            "classes": self.classes,
            "tracks": list(self.tracks),
            "conjoined": self.conjoined,
            "centred": self.centred,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> NetworkDescription:
        """Read a description that :meth:`to_dict` wrote.

        Raises
        ------
        TypeError, ValueError
            If keys are missing or unknown, or values are not allowed.
        """
        own = dict(content)
        symmetry = Symmetry(**{each.name: own.pop(each.name) for each in fields(Symmetry) if each.name in own})
        trunk, head = _layers_of({key: own.pop(key, None) for key in _PARTS})
        beside = own.pop("beside", [])
        if not isinstance(beside, list):
            raise TypeError(f"beside is {beside!r}: it must be a list of the layers of networks")
        return cls(symmetry=symmetry, trunk=trunk, head=head, beside=tuple(map(_layers_of, beside)), **own)


def modules_of(content: Mapping[str, Any]) -> list[str]:
    """List the modules that build a network. It imports them by name, so no import statement shows the dependency.

    Parameters
    ----------
    content
        A dictionary with ``trunk`` and ``head``, each with its ``type``, and perhaps ``beside``, a list of such
        dictionaries: :meth:`NetworkDescription.to_dict`, or a part of it.

    Raises
    ------
    ValueError
        If there is no such trunk or head.
    """
    networks = [content, *content.get("beside", [])]
    kinds = [_kind(parts, each.get(key)) for each in networks for key, parts in _PARTS.items()]
    return sorted({"rc_equivariant.networks.network", *(kind.module for kind in kinds)})


#: The parts of a network that :class:`Layers` holds.
_PARTS: dict[str, dict[str, type]] = {"trunk": TRUNKS, "head": HEADS}


def _layers_of(content: Any) -> Layers:
    if not isinstance(content, Mapping) or content.keys() != _PARTS.keys():
        raise ValueError(f"{content!r} are no layers of a network: they are a trunk and a head")
    return Layers(**{key: part_of(parts, content[key]) for key, parts in _PARTS.items()})


def _kind(parts: Mapping[str, type], content: Any) -> type:
    if not isinstance(content, Mapping) or content.get("type") not in list(parts):
        raise ValueError(f"{content!r} is not a part of a network: it needs a type among {', '.join(parts)}")
    return parts[content["type"]]


def _content(part: Trunk | Head) -> dict[str, Any]:
    values = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(part).items()}
    return {"type": part.type, **values}


def part_of(parts: Mapping[str, type], content: Any) -> Any:
    """The trunk or head, one of ``parts``, with this ``type`` and these options."""
    kind = _kind(parts, content)
    return kind(**{key: value for key, value in content.items() if key != "type"})
