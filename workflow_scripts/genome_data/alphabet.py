"""Base codes: A, C, G, T, N = 0..4, so that the complement of a known base b is 3 - b; and the letters read as them."""

from __future__ import annotations

import numpy as np

BASES = b"ACGT"
UNKNOWN = len(BASES)
IUPAC_AMBIGUITY = b"RYSWKMBDHV"
"""Letters of the IUPAC nucleotide alphabet that stand for several bases (Cornish-Bowden 1985); they are read as N."""
NUCLEOTIDES = BASES + b"N" + IUPAC_AMBIGUITY
"""Every letter that a sequence may contain, in upper case."""
ALLOWED_LETTERS = "A C G T N and the IUPAC letters R Y S W K M B D H V (read as N), in either case"
"""Description of the letters for error messages."""

ASCII_TO_CODE = np.full(256, UNKNOWN, dtype=np.uint8)
"""Code of every ASCII letter in either case; IUPAC ambiguity letters and everything else are ``UNKNOWN``."""
for _code, _base in enumerate(BASES):
    ASCII_TO_CODE[[_base, ord(chr(_base).lower())]] = _code
ASCII_TO_CODE.setflags(write=False)

_COMPLEMENT = np.array([3, 2, 1, 0, UNKNOWN], dtype=np.uint8)
_COMPLEMENT_OF_BYTES = _COMPLEMENT.tobytes().ljust(256)


def encode_in_place(letters: np.ndarray) -> np.ndarray:
    """Overwrite letters (uint8) with their codes; only upper-case A, C, G, T and N are allowed.

    On large arrays this is many times faster than indexing ``ASCII_TO_CODE``, which first widens every letter to a
    64-bit index.
    """
    # This hash (exclusive or, product modulo 256, the three highest bits) maps exactly A, C, G, T, N to 0..4. Its
    # constants were found by trying all of them.
    letters ^= 22
    letters *= 118
    letters >>= 5
    return letters


def reverse_complement(codes: np.ndarray) -> np.ndarray:
    """Base codes of the reverse complement, along the last axis; an unknown base stays unknown."""
    return _COMPLEMENT[codes[..., ::-1]]


def reverse_complement_of_bytes(codes: bytes) -> bytes:
    """Base codes of the reverse complement of one sequence, as bytes."""
    return codes[::-1].translate(_COMPLEMENT_OF_BYTES)
