"""Every public module and model of rc_equivariant, in representative types, with inputs that are hard in some way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from rc_equivariant import (
    Activation,
    AttentionPool1d,
    AvgPool1d,
    BatchNorm1d,
    Centred,
    ChannelScale,
    Concatenation,
    Conv1d,
    ConvBlock,
    ConvTranspose1d,
    Dropout,
    Ensemble,
    FlattenLinear,
    Gate,
    GatedUnit,
    GlobalAvgPool1d,
    GroupNorm,
    Identity,
    KmerConv1d,
    KmerCounts,
    KmerEncoding,
    LayerNorm,
    Linear,
    LongConv1d,
    MaxPool1d,
    MixerBlock,
    Network,
    NetworkDescription,
    Ordinary,
    PositionGain,
    Product,
    Representation,
    Residual,
    RotaryAttention,
    Sequential,
    SharedOverStrands,
    SqueezeExcitation,
    StrandAverage,
    StrandMerge,
    Sum,
    Upsample,
    build,
    gates_for,
)
from rc_equivariant.descriptions.heads import BagHead
from rc_equivariant.descriptions.networks import Layers
from rc_equivariant.descriptions.trunks import BagTrunk

REGULAR, TRIVIAL, SIGN = Representation(regular=2), Representation(trivial=3), Representation(sign=3)
MIXED, OTHER = Representation(regular=2, trivial=1, sign=2), Representation(regular=1, trivial=2, sign=1)
TYPES = (REGULAR, TRIVIAL, SIGN, MIXED)
MOVED = (REGULAR, TRIVIAL, Representation(regular=2, trivial=1))
ARMS = {
    "rcps": ("rcps", 1, None),
    "regular k=2": ("regular", 2, None),
    "regular k=3": ("regular", 3, None),
    "irrep k=1 a=0": ("irrep", 1, 0.0),
    "irrep k=2 a=1": ("irrep", 2, 1.0),
    "irrep k=3": ("irrep", 3, 0.75),
}

#: Each kind of input makes up a third of a batch.
KINDS = ("random", "N-rich", "palindromic")
SAMPLES_OF_A_KIND = 2


@dataclass(frozen=True)
class Case:
    """A module, how many positions each of its inputs may have, and the kinds of input that it has a gradient for.

    ``positions`` holds, for each trial, one number for each input: of k-mers the length of the sequence, None where
    there are no positions. Where positions tie for a maximum, as they do where unknown or self-complementary, it has no
    gradient that commutes.
    """

    make: Callable[[], nn.Module]
    positions: tuple[tuple[int | None, ...], ...] = ((24,), (25,))
    kinds: tuple[str, ...] = KINDS

    def module(self, dtype: torch.dtype) -> nn.Module:
        """The module with weights that are not at their start, from where some faults do not show."""
        torch.manual_seed(0)
        module = self.make().to(dtype)
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.add_(torch.randn_like(parameter), alpha=0.2)
        return module


def network(kind: str, arm: str, window: int, **options) -> Network:
    """A narrow network of one of the arms."""
    representation, kmer, fraction = ("standard", 2, None) if arm == "standard" else ARMS[arm]
    return Network(NetworkDescription.named(kind, representation, kmer, 8, window, fraction, **options))


def binary(arm: str, window: int) -> Network:
    narrow = {"kernel_widths": (5, 4, 4), "pool_width": 8, "pool_stride": 5}
    return network("binary", arm, window, **narrow)


def labelled(arm: str, window: int, classes: int = 2, distances: int = 0) -> Network:
    narrow = {"first_width": 6, "residual_width": 3, "dense": 8, "distances": distances}
    return network("labelled", arm, window, classes=classes, **narrow)


def bag(arm: str, window: int, classes: int = 2) -> Network:
    return network("bag", arm, window, classes=classes, lengths=(3, 4), gaps=(1, 6), dense=6)


def beside_a_bag(other: Network, *, apart: bool = False) -> nn.Module:
    """The network with a bag of k-mers beside it, or trained apart from two of them."""
    bag = Layers(BagTrunk(lengths=(3, 5)), BagHead(dense=6))
    return build(replace(other.description, beside=(bag,) * (1 + apart), apart=apart))


def profile(arm: str, window: int, control: bool) -> Network:
    narrow = {"first_width": 5, "dilations": (1, 2), "profile_width": 6}
    return network("profile", arm, window, tracks=("control",) * control, **narrow)


def residual(arm: str, window: int, **options) -> Network:
    narrow = {"first_width": 6, "residual_width": 3, "squeezed": 4, "dense": 8}
    return network("residual", arm, window, **narrow | options)


def mixing(kind: str, arm: str, window: int, **options) -> Network:
    """A network of attention or of long convolutions."""
    return network(kind, arm, window, **{"first_width": 6, "blocks": 1, "reduction": 2, "dense": 16} | options)


def profile_positions(window: int, control: bool) -> tuple[tuple[int, ...], ...]:
    return ((window, window - 15),) if control else ((window,),)


def twice(space: Representation) -> Representation:
    """Twice as many copies: layer norm of few channels, where they are nearly equal, makes rounding large."""
    return Representation(2 * space.regular, 2 * space.trivial, 2 * space.sign)


def _layers() -> dict[str, Case]:
    of_types = {
        "Activation": Activation,
        "Activation, smooth": lambda t: Activation(t, "softplus", "softsign"),
        "AttentionPool1d": lambda t: AttentionPool1d(t, 5),
        "AvgPool1d": lambda t: AvgPool1d(t, 3, stride=1, padding=1),
        "BatchNorm1d": BatchNorm1d,
        "BatchNorm1d, eps as published": lambda t: BatchNorm1d(t, eps=1e-4, eps_on_deviation=True),
        "ChannelScale": ChannelScale,
        "Concatenation": lambda t: Concatenation(Conv1d(t, OTHER, 3), Identity(t), GlobalAvgPool1d(t)),
        "ConvTranspose1d": lambda t: ConvTranspose1d(t, OTHER, 5, stride=3, padding=2),
        "ConvTranspose1d, even and dilated": lambda t: ConvTranspose1d(OTHER, t, 4, dilation=2, bias=False),
        "GatedUnit": lambda t: GatedUnit(Conv1d(OTHER, t, 5), Conv1d(OTHER, gates_for(t), 3)),
        "GatedUnit, gates of the same type": lambda t: GatedUnit(Conv1d(OTHER, t, 4), Conv1d(OTHER, t, 4), "silu"),
        "GroupNorm": lambda t: GroupNorm(t, 1),
        "GroupNorm, each copy": lambda t: GroupNorm(t, t.regular + t.trivial + t.sign),
        "Identity": Identity,
        "Product with a mean": lambda t: Product(GlobalAvgPool1d(t), Conv1d(t, t, 4)),
        "Product with one copy": lambda t: Product(Conv1d(t, Representation(sign=1), 4), Conv1d(t, t, 4)),
        "SharedOverStrands": lambda t: SharedOverStrands(ProfileLike(t, OTHER), t, OTHER.size),
        "SharedOverStrands, of k-mers": lambda t: SharedOverStrands(
            KmerConv1d(KmerEncoding(2), Ordinary(t.size), 4), KmerEncoding(2), t.size
        ),
        "SqueezeExcitation": lambda t: SqueezeExcitation(t, 5),
        "Sum": lambda t: Sum(Conv1d(t, t, 5), Identity(t), GlobalAvgPool1d(t)),
        "Upsample": lambda t: Upsample(t, 3),
        "Conv1d": lambda t: Conv1d(t, OTHER, 5),
        "Conv1d, even width, no bias": lambda t: Conv1d(OTHER, t, 4, bias=False),
        "Conv1d, padded and dilated": lambda t: Conv1d(t, t, 4, padding=9, dilation=6),
        "Conv1d, same": lambda t: Conv1d(t, t, 5, padding="same"),
        "Conv1d to ordinary": lambda t: Sequential(StrandMerge(t), Conv1d(StrandMerge(t).out_type, Ordinary(3), 4, 3)),
        "ConvBlock": lambda t: ConvBlock(Conv1d(t, OTHER, 4)),
        "ConvBlock, other functions": lambda t: ConvBlock(Conv1d(OTHER, t, 3), Activation(t, "elu", "hardtanh")),
        "Dropout": lambda t: Dropout(t, 0.4),
        "GlobalAvgPool1d": GlobalAvgPool1d,
        "KmerConv1d, k=1": lambda t: KmerConv1d(KmerEncoding(1), t, 4),
        "KmerConv1d, k=2": lambda t: KmerConv1d(KmerEncoding(2), t, 5),
        "KmerConv1d, k=4": lambda t: KmerConv1d(KmerEncoding(4), t, 1, bias=False),
        "LayerNorm": LayerNorm,
        "LongConv1d": lambda t: LongConv1d(t, 30),
        "MixerBlock": lambda t: MixerBlock(LongConv1d(twice(t), 9)),
        "MixerBlock, attention": lambda t: MixerBlock(RotaryAttention(twice(t), 1, 2), 1),
        "Residual": lambda t: Residual(Sequential(Conv1d(t, OTHER, 4), Activation(OTHER), Conv1d(OTHER, t, 2))),
        "RotaryAttention": lambda t: RotaryAttention(t, 2, 3),
        "Sequential": lambda t: Sequential(Conv1d(t, OTHER, 3), BatchNorm1d(OTHER), Activation(OTHER), Dropout(OTHER)),
        "StrandAverage": lambda t: StrandAverage(ProfileLike(t, OTHER)),
        "StrandMerge": StrandMerge,
    }
    cases = {f"{name}: {t}": Case(lambda make=make, t=t: make(t)) for name, make in of_types.items() for t in TYPES}
    for name in ("MixerBlock", "MixerBlock, attention"):
        # The centre of a palindrome has no -1 channels but for rounding, which layer norm makes 300 times larger.
        cases[f"{name}: {SIGN}"] = replace(cases[f"{name}: {SIGN}"], positions=((24,), (26,)))
    cases |= {f"Linear: {t}": Case(lambda t=t: Linear(t, OTHER), ((None,),)) for t in TYPES}
    for t in TYPES:
        make = lambda t=t: FlattenLinear(t, OTHER, 24)  # noqa: E731
        cases[f"FlattenLinear: {t}"] = Case(make, ((24,),))
        cases[f"FlattenLinear, odd length, from a mixture: {t}"] = Case(lambda t=t: FlattenLinear(MIXED, t, 7), ((7,),))
    cases |= {f"Gate: {t}": Case(lambda t=t: Gate(t)) for t in (SIGN, MIXED)}
    for t in TYPES:
        make = lambda t=t: Conv1d(t, OTHER, 4, stride=3, padding=1)  # noqa: E731
        cases[f"Conv1d, stride: {t}"] = Case(make, ((23,), (26,)))
        cases[f"AvgPool1d, stride: {t}"] = Case(lambda t=t: AvgPool1d(t, 4, 3), ((25,), (22,)))
    for name, (k, *counted) in {"k=1": (1, (1, 2, 6)), "k=2, gapped": (2, (3, 2), (0, 1, 9))}.items():
        cases[f"KmerCounts, {name}"] = Case(lambda k=k, c=counted: KmerCounts(KmerEncoding(k), *c))
    for t in TYPES:
        cases[f"PositionGain: {t}"] = Case(lambda t=t: PositionGain(t, 24, 3), ((24,),))
        cases[f"PositionGain, few positions: {t}"] = Case(lambda t=t: PositionGain(t, 7, 9), ((7,),))
    for t in MOVED:
        cases[f"MaxPool1d: {t}"] = Case(lambda t=t: MaxPool1d(t, 4, 3), ((25,), (22,)), ("random",))
    grouped = {"grouped signs": (SIGN, TRIVIAL, 3), "grouped strands": (REGULAR, Representation(regular=4), 2)}
    for name, (in_type, out_type, groups) in grouped.items():
        cases[f"Conv1d, {name}"] = Case(lambda i=in_type, o=out_type, g=groups: Conv1d(i, o, 4, groups=g))
    long = {
        "long": (90, {}),
        "long, strided": (70, {"stride": 7}),
        "long, dilated": (30, {"dilation": 5, "padding": 40}),
    }
    for name, (width, options) in long.items():
        cases[f"Conv1d, {name}"] = Case(lambda w=width, o=options: Conv1d(MIXED, MIXED, w, **o), ((168,), (175,)))
    return cases


class ProfileLike(nn.Module):
    """Somebody's network: convolution and batch norm that know nothing of strands, between typed features."""

    def __init__(self, in_type: Representation, out_type: Representation) -> None:
        super().__init__()
        self.in_type, self.out_type = in_type, out_type
        self.layers = nn.Sequential(nn.Conv1d(in_type.size, out_type.size, 4), nn.BatchNorm1d(out_type.size), nn.ELU())

    def check(self, x: Tensor) -> None:
        pass

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def _networks() -> dict[str, Case]:
    cases = {}
    for arm in ARMS:
        for window in (40, 41):
            cases[f"binary network {arm}, {window} bp"] = Case(lambda a=arm, w=window: binary(a, w), ((window,),))
            for classes in (2, 3):
                cases[f"bag of k-mers {arm}, {window} bp, {classes} classes"] = Case(
                    lambda a=arm, w=window, c=classes: bag(a, w, c), ((window,),)
                )
                cases[f"labelled network {arm}, {window} bp, {classes} classes"] = Case(
                    lambda a=arm, w=window, c=classes: labelled(a, w, c), ((window,),)
                )
            cases[f"labelled network with a gain {arm}, {window} bp"] = Case(
                lambda a=arm, w=window: labelled(a, w, distances=4), ((window,),)
            )
            cases[f"residual network {arm}, {window} bp"] = Case(lambda a=arm, w=window: residual(a, w), ((window,),))
            for kind in ("attention", "long_convolution"):
                cases[f"{kind} network {arm}, {window} bp"] = Case(
                    lambda k=kind, a=arm, w=window: mixing(k, a, w), ((window,),)
                )
            for control in (False, True):
                cases[f"profile network {arm}, {window} bp{', control' * control}"] = Case(
                    lambda a=arm, w=window, c=control: profile(a, w, c), profile_positions(window, control)
                )
    for arm in ("regular k=3", "irrep k=2 a=1"):
        cases[f"convolutions beside a bag of k-mers {arm}"] = Case(lambda a=arm: beside_a_bag(binary(a, 41)), ((41,),))
        cases[f"convolutions apart from bags of k-mers {arm}"] = Case(
            lambda a=arm: beside_a_bag(binary(a, 41), apart=True), ((41,),)
        )
    cases["StrandAverage of a binary network"] = Case(lambda: StrandAverage(binary("standard", 40)), ((40,),))
    cases["Centred binary network"] = Case(lambda: Centred(binary("regular k=3", 40)), ((40,),))
    cases["StrandAverage of a profile network"] = Case(
        lambda: StrandAverage(profile("standard", 41, True)), profile_positions(41, True)
    )
    cases["Ensemble of binary networks"] = Case(
        lambda: Ensemble(
            [binary("regular k=3", 40), binary("irrep k=1 a=0", 40), StrandAverage(binary("standard", 40))]
        ),
        ((40,),),
    )
    cases["Ensemble of profile networks"] = Case(
        lambda: Ensemble([profile("rcps", 41, True), profile("irrep k=3", 41, True)]), profile_positions(41, True)
    )
    return cases


