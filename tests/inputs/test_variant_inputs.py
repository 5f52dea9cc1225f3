"""Files of variants as programs write them: the variants that come out, the words for those left out, or the error."""

from __future__ import annotations

import gzip
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sequence_formats import write_bgzf

from genome_data.formats.variant_files import VARIANT_COLUMNS, read_variant_table, read_vcf
from genome_data.genome import Genome, normalise_fasta
from genome_data.windows.variants import variants_on_genome
from workflow_support.errors import InputError

COMPLEMENT = str.maketrans("ACGT", "TGCA")
BASES = "".join(np.random.default_rng(11).choice(list("ACGT"), 400))
HEADER = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
COLUMNS = {"id": "rs", "contig": "chrom", "position": "pos", "reference": "ref", "alternative": "alt"}
PLACES = list(range(20, 60, 2))
"""1-based positions of variants."""


@pytest.fixture(scope="module")
def genome(tmp_path_factory) -> Genome:
    folder = tmp_path_factory.mktemp("genome")
    (folder / "source.fa").write_text(f">chr1\n{BASES}\n")
    normalise_fasta(folder / "source.fa", folder / "genome.fa", folder / "genome.fa.fai", folder / "c", folder / "s")
    return Genome(folder / "genome.fa")


def other(base: str) -> str:
    return "ACGT"[("ACGT".index(base) + 1) % 4]


def right(place: int) -> tuple[str, str, str]:
    """ID, reference and alternative of a variant that fits the genome."""
    base = BASES[place - 1]
    return f"rs{place}", base, other(base)


def vcf(rows: list[tuple], header: str = HEADER) -> str:
    return header + "".join(f"chr1\t{place}\t{name}\t{ref}\t{alt}\t.\tPASS\t.\n" for place, name, ref, alt in rows)


def table(rows: list[tuple], header: str = "rs\tchrom\tpos\tref\talt", separator: str = "\t") -> str:
    lines = (separator.join([name, "chr1", str(place), ref, alt]) for place, name, ref, alt in rows)
    return "\n".join([header.replace("\t", separator), *lines]) + "\n"


GOOD_ROWS = [(place, *right(place)) for place in PLACES]


def read(path: Path, content: str | bytes, columns: dict[str, Any] | None) -> pd.DataFrame:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_vcf(path) if columns is None else read_variant_table(path, columns)


def listed(variants: pd.DataFrame) -> list[tuple]:
    return list(variants[["position", "id", "reference", "alternative"]].itertuples(index=False, name=None))


VCF = vcf(GOOD_ROWS)
TABLE = table(GOOD_ROWS)
SAME: dict[str, tuple[str | bytes, dict[str, Any] | None]] = {
    "VCF": (VCF, None),
    "VCF, five columns": (
        "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\n"
        + "".join(f"chr1\t{place}\t{name}\t{ref}\t{alt}\n" for place, name, ref, alt in GOOD_ROWS),
        None,
    ),
    "VCF, no #CHROM": (VCF.replace("#CHROM", "##CHROM"), None),
    "VCF, lower case": (vcf([(p, n, r.lower(), a.lower()) for p, n, r, a in GOOD_ROWS]), None),
    "VCF, gzip": (gzip.compress(VCF.encode()), None),
    "VCF, CRLF": (VCF.replace("\n", "\r\n"), None),
    "VCF, a byte order mark": ("\ufeff" + VCF, None),
    "VCF, blank lines": (VCF.replace("\n", "\n\n"), None),
    "VCF, no line end": (VCF.rstrip("\n"), None),
    "VCF, genotypes": (VCF.replace("INFO", "INFO\tFORMAT\tS1").replace("\t.\n", "\t.\tGT\t0/1\n"), None),
    "VCF read as a table": (
        VCF,
        {"id": "ID", "contig": "CHROM", "position": "POS", "reference": "REF", "alternative": "ALT"},
    ),
    "TSV": (TABLE, COLUMNS),
    "CSV": (table(GOOD_ROWS, separator=","), COLUMNS),
    "semicolons": (table(GOOD_ROWS, separator=";"), COLUMNS),
    "TSV, a # before the header": ("#" + TABLE, COLUMNS),
    "TSV, a # and a space": ("# " + TABLE, COLUMNS),
    "TSV, comments": ("## by hand\n" + TABLE, COLUMNS),
    "TSV, spaces in the header": (TABLE.replace("rs\tchrom", "rs \t chrom"), COLUMNS),
    "TSV, quotes": (TABLE.replace("chr1", '"chr1"'), COLUMNS),
    "TSV, CRLF and gzip": (gzip.compress(TABLE.replace("\n", "\r\n").encode()), COLUMNS),
    "TSV, a byte order mark": ("\ufeff" + TABLE, COLUMNS),
}


