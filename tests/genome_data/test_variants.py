"""Variants are read as they stand, checked against the genome, all accounted for, and put in the middle of windows."""

import gzip
import logging
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genome_data.formats.variant_files import read_variant_table, read_vcf
from genome_data.genome import Genome, normalise_fasta
from genome_data.motifs import Motif
from genome_data.windows.variants import REASONS, allele_motif_scores, allele_windows, variants_on_genome
from workflow_support.errors import InputError

LETTERS = np.array(list("ACGTN"))
VCF_HEADER = "##fileformat=VCFv4.3\n##source=hand\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
COLUMNS = {"contig": "chrom", "position": "pos", "reference": "ref", "alternative": "alt"}
GENOME = {
    "chr1": "ACGTACGTACGTACGTTTGCNNACGATTACAGGC",
    "chr2_100_130": "TTGACCATGGACATTACGGCATATTGCGCA",
    "chr2_500_510": "GATTACAGAT",
    "chr3_10_99": "ACGT",
}


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    folder = tmp_path_factory.mktemp("genome")
    (folder / "source.fa").write_text("".join(f">{name}\n{bases}\n" for name, bases in GENOME.items()))
    normalise_fasta(folder / "source.fa", folder / "genome.fa", folder / "genome.fa.fai", folder / "c", folder / "s")
    return Genome(folder / "genome.fa")


def vcf(folder, *records, header=VCF_HEADER):
    path = folder / "variants.vcf"
    rows = ("\t".join([contig, str(place), ".", *alleles, ".", "PASS", "."]) for contig, place, *alleles in records)
    path.write_text(header + "".join(f"{row}\n" for row in rows))
    return path


def table(folder, text):
    path = folder / "variants.tsv"
    path.write_text(text.replace(" ", "\t"))
    return path


def listed(*rows, **columns):
    """Variants as the readers give them; a row is contig, position, reference, alternative."""
    frame = pd.DataFrame(rows, columns=["contig", "position", "reference", "alternative"])
    return frame.assign(
        **({"id": "", "effect_allele": "", "effect": np.nan, "p_value": np.nan} | columns), line=frame.index + 2
    )


def counted(genome, variants, width=11):
    kept, counts, _ = variants_on_genome(variants, genome, width=width, file="variants.tsv")
    return kept, {reason: rows for reason, rows in counts.itertuples(index=False) if rows}


def decoded(codes):
    return ["".join(LETTERS[row]) for row in codes]


def test_vcf_records_with_several_alternatives_become_a_row_each(tmp_path):
    path = vcf(tmp_path, ("chr1", 5, "a", "G,t"), ("chr1", 9, "AC", "A"))
    variants = read_vcf(path)
    columns = ["contig", "position", "reference", "alternative", "line"]
    assert list(variants[columns].itertuples(index=False, name=None)) == [
        ("chr1", 5, "A", "G", 4),
        ("chr1", 5, "A", "T", 4),
        ("chr1", 9, "AC", "A", 5),
    ]
    assert variants[["effect", "p_value"]].isna().all(axis=None)
    packed = tmp_path / "variants.vcf.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read_vcf(packed).equals(variants)


@pytest.mark.parametrize(
    ("content", "problem", "line"),
    [
        ("chr1\t5\t.\tA\tG\n", "no VCF", 1),
        (VCF_HEADER, "contains no variant", None),
        (VCF_HEADER + "chr1\t5\t.\tA\n", "number of columns", 4),
        (VCF_HEADER + "chr1\t-5\t.\tA\tG\n", "position cannot be used", 4),
        (VCF_HEADER + "chr1\t5.0\t.\tA\tG\n", "position cannot be used", 4),
    ],
)
def test_a_file_that_is_no_vcf_is_refused_with_its_line(tmp_path, content, problem, line):
    (tmp_path / "bad.vcf").write_text(content)
    with pytest.raises(InputError, match=problem) as error:
        read_vcf(tmp_path / "bad.vcf")
    assert error.value.line == line


