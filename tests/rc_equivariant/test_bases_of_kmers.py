"""Bases of k-mers are the sequences that the k-mers were made of, on either strand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rc_equivariant import KmerEncoding

SEQUENCES = st.lists(st.integers(0, 4), min_size=6, max_size=40).map(lambda codes: torch.tensor([codes]))


@given(codes=SEQUENCES, k=st.integers(1, 6))
def test_bases_have_the_kmers_given_and_are_known_where_a_kmer_is(codes, k):
    encoding = KmerEncoding(k)
    kmers = encoding.indices(codes)
    found = encoding.bases(kmers)
    assert torch.equal(encoding.indices(found), kmers)
    is_known = torch.zeros_like(codes, dtype=torch.bool)
    for start in (kmers[0] < encoding.size).nonzero().flatten().tolist():
        is_known[0, start : start + k] = True
    assert torch.equal(found, codes.where(is_known, torch.tensor(4)))


@given(codes=SEQUENCES, k=st.integers(1, 6))
def test_bases_of_the_reverse_complement_are_reverse_complements(codes, k):
    encoding, single = KmerEncoding(k), KmerEncoding(1)
    kmers = encoding.indices(codes)
    assert torch.equal(encoding.bases(encoding.act(kmers)), single.act(encoding.bases(kmers)))


@pytest.mark.parametrize("k", [1, 3])
def test_bases_come_from_any_type_of_index_and_under_vmap(k):
    kmers = torch.randint(0, 4**k + 1, (2, 5, 9), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    stacked = torch.vmap(KmerEncoding(k).bases)(kmers)
    assert stacked.dtype == torch.int64
    assert torch.equal(stacked[1], KmerEncoding(k).bases(kmers[1]))