LAYERS = _layers()
NETWORKS = _networks()
CASES = LAYERS | NETWORKS
#: Each layer once, in a mixed type, and each kind of network once.
ONE_OF_EACH = {name: case for name, case in LAYERS.items() if name.endswith(f": {MIXED}") or ":" not in name}
ONE_OF_EACH |= {
    name: NETWORKS[name]
    for name in (
        "binary network regular k=3, 41 bp",
        "binary network irrep k=3, 41 bp",
        "labelled network regular k=3, 41 bp, 2 classes",
        "labelled network irrep k=3, 40 bp, 3 classes",
        "labelled network with a gain irrep k=3, 41 bp",
        "bag of k-mers irrep k=3, 41 bp, 2 classes",
        "convolutions beside a bag of k-mers regular k=3",
        "residual network irrep k=3, 41 bp",
        "attention network irrep k=3, 41 bp",
        "long_convolution network regular k=2, 41 bp",
        "profile network regular k=2, 41 bp",
        "profile network irrep k=3, 41 bp, control",
        "StrandAverage of a profile network",
        "Centred binary network",
        "Ensemble of binary networks",
    )
}


def as_tuple(spaces) -> tuple:
    return spaces if isinstance(spaces, tuple) else (spaces,)


def random_codes(kind: str, length: int, generator: torch.Generator) -> Tensor:
    """Base codes, shape (SAMPLES_OF_A_KIND, length), 4 where unknown."""
    codes = torch.randint(4, (SAMPLES_OF_A_KIND, length), generator=generator)
    unknown = torch.rand(codes.shape, generator=generator) < (0.7 if kind == "N-rich" else 0.02)
    codes = codes.masked_fill(unknown, 4)
    if kind != "palindromic":
        return codes
    left = codes[:, : length // 2]
    return torch.cat([left, torch.full((len(codes), length % 2), 4), KmerEncoding(1).act(left)], 1)


def random_map(space, kind: str, length: int | None, generator: torch.Generator) -> Tensor:
    """Features of a kind, shape (SAMPLES_OF_A_KIND, size, length) or (SAMPLES_OF_A_KIND, size), float64."""
    positions = () if length is None else (length,)
    x = torch.randn(SAMPLES_OF_A_KIND, space.size, *positions, generator=generator, dtype=torch.float64)
    if kind == "palindromic":
        return x + space.act(x)
    if kind == "N-rich" and positions:
        # What convolutions make of unknown bases: zeros in all channels.
        return x * (torch.rand(len(x), 1, length, generator=generator) < 0.4)
    return x


def raw_inputs(module, positions, dtype: torch.dtype, kinds: tuple[str, ...] = KINDS) -> list[Tensor]:
    """What the module is called with, base codes in place of k-mer indices."""
    generator = torch.Generator().manual_seed(0)
    raw = []
    for number, (space, length) in enumerate(zip(as_tuple(module.in_type), positions, strict=True)):
        if isinstance(space, KmerEncoding):
            raw.append(torch.cat([random_codes(kind, length, generator) for kind in kinds]))
            continue
        x = torch.cat([random_map(space, kind, length, generator) for kind in kinds]).to(dtype)
        # A second input is a track of read counts.
        raw.append(5 * x.abs() if number else x)
    return raw


def inputs_of(module, raw: list[Tensor]) -> list[Tensor]:
    """The inputs with base codes as k-mer indices."""
    return [
        space.indices(x) if isinstance(space, KmerEncoding) else x
        for space, x in zip(as_tuple(module.in_type), raw, strict=True)
    ]
