"""Reverse-complement equivariant layers and networks for DNA (Mallet & Vert 2021).

Tensors only: representation -> kernels -> layers -> networks, each file importing only those before it.
"""

from .encoding import KmerEncoding
from .layers import Activation, BatchNorm1d, Conv1d, KmerConv1d, StrandMerge
from .networks import BinaryArchitecture, BinaryNetwork
from .representation import FeatureType, Ordinary, Representation

__all__ = [
    "Activation",
    "BatchNorm1d",
    "BinaryArchitecture",
    "BinaryNetwork",
    "Conv1d",
    "FeatureType",
    "KmerConv1d",
    "KmerEncoding",
    "Ordinary",
    "Representation",
    "StrandMerge",
]
