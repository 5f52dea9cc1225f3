"""Reverse-complement equivariant layers and networks for DNA (Mallet & Vert 2021).

The library works on tensors and reads no files. Its parts build on each other in one direction: representation ->
sums_and_products, encoding -> kernels -> functional, plain -> layers -> strategies, centring -> networks ->
hyperbolic.
:mod:`rc_equivariant.descriptions` describes networks without torch, :mod:`rc_equivariant.testing` measures how far any
module is from equivariant, and :mod:`rc_equivariant.hyperbolic` has the layers in hyperbolic space. Names are imported
when they are first used.
"""

from .lazy_names import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "centring": ["Centred"],
        "descriptions.networks": ["NetworkDescription"],
        "encoding": ["KmerEncoding"],
        "kernels": ["KernelTying"],
        "layers.activation": ["Activation", "Gate"],
        "layers.affine": ["ChannelScale"],
        "layers.attention": ["AttentionPool1d", "RotaryAttention"],
        "layers.blocks": ["ConvBlock"],
        "layers.branches": ["Concatenation", "Product", "Sum"],
        "layers.containers": ["Identity", "Residual", "Sequential"],
        "layers.convolution": ["Conv1d", "KmerConv1d", "Linear"],
        "layers.counts": ["KmerCounts"],
        "layers.dropout": ["Dropout"],
        "layers.flatten": ["FlattenLinear"],
        "layers.gating": ["GatedUnit", "SqueezeExcitation"],
        "layers.long_convolution": ["LongConv1d"],
        "layers.mixing": ["MixerBlock"],
        "layers.module": ["EquivariantModule", "export", "parameter_groups"],
        "layers.normalisation": ["BatchNorm1d", "GroupNorm", "LayerNorm"],
        "layers.position_gain": ["PositionGain"],
        "layers.pooling": ["AvgPool1d", "GlobalAvgPool1d", "MaxPool1d", "StrandMerge"],
        "layers.resampling": ["ConvTranspose1d", "Upsample"],
        "layers.strands": ["SharedOverStrands"],
        "networks.network": ["Network", "build"],
        "representation": ["FeatureSpace", "FeatureType", "Ordinary", "Representation"],
        "sums_and_products": [
            "direct_sum",
            "gates_for",
            "invariant_gates_for",
            "product",
            "product_type",
            "split",
        ],
        "strategies": ["Ensemble", "StrandAverage", "with_reverse_complements"],
    },
)
