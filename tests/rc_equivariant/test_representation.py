"""Feature spaces: the action of reverse complement, its text form, its bases, and the k-mers that span one."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rc_equivariant import KmerEncoding, Ordinary, Representation, direct_sum

counts = st.tuples(*[st.integers(0, 3)] * 3).filter(any)
representations = counts.map(lambda numbers: Representation(*numbers))


def features_of(space, *positions, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, space.size, *positions, generator=generator, dtype=torch.float64)


def random_codes(seed, batch=5, length=200):
    return torch.randint(0, 5, (batch, length), generator=torch.Generator().manual_seed(seed))


def reverse_complement(codes):
    return torch.where(codes < 4, 3 - codes, codes).flip(-1)


@given(representations, st.integers(1, 8))
def test_the_action_is_an_involution(representation, length):
    x = features_of(representation, length)
    assert torch.equal(representation.act(representation.act(x)), x)


def test_the_action_has_known_values():
    x = torch.tensor([[[1, 2], [3, 4], [5, 6], [7, 8], [9, 10], [11, 12]]]).float()
    flipped = torch.tensor([[[8, 7], [6, 5], [4, 3], [2, 1], [10, 9], [-12, -11]]]).float()
    assert torch.equal(Representation(regular=2, trivial=1, sign=1).act(x), flipped)


@given(representations)
def test_features_without_positions_only_change_channels(representation):
    x = features_of(representation, 1)
    assert torch.equal(representation.act(x[..., 0]), representation.act(x)[..., 0])


def test_ordinary_features_are_left_alone():
    x = features_of(Ordinary(3), 5)
    assert Ordinary(3).act(x) is x
    assert str(Ordinary(3)) == "3 ordinary"


@pytest.mark.parametrize("impossible", [(0, 0, 0), (-1, 2, 0), (1, -1, 0), (1, 0, -1)])
def test_impossible_representations_are_refused(impossible):
    with pytest.raises(ValueError, match="no feature space"):
        Representation(*impossible)


def test_ordinary_spaces_need_a_channel():
    with pytest.raises(ValueError, match="at least one channel"):
        Ordinary(0)


@given(representations)
def test_the_text_form_parses_back(representation):
    assert Representation.parse(str(representation)) == representation


@pytest.mark.parametrize(
    ("text", "representation"),
    [
        ("16r+24p+8m", Representation(16, 24, 8)),
        ("8m + 16r", Representation(16, 0, 8)),
        ("1p", Representation(0, 1, 0)),
    ],
)
def test_known_texts(text, representation):
    assert Representation.parse(text) == representation


@pytest.mark.parametrize("text", ["", "16", "r", "3x", "1r+2r", "1r++1p", "-1r", "1r 2p", "0r"])
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match=r"no representation|no feature space"):
        Representation.parse(text)


@given(representations, representations)
def test_direct_sums_join_feature_maps(left, right):
    total = left + right
    assert total == Representation(left.regular + right.regular, left.trivial + right.trivial, left.sign + right.sign)
    x, y = features_of(left, 7, seed=1), features_of(right, 7, seed=2)
    joined = direct_sum([left, right], [x, y])
    assert torch.equal(direct_sum([left, right], [left.act(x), right.act(y)]), total.act(joined))
    assert torch.equal(joined.flatten().sort().values, torch.cat([x.flatten(), y.flatten()]).sort().values)


@given(representations)
def test_the_change_of_basis_is_orthogonal_and_leads_to_irreducible_channels(representation):
    basis = representation.change_of_basis
    assert torch.allclose(basis @ basis.T, torch.eye(representation.size, dtype=torch.float64), rtol=0, atol=1e-15)
    irreducible = representation.irreducible
    assert irreducible.regular == 0 and irreducible.size == representation.size
    x = features_of(representation, 5)
    changed_after, changed_before = basis @ representation.act(x), irreducible.act(basis @ x)
    assert torch.allclose(changed_after, changed_before, rtol=0, atol=1e-14)


@pytest.mark.parametrize("k", range(1, 7))
def test_kmers_span_the_exact_representation(k):
    encoding = KmerEncoding(k)
    palindromes = 4 ** (k // 2) if k % 2 == 0 else 0
    assert encoding.type == Representation(regular=(4**k - palindromes) // 2, trivial=palindromes)
    codes = random_codes(k)
    kmers, mirrored = encoding.indices(codes), encoding.indices(reverse_complement(codes))
    assert torch.equal(encoding.act(kmers), mirrored)
    assert torch.equal(encoding.one_hot(mirrored), encoding.type.act(encoding.one_hot(kmers)))


@given(st.integers(1, 6), st.integers(0, 2**31))
@settings(max_examples=20)
def test_windows_that_hold_an_unknown_base_are_unknown_and_no_others(k, seed):
    encoding, codes = KmerEncoding(k), random_codes(seed, batch=2, length=30)
    holds_unknown = (codes == 4).unfold(1, k, 1).any(2)
    kmers = encoding.indices(codes)
    assert torch.equal(kmers == encoding.size, holds_unknown)
    assert torch.equal(encoding.one_hot(kmers).sum(1), (~holds_unknown).float())


def test_kmer_indices_have_known_values():
    acgtna = torch.tensor([[0, 1, 2, 3, 4, 0]])
    assert KmerEncoding(1).indices(acgtna).tolist() == [[0, 1, 2, 3, 4, 0]]
    assert KmerEncoding(2).indices(acgtna).tolist() == [[1, 6, 11, 16, 16]]
    assert KmerEncoding(3).act(torch.tensor([[0, 64, 63]])).tolist() == [[0, 64, 63]]


@pytest.mark.parametrize("code", [-1, 5, 78, 255])
def test_codes_that_are_no_base_are_unknown(code):
    assert KmerEncoding(1).indices(torch.tensor([[code]])).tolist() == [[4]]


@pytest.mark.parametrize("k", [0, 7])
def test_kmer_lengths_out_of_range_are_refused(k):
    with pytest.raises(ValueError, match="from 1 to 6"):
        KmerEncoding(k)


def test_sequences_shorter_than_a_kmer_are_refused():
    with pytest.raises(ValueError, match="2 bases hold no 3-mer"):
        KmerEncoding(3).indices(torch.zeros(1, 2, dtype=torch.int64))


def test_encodings_of_the_same_length_are_the_same_space():
    assert KmerEncoding(2) == KmerEncoding(2) != KmerEncoding(3)
    assert len({KmerEncoding(2), KmerEncoding(2), KmerEncoding(3)}) == 2


@pytest.mark.parametrize("shape", [(2, 10, 5), (2, 4, 4, 5), (4,)])
def test_what_is_no_feature_map_is_not_acted_on(shape):
    with pytest.raises(ValueError, match="acts on tensors"):
        Representation(2).act(torch.zeros(shape))


def test_a_type_first_used_for_inference_serves_training():
    representation = Representation(regular=3, trivial=1, sign=4)
    with torch.inference_mode(), torch.device("meta"):
        representation.act(torch.zeros(2, 11, 4, device="cpu"))
    x = torch.randn(2, 11, 4, requires_grad=True)
    representation.act(x).sum().backward()
    assert torch.equal(x.grad, representation.signs[:, None].expand(2, 11, 4))


def test_counts_are_whole_numbers():
    with pytest.raises(ValueError, match="whole numbers"):
        Representation(1.5)
