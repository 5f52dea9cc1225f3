"""K-mers of base codes, and the representation of their one-hot encoding."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from .representation import Representation

#: Base codes are A, C, G, T = 0, 1, 2, 3, so the complement of b is 3 - b; any higher code is an unknown base (N).
UNKNOWN_BASE = 4
MAX_KMER = 6


class KmerEncoding:
    """The encoding of a sequence as indices of overlapping k-mers, with their reverse complement and representation.

    The index of a k-mer is its number in base 4 (AA..A = 0, TT..T = 4^k - 1). A k-mer with an unknown base has the
    index 4^k and is encoded by zeros, on either strand.

    Reverse complement exchanges k-mers in pairs; for even k, the 4^(k/2) self-complementary ones stay in place. The
    one-hot encoding thus consists of (4^k - 4^(k/2)) / 2 regular and 4^(k/2) trivial copies for even k, and of 4^k / 2
    regular copies for odd k.

    Parameters
    ----------
    k
        Length of the k-mers, from 1 to 6.

    Raises
    ------
    ValueError
        If k is out of range.
    """

    def __init__(self, k: int) -> None:
        if not 1 <= k <= MAX_KMER:
            raise ValueError(f"k-mers of length {k} are not available: choose k from 1 to {MAX_KMER}")
        self.k = k
        self.size = 4**k
        partner = self._partners()
        kmers = torch.arange(self.size)
        first_of_pair = kmers[kmers < partner]
        palindromes = kmers[kmers == partner]
        self.type = Representation(regular=len(first_of_pair), trivial=len(palindromes))
        #: The k-mer index that each channel of the representation stands for; int64, shape (4^k,).
        self.kmer_of_channel = torch.cat([first_of_pair, partner[first_of_pair].flip(0), palindromes])
        self._partner_or_unknown = torch.cat([partner, torch.tensor([self.size])])

    def _partners(self) -> Tensor:
        digits = torch.cartesian_prod(*[torch.arange(4)] * self.k).reshape(self.size, self.k)
        return self._number((3 - digits).flip(1).unbind(1))

    @staticmethod
    def _number(digits: tuple[Tensor, ...]) -> Tensor:
        index = torch.zeros_like(digits[0])
        for digit in digits:
            index = 4 * index + digit
        return index

    def indices(self, codes: Tensor) -> Tensor:
        """Return the k-mer indices of base codes.

        Parameters
        ----------
        codes
            Integers, shape (batch, length); 0 to 3 are A, C, G and T, and any other code is unknown.

        Returns
        -------
        Tensor
            int64, shape (batch, length - k + 1), values 0 to 4^k.
        """
        if codes.is_floating_point():
            raise ValueError(
                f"base codes are integers (A, C, G, T = 0, 1, 2, 3), not {codes.dtype} of {tuple(codes.shape)}"
            )
        length = codes.shape[-1] - self.k + 1
        if length < 1:
            raise ValueError(f"sequences of {codes.shape[-1]} bases hold no {self.k}-mer")
        codes = codes.long()
        digits = [codes[..., offset : offset + length] for offset in range(self.k)]
        unknown = torch.stack([(digit < 0) | (digit >= UNKNOWN_BASE) for digit in digits]).any(0)
        return self._number(tuple(digits)).masked_fill(unknown, self.size)

    def bases(self, kmers: Tensor) -> Tensor:
        """Return the base codes of k-mer indices, the inverse of :meth:`indices`.

        A base of which no k-mer is known is unknown, so the k-mers of the result are those given.

        Parameters
        ----------
        kmers
            Shape (batch, positions), values 0 to 4^k.

        Returns
        -------
        Tensor
            int64, shape (batch, positions + k - 1), values 0 to 4.
        """
        kmers = kmers.long()
        unknown, codes = kmers == self.size, []
        for offset in range(self.k):
            digits = (kmers // 4 ** (self.k - 1 - offset) % 4).masked_fill(unknown, UNKNOWN_BASE)
            codes.append(torch.nn.functional.pad(digits, (offset, self.k - 1 - offset), value=UNKNOWN_BASE))
        # Known k-mers agree on a base, and its code is less than that of an unknown one.
        return torch.stack(codes).amin(0)

    def longer(self, kmers: Tensor, lengths: Iterable[int]) -> dict[int, Tensor]:
        """Return the indices of longer k-mers, each spelled by overlapping ones of this encoding.

        Parameters
        ----------
        kmers
            Indices as from :meth:`indices`, shape (batch, positions).
        lengths
            Lengths of the k-mers, at least k.

        Returns
        -------
        dict of Tensor
            For each length l what ``KmerEncoding(l).indices`` returns for the same sequences.
        """
        kmers = kmers.long()
        is_unknown = unknown = (kmers < 0) | (kmers >= self.size)
        last_base = kmers % 4
        found, longest = {}, max(lengths)
        for length in range(self.k, longest + 1):
            if length > self.k:
                further = slice(length - self.k, None)
                kmers = 4 * kmers[:, :-1] + last_base[:, further]
                is_unknown = is_unknown[:, :-1] | unknown[:, further]
            found[length] = kmers.masked_fill(is_unknown, 4**length)
        return {length: found[length] for length in lengths}

    def act(self, kmers: Tensor) -> Tensor:
        """Return the k-mer indices of the reverse complement, with shape, values and type as in :meth:`indices`."""
        return self._partner_or_unknown.to(kmers.device)[kmers.long().flip(-1)]

    def chance_of_mirror(self, distance: int) -> float:
        """Return how likely two k-mers of random bases are reverse complements of each other.

        ``distance`` is the number of positions from one to the other. If they overlap, their union must be its own
        reverse complement, which is impossible for an odd number of bases.
        """
        if distance >= self.k:
            return 4.0**-self.k
        bases = self.k + distance
        return 0.0 if bases % 2 else 2.0**-bases

    def one_hot(self, kmers: Tensor) -> Tensor:
        """One-hot encode k-mer indices as features of ``self.type``: float32, (batch, 4^k, positions), 0 if unknown."""
        hot = torch.nn.functional.one_hot(kmers.long(), self.size + 1)
        return hot[..., self.kmer_of_channel.to(kmers.device)].transpose(1, 2).float()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KmerEncoding) and other.k == self.k

    def __hash__(self) -> int:
        return hash((KmerEncoding, self.k))

    def __str__(self) -> str:
        return f"{self.k}-mer indices"
