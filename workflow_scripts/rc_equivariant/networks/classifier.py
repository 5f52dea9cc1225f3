"""What networks that read a window as k-mers and give logits have in common."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from ..encoding import KmerEncoding
from ..layers.module import EquivariantModule
from ..representation import Ordinary
from .arms import check_window


class WindowArchitecture(Protocol):
    """A description of such a network: bases of the window, and length of its k-mers."""

    window: int
    kmer: int


class WindowClassifier(EquivariantModule):
    """Reads k-mer indices (batch, window - k + 1) and gives logits; subclasses say how.

    Parameters
    ----------
    architecture
        Kept as ``architecture``.
    logits
        Numbers that the network gives for a window.
    """

    def __init__(self, architecture: WindowArchitecture, logits: int) -> None:
        super().__init__(KmerEncoding(architecture.kmer), Ordinary(logits))
        self.architecture = architecture

    @property
    def encoding(self) -> KmerEncoding:
        """How sequences become the indices that the network reads."""
        return self.in_type

    def check(self, kmers: Tensor) -> None:
        check_window(self, kmers, self.architecture.window, self.architecture.kmer)