def test_effects_come_from_a_column_or_from_frequencies(tmp_path):
    path = table(
        tmp_path,
        "## made by hand\n#chrom pos ref alt who beta p f1 f0 n\nchr1 5 A g A 0.5 1e-300 0.8 0.5 98\n\n"
        "chr1 6 C T C NA . 1.0 0.5 9\n",
    )
    columns = COLUMNS | {"effect_allele": "who", "p_value": "p"}
    plain = read_variant_table(path, columns | {"effect": "beta"})
    assert plain[["alternative", "effect_allele", "line"]].to_numpy().tolist() == [["G", "A", 3], ["T", "C", 5]]
    assert plain["effect"].tolist() == pytest.approx([0.5, math.nan], nan_ok=True)
    assert plain["p_value"].tolist() == pytest.approx([1e-300, math.nan], nan_ok=True, rel=1e-9)
    frequencies = read_variant_table(path, columns | {"effect": {"after": "f1", "before": "f0"}})
    assert frequencies["effect"].tolist() == pytest.approx([math.log(4), math.nan], nan_ok=True)
    counted_reads = read_variant_table(path, columns | {"effect": {"after": "f1", "before": "f0", "depth": "n"}})
    assert counted_reads["effect"].tolist() == pytest.approx([math.log(78.9 / 20.1), math.log(9.5 / 0.5)])


