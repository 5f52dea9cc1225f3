"""Reverse-complement equivariant layers and networks for DNA (Mallet & Vert 2021).

Tensors only, and each part imports only those before it: representation -> encoding -> kernels -> functional -> layers
-> networks -> strategies. :mod:`rc_equivariant.testing` measures how far any module is from equivariant.
"""

from .encoding import KmerEncoding
from .kernels import KernelTying
from .layers.convolution import Conv1d, KmerConv1d, Linear
from .layers.heads import StrandMerge
from .layers.module import EquivariantModule
from .layers.normalisation import BatchNorm1d, LayerNorm
from .representation import FeatureSpace, FeatureType, Ordinary, Representation, direct_sum