@pytest.mark.parametrize(("content", "columns"), SAME.values(), ids=SAME)
def test_the_same_variants_come_out_of_every_form(content, columns, tmp_path: Path, genome) -> None:
    variants = read(tmp_path / "v.data", content, columns)
    assert variants.columns.tolist() == VARIANT_COLUMNS
    assert listed(variants) == GOOD_ROWS
    kept, counts, dropped = variants_on_genome(variants, genome, width=21, file="v")
    assert listed(kept) == GOOD_ROWS
    assert counts.set_index("reason")["rows"].to_dict()["kept"] == len(PLACES)
    assert dropped.empty


WITH_NUMBERS = "rs\tchrom\tpos\tref\talt\tbeta\tp\n"


def numbers(beta: str, p: str) -> str:
    return WITH_NUMBERS + f"rs20\tchr1\t20\t{BASES[19]}\t{other(BASES[19])}\t{beta}\t{p}\n"


EFFECTS = COLUMNS | {"effect": "beta", "p_value": "p"}
REFUSED: dict[str, tuple[str | bytes, dict[str, Any] | None, int | None, str]] = {
    "BCF": (b"BCF\x02\x02" + bytes(80), None, None, "bcftools view"),
    "BCF, packed": (gzip.compress(b"BCF\x02\x02" + bytes(80)), None, None, "bcftools view"),
    "no VCF header": (VCF.partition("\n")[2], None, 1, "the file is no VCF"),
    "a table for a VCF": (TABLE, None, 1, "the file is no VCF"),
    "no record": (HEADER, None, None, "contains no variant"),
    "a record that is cut off": (VCF[:-12], None, 22, "wrong number of columns"),
    "spaces for tabs": (VCF.replace("\t", " "), None, 3, "wrong number of columns"),
    "a column more": (VCF.replace("PASS\t.\n", "PASS\t.\t.\n", 1), None, 3, "wrong number of columns"),
    "a position with commas": (VCF.replace("\t20\t", "\t2,000\t"), None, 3, "'2,000'"),
    "a position that is missing": (VCF.replace("\t20\t", "\t.\t"), None, 3, "'.'"),
    "the position NA": (TABLE.replace("\t20\t", "\tNA\t"), COLUMNS, 2, "'NA'"),
    "a position of Python": (TABLE.replace("\t20\t", "\t2_0\t"), COLUMNS, 2, "'2_0'"),
    "a position with a point": (TABLE.replace("\t20\t", "\t20.0\t"), COLUMNS, 2, "'20.0'"),
    "no header": (TABLE.partition("\n")[2], COLUMNS, None, "the file has no header"),
    "a column that is not there": (TABLE, COLUMNS | {"reference": "REF"}, None, "no column 'REF'"),
    "a column twice": (TABLE.replace("rs\t", "ref\t", 1), COLUMNS | {"id": "ref"}, None, "more than one column 'ref'"),
    "an unused column twice": (TABLE.replace("rs\t", "alt\t", 1), {**COLUMNS, "id": "pos"}, None, "more than one"),
    "a row that is cut off": (TABLE[:-4], COLUMNS, 21, "number of cells"),
    "R's row names": (TABLE.replace("\nrs", "\n1\trs"), COLUMNS, 2, "row.names = FALSE"),
    "an effect of Python": (numbers("1_0", "0.5"), EFFECTS, 2, "'1_0'"),
    "an effect with a comma": (numbers("0,5", "0.5"), EFFECTS, 2, "'0,5'"),
    "an infinite effect": (numbers("inf", "0.5"), EFFECTS, 2, "'inf'"),
    "a p value above 1": (numbers("1", "1.5"), EFFECTS, 2, "'1.5'"),
    "a p value below a limit": (numbers("1", "<1e-9"), EFFECTS, 2, "'<1e-9'"),
    "a truncated gzip": (gzip.compress(VCF.encode())[:-9], None, None, "truncated"),
    "bytes that are no text": (VCF.encode() + b"\xff\n", None, 23, "not text"),
    "a web page": ("<html></html>\n", None, None, "web page"),
}