@pytest.mark.parametrize(
    ("content", "problem", "line"),
    [
        ("chrom pos ref\nchr1 5 A\n", "no column 'alt'", None),
        ("chrom pos ref alt\n", "contains no variant", None),
        ("\n\n", "contains no variant|no column", None),
        ("chrom pos ref alt\nchr1 5 A\n", "number of cells", 2),
        ("chrom pos ref alt\nchr1 0 A G\n", "position cannot be used", 2),
        ("chrom pos ref alt p\nchr1 5 A G 1.5\n", "number cannot be used", 2),
        ("chrom pos ref alt p\nchr1 5 A G 0.5\nchr1 5 A G low\n", "number cannot be used", 3),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_line(tmp_path, content, problem, line):
    columns = COLUMNS | ({"p_value": "p"} if " p\n" in content else {})
    with pytest.raises(InputError, match=problem) as error:
        read_variant_table(table(tmp_path, content), columns)
    assert error.value.line == line


def test_every_reason_is_counted_and_the_first_that_holds(genome):
    rows = [
        ("chr1", 2, "C", "G"),
        ("chr1", 2, "C", "G"),
        ("chr1", 2, "C", "T"),
        ("chr1", 3, "G", "."),
        ("chr1", 3, "G", "<DEL>"),
        ("chr1", 3, "G", "*"),
        ("chr1", 3, "G", "G[chr2:5["),
        ("chrX", 3, "G", "A"),
        ("chr1", 35, "G", "A"),
        ("chr1", 34, "CG", "A"),
        ("chr1", 0, "G", "A"),
        ("chr1", 3, "G", "A" * 12),
        ("chr1", 3, "", "AA"),
        ("chr1", 21, "N", "A"),
        ("chr1", 3, "G", "R"),
        ("chr1", 3, "T", "A"),
        ("chr1", 4, "", "T"),
        ("chr1", 4, "", "A"),
        ("chr1", 5, "A", "C"),
        ("chr1", 6, "C", "T"),
        ("chr1", 7, "G", "T"),
    ]
    effects = ["" if row != ("chr1", 5, "A", "C") else "G" for row in rows]
    kept, counts = counted(genome, listed(*rows, effect_allele=effects))
    assert counts == {
        "in": 21,
        "no_alternative": 1,
        "spanning_deletion": 1,
        "symbolic_allele": 1,
        "breakend": 1,
        "contig_not_in_genome": 1,
        "position_not_in_genome": 3,
        "longer_than_window": 1,
        "not_a_single_base": 1,
        "ambiguous_base": 2,
        "reference_differs": 1,
        "alternative_is_reference": 1,
        "effect_allele_differs": 1,
        "duplicate": 1,
        "kept": 5,
    }
    assert kept[["position", "reference", "alternative"]].to_numpy().tolist() == [
        [2, "C", "G"],
        [2, "C", "T"],
        [4, "T", "A"],
        [6, "C", "T"],
        [7, "G", "T"],
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["chr1", "chr2_100_130", "chr3_10_99", "chrX"]),
            st.integers(0, 40),
            st.sampled_from(["", "A", "right", "right", "right", "right"]),
            st.sampled_from(["A", "C", "G", "T", "*", "AC"]),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_rows_in_are_kept_or_dropped_and_references_are_the_genome(genome, rows):
    there = [GENOME.get(contig, "")[max(place - 1, 0) : place] or "C" for contig, place, _, _ in rows]
    rows = [(*row[:2], base if row[2] == "right" else row[2], row[3]) for row, base in zip(rows, there, strict=True)]
    # Three that fit, so that few files are refused as a whole.
    rows += [("chr1", 5, "A", other) for other in "CGT"]
    try:
        kept, counts = counted(genome, listed(*rows))
    except InputError as error:
        assert "another genome build" in str(error)
        return
    assert counts.pop("in") == len(rows) == sum(counts.values())
    assert set(counts) <= {*REASONS, "kept"}
    assert len(kept) == counts["kept"]
    for row in kept.itertuples():
        assert GENOME[row.genome_contig][row.genome_start] == row.reference != row.alternative


def test_positions_on_pieces_of_a_contig_are_found_there(genome):
    # Position 101 is the first base of the piece that starts at 100, counted from 0.
    rows = [("chr2", 101, "T", "A"), ("chr2", 130, "A", "C"), ("chr2", 501, "", "C"), ("chr2_500_510", 1, "G", "T")]
    outside = [("chr2", 100, "T", "A"), ("chr2", 131, "A", "C"), ("chr2", 511, "A", "C")]
    kept, counts = counted(genome, listed(*rows, *outside, ("chr3", 11, "A", "C")))
    assert counts == {"in": 8, "position_not_in_genome": 3, "contig_not_in_genome": 1, "kept": 4}
    assert kept["genome_contig"].tolist() == ["chr2_100_130", "chr2_100_130", "chr2_500_510", "chr2_500_510"]
    assert kept["genome_start"].tolist() == [0, 29, 0, 0]
    assert kept["position"].tolist() == [101, 130, 501, 1]


def test_the_effect_is_that_of_the_alternative(genome):
    rows = [("chr1", 2, "C", "G"), ("chr1", 2, "C", "T"), ("chr1", 3, "", "T")]
    kept, _ = counted(genome, listed(*rows, effect_allele=["C", "T", "G"], effect=[1.0, 2.0, 3.0]))
    assert kept["effect"].tolist() == [-1.0, 2.0, -3.0]


@pytest.mark.parametrize("given_reference", [True, False])
def test_another_build_is_refused_and_a_few_disagreements_are_reported(genome, caplog, given_reference):
    def variant(place, agrees):
        base = GENOME["chr1"][place - 1]
        other = "ACGT"[("ACGT".index(base) + 1) % 4]
        if given_reference:
            return ("chr1", place, base if agrees else other, other if agrees else base)
        return ("chr1", place, "", other if agrees else base)

    caplog.set_level(logging.WARNING)
    counted(genome, listed(*(variant(place, place > 1) for place in range(1, 11))))
    assert not caplog.records
    _, counts = counted(genome, listed(*(variant(place, place > 5) for place in range(1, 11))))
    assert counts["kept"] == 5
    assert "5 of 10 variants" in caplog.text
    with pytest.raises(InputError, match="another genome build") as error:
        counted(genome, listed(*(variant(place, place > 6) for place in range(1, 11))))
    assert error.value.line == 2
    assert "6 of 10" in error.value.found


def test_another_naming_style_is_explained_and_nothing_left_is_refused(genome):
    with pytest.raises(InputError, match="no contig of the file") as error:
        counted(genome, listed(("1", 2, "C", "G"), ("1", 3, "G", "*")))
    assert "chr" in error.value.fix
    with pytest.raises(InputError, match="no variant is left"):
        counted(genome, listed(("chr1", 3, "G", "*"), ("chr1", 300, "G", "A")))


def test_windows_hold_the_allele_in_the_middle_and_the_genome_round_it(genome):
    rows = [
        ("chr1", 17, "T", "G"),
        ("chr1", 2, "C", "A"),
        ("chr1", 29, "A", "AGGG"),
        ("chr1", 27, "TTAC", "T"),
        ("chr2", 130, "A", "C"),
    ]
    kept, _ = counted(genome, listed(*rows), width=9)
    assert decoded(allele_windows(genome, kept, "reference", 9)) == [
        "ACGTTTGCN",
        "NNNACGTAC",
        "GATTACAGG",
        "GATTACAGG",
        "GCGCANNNN",
    ]
    assert decoded(allele_windows(genome, kept, "alternative", 9)) == [
        "ACGTGTGCN",
        "NNNAAGTAC",
        "TTAGGGCAG",
        "ACGATAGGC",
        "GCGCCNNNN",
    ]


@given(st.integers(1, 33), st.integers(1, 4), st.integers(1, 4), st.integers(4, 12))
def test_alleles_of_any_length_replace_the_reference(genome, place, reference_length, alternative_length, width):
    reference = GENOME["chr1"][place - 1 : place - 1 + reference_length]
    alternative = ("CA" * 4)[:alternative_length]
    variant = pd.DataFrame(
        {"genome_contig": ["chr1"], "genome_start": [place - 1], "reference": [reference], "alternative": [alternative]}
    )
    window = decoded(allele_windows(genome, variant, "alternative", width))[0]
    padded = "N" * 20 + GENOME["chr1"] + "N" * 20
    edited = padded[: 19 + place] + alternative + padded[19 + place + len(reference) :]
    middle = 19 + place + alternative_length // 2
    assert window == edited[middle - width // 2 :][:width]
    assert window[width // 2] == alternative[alternative_length // 2]


def test_motif_scores_are_those_of_the_best_word_that_holds_the_allele(genome):
    # 96 sites and a pseudocount a base: a base of the motif has 97 in 100, every other one 1 in 100.
    motif = Motif("X", "GAT", np.array([[0, 0, 96, 0], [96, 0, 0, 0], [0, 0, 0, 96]]))
    right, wrong = math.log2(0.97 / 0.25), math.log2(0.01 / 0.25)
    # In CGATTAC the first T, at 27, ends GAT; no word with the second is better than ATT, read AAT. ATC is GAT again.
    kept, _ = counted(genome, listed(("chr1", 27, "T", "C"), ("chr1", 28, "T", "C"), ("chr1", 27, "TTA", "TCATC")))
    reference = allele_motif_scores(genome, kept, "reference", motif)
    alternative = allele_motif_scores(genome, kept, "alternative", motif)
    assert reference == pytest.approx([3 * right, 2 * right + wrong, 3 * right])
    assert alternative[[0, 2]] == pytest.approx([2 * right + wrong, 3 * right])


def test_motif_scores_look_at_both_strands_and_give_nothing_for_unknown_bases():
    motif = Motif("X", "X", np.array([[0, 0, 98, 0], [98, 0, 0, 0]]))
    matrix = motif.log_odds_matrix
    codes = np.array([[2, 0], [3, 1], [0, 2], [2, 4], [4, 4]])
    by_hand = [
        matrix[0, 2] + matrix[1, 0],
        matrix[0, 2] + matrix[1, 0],
        max(matrix[0, 0] + matrix[1, 2], matrix[0, 1] + matrix[1, 3]),
        max(matrix[0, 2], matrix[1, 1]),
        0,
    ]
    assert motif.best_log_odds_of_words(codes) == pytest.approx(by_hand)


def test_spi1_variants_fit_hg19_and_their_positive_allele_is_the_reference(shared_data, tmp_path):
    fragments = shared_data / "hg19" / "hg19_3x2Mb_fragments.fa.gz"
    normalise_fasta(fragments, tmp_path / "g.fa", tmp_path / "g.fa.fai", tmp_path / "c", tmp_path / "s")
    columns = {
        "contig": "Chr",
        "position": "position",
        "alternative": "ALTallele",
        "effect_allele": "POSTallele",
        "effect": {"after": "POSTfreq", "before": "prechipfreq", "depth": "Depth"},
        "p_value": "pvalue",
    }
    file = shared_data / "variants" / "bQTL_SPI1_LCL_top10k.hg19.tsv.gz"
    variants = read_variant_table(file, columns)
    kept, counts = counted(Genome(tmp_path / "g.fa"), variants)
    assert counts == {"in": 10000, "contig_not_in_genome": 7994, "position_not_in_genome": 1979, "kept": 27}
    # REFDepth/Depth is POSTfreq: reads of the reference, whose effect is turned round for the alternative.
    first = kept.iloc[0]
    after, before = (0.0623556581986143 * 433 + 0.5) / 434, 0.536452
    assert (first["position"], first["reference"], first["alternative"]) == (124341259, "T", "A")
    assert first["effect"] == pytest.approx(
        -(math.log(after / (1 - after)) - math.log(before / (1 - before))), abs=0.01
    )