@pytest.mark.parametrize(("content", "columns", "line", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_with_its_line(content, columns, line, message, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path / "v.data", content, columns)
    error = caught.value
    assert message in str(error)
    assert Path(error.file) == tmp_path / "v.data"
    assert error.line == line
    assert error.found is not None
    assert error.allowed
    assert error.fix


def test_alleles_that_r_took_for_logical_values_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "variants.tsv"
    path.write_text("chrom\tpos\tref\talt\nchr1\t5\tA\tC\nchr1\t9\tA\tTRUE\n")
    columns = {"contig": "chrom", "position": "pos", "reference": "ref", "alternative": "alt"}
    with pytest.raises(InputError, match="an allele is a logical value") as caught:
        read_variant_table(path, columns)
    assert caught.value.line == 3
    assert "colClasses" in caught.value.fix


@pytest.mark.parametrize("missing", ["", "NA", "N/A", "nan", "NaN", ".", "<NA>", "#N/A", "NULL"])
def test_a_missing_number_is_none_and_the_log_counts_it(missing: str, tmp_path: Path, caplog) -> None:
    caplog.set_level(logging.INFO)
    variants = read(tmp_path / "v.tsv", numbers(missing, missing), EFFECTS)
    assert variants[["effect", "p_value"]].isna().all(axis=None)
    assert "1 of 1 rows have no beta" in caplog.text


# Reference and alternative of a variant at position 20, and the reason for which it is left out.
B = BASES[19]
WORDS = {
    "a dot": (B, ".", "no_alternative"),
    "NA": (B, "NA", "no_alternative"),
    "a spanning deletion": (B, "*", "spanning_deletion"),
    "a block of a gVCF": (B, "<NON_REF>", "any_other_allele"),
    "a block of bcftools": (B, "<*>", "any_other_allele"),
    "a symbol": (B, "<DEL>", "symbolic_allele"),
    "a symbol with a subtype": (B, "<INS:ME:ALU>", "symbolic_allele"),
    "a breakend": (B, f"{B}[chr2:321[", "breakend"),
    "a breakend before": (B, f"]chr2:321]{B}", "breakend"),
    "a single breakend": (B, f"{B}.", "breakend"),
    "a deletion of Ensembl": (B, "-", "dash_for_no_base"),
    "an insertion of Ensembl": ("-", "ACG", "dash_for_no_base"),
    "a long dash": ("A", "--", "dash_for_no_base"),
    "two alleles": (B, "A/G", "several_alleles"),
    "two alleles, with a bar": (B, "A|G", "several_alleles"),
    "an allele of PLINK": (B, "0", "unreadable_allele"),
    "a question mark": (B, "?", "unreadable_allele"),
    "a letter for several bases": (B, "R", "ambiguous_base"),
    "another reference": (other(B), B, "reference_differs"),
    "no change": (B, B, "alternative_is_reference"),
    "too long": (B, "A" * 30, "longer_than_window"),
}


@pytest.mark.parametrize(("reference", "alternative", "reason"), WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("is_vcf", [True, False], ids=["VCF", "table"])
def test_a_variant_is_left_out_with_the_right_word_and_its_line(
    reference, alternative, reason, is_vcf, tmp_path: Path, genome, caplog
) -> None:
    caplog.set_level(logging.INFO)
    # In a VCF, NA is read as letters.
    reason = "ambiguous_base" if is_vcf and alternative == "NA" else reason
    rows = [*GOOD_ROWS[1:], (20, "rs_odd", reference, alternative)]
    variants = read(tmp_path / "v.data", (vcf if is_vcf else table)(rows), None if is_vcf else COLUMNS)
    kept, counts, dropped = variants_on_genome(variants, genome, width=21, file="v.data")
    assert listed(kept) == GOOD_ROWS[1:]
    found = counts.set_index("reason")["rows"].to_dict()
    assert {name: count for name, count in found.items() if count} == {"in": 20, reason: 1, "kept": 19}
    line = len(rows) + (2 if is_vcf else 1)
    assert dropped[["line", "id", "position", "reason"]].to_numpy().tolist() == [[line, "rs_odd", 20, reason]]
    assert f"1 left out for {reason}: lines {line}" in caplog.text


def test_an_allele_beside_a_block_of_a_genomic_vcf_is_kept(tmp_path: Path, genome) -> None:
    rows = [(place, name, ref, f"{alt},<NON_REF>") for place, name, ref, alt in GOOD_ROWS]
    kept, counts, _ = variants_on_genome(read(tmp_path / "v.g.vcf", vcf(rows), None), genome, width=21, file="v")
    assert listed(kept) == GOOD_ROWS
    assert counts.set_index("reason")["rows"]["any_other_allele"] == len(rows)


def test_a_table_without_references_takes_those_of_the_genome_where_they_are_missing(tmp_path: Path, genome) -> None:
    rows = [(place, name, "NA" if place % 4 else ref, alt) for place, name, ref, alt in GOOD_ROWS]
    kept, _, _ = variants_on_genome(read(tmp_path / "v.tsv", table(rows), COLUMNS), genome, width=21, file="v")
    assert listed(kept) == GOOD_ROWS


def moved(shift: int) -> list[tuple]:
    return [(place + shift, *row) for place, *row in GOOD_ROWS]


def turned(rows: list[tuple]) -> list[tuple]:
    return [
        (place, name, *(allele.translate(COMPLEMENT)[::-1] for allele in alleles)) for place, name, *alleles in rows
    ]


LONG = [(place, f"rs{place}", BASES[place - 1 : place + 2], BASES[place - 1]) for place in PLACES]
ANOTHER_BUILD = [(place, name, other(alt), other(other(alt))) for place, name, _, alt in GOOD_ROWS]
DIAGNOSES = {
    "counted from 0": (moved(-1), "count from 0", "add 1"),
    "one too large": (moved(1), "one too large", "subtract 1"),
    "the other strand": (turned(GOOD_ROWS), "the reverse strand", "complement of every allele"),
    "the other strand, longer alleles": (turned(LONG), "the reverse strand", "reverse complement of longer ones"),
    "exchanged columns": (
        [(p, n, a, r) for p, n, r, a in GOOD_ROWS],
        "two columns of alleles are exchanged",
        "exchange",
    ),
    "both strands": (GOOD_ROWS[:8] + turned(GOOD_ROWS[8:]), "those of both strands", "forward strand"),
    "counted from 0, with errors": (moved(-1)[:19] + moved(0)[19:], "count from 0", "add 1"),
    "another build": (ANOTHER_BUILD, "another genome build", "lift the file over"),
    "another part of the genome": (moved(101), "another genome build", "lift the file over"),
}


@pytest.mark.parametrize(("rows", "problem", "fix"), DIAGNOSES.values(), ids=DIAGNOSES)
@pytest.mark.parametrize("is_vcf", [True, False], ids=["VCF", "table"])
def test_variants_that_do_not_fit_get_the_right_diagnosis(rows, problem, fix, is_vcf, tmp_path: Path, genome) -> None:
    variants = read(tmp_path / "v.data", (vcf if is_vcf else table)(rows), None if is_vcf else COLUMNS)
    with pytest.raises(InputError, match="the alleles do not fit the bases of the genome") as caught:
        variants_on_genome(variants, genome, width=21, file="v.data")
    assert problem in caught.value.problem
    assert fix in caught.value.fix
    assert caught.value.line == int(variants["line"].iloc[0]) or "both" in problem


def test_positions_from_0_are_diagnosed_without_references_too(tmp_path: Path, genome) -> None:
    """The alternative is then that of the base before, and effect alleles are often neither allele."""
    lines = [
        f"chr1\t{place - 1}\t{alt}\t{ref if row % 4 else alt}\n" for row, (place, _, ref, alt) in enumerate(GOOD_ROWS)
    ]
    path = tmp_path / "v.tsv"
    path.write_text("chrom\tpos\talt\twho\n" + "".join(lines))
    columns = {"contig": "chrom", "position": "pos", "alternative": "alt", "effect_allele": "who"}
    with pytest.raises(InputError, match="count from 0"):
        variants_on_genome(read_variant_table(path, columns), genome, width=21, file=path)


def test_a_few_of_the_other_strand_are_left_out_with_a_warning_that_says_so(tmp_path: Path, genome, caplog) -> None:
    rows = turned(GOOD_ROWS[:6]) + GOOD_ROWS[6:]
    kept, _, dropped = variants_on_genome(read(tmp_path / "v.vcf", vcf(rows), None), genome, width=21, file="v.vcf")
    assert len(kept) == 14
    assert dropped["line"].tolist() == [3, 4, 5, 6, 7, 8]
    assert "alleles are those of both strands" in caplog.text


FORMS = {
    "VCF": lambda rows: (vcf(rows), None),
    "TSV": lambda rows: (table(rows), COLUMNS),
    "CSV": lambda rows: (table(rows, separator=","), COLUMNS),
}
ALTERATIONS = {
    "plain": lambda text, folder: text.encode(),
    "gzip": lambda text, folder: gzip.compress(text.encode()),
    "BGZF": lambda text, folder: write_bgzf(folder / "made", text).read_bytes(),
    "CRLF": lambda text, folder: text.replace("\n", "\r\n").encode(),
    "BOM": lambda text, folder: ("\ufeff" + text).encode(),
    "no end": lambda text, folder: text.rstrip("\n").encode(),
}
ALLELES = st.text("ACGT", min_size=1, max_size=5)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(1, 10**9), st.from_regex(r"rs\d{1,9}", fullmatch=True), ALLELES, ALLELES), min_size=1
    ),
    st.sampled_from(sorted(FORMS)),
    st.sampled_from(sorted(ALTERATIONS)),
)
def test_what_one_form_says_comes_back_from_every_other(tmp_path: Path, rows, form, alteration) -> None:
    text, columns = FORMS[form](rows)
    assert listed(read(tmp_path / "v.data", ALTERATIONS[alteration](text, tmp_path), columns)) == rows
