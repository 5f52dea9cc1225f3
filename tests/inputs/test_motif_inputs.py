"""Files of motifs as databases and programs write them: what comes out of each, or the error and its line."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genome_data.motifs import read_known_motifs, read_motif, read_motifs
from motif_search.matches import known_matches
from workflow_support.errors import InputError

COUNTS = np.array([[12, 3, 0, 5], [0, 20, 0, 0], [1, 2, 3, 14], [20, 0, 0, 0], [5, 5, 5, 5]])
"""(width, 4), 20 sites."""
PROBABILITIES = COUNTS / 20


def rows(values: np.ndarray, form: str = "{base} [ {numbers} ]", separator: str = " ") -> str:
    """One row per base."""
    texts = (separator.join(f"{x:g}" for x in row) for row in values.T)
    return "".join(form.format(base=base, numbers=text) + "\n" for base, text in zip("ACGT", texts, strict=True))


def positions(values: np.ndarray, form: str = "{numbers}", separator: str = "\t") -> str:
    """One row per position."""
    texts = (separator.join(f"{x:g}" for x in row) for row in values)
    return "".join(form.format(number=number, numbers=text) + "\n" for number, text in enumerate(texts, start=1))


def meme(
    values: np.ndarray, title: str = "MA1.1 X", sites: str = " nsites= 20", head: str = "ALPHABET= ACGT\n\n"
) -> str:
    matrix = f"letter-probability matrix: alength= 4 w= {len(values)}{sites} E= 0\n"
    return f"MEME version 4\n\n{head}MOTIF {title}\n{matrix}{positions(values, separator='  ')}\nURL http://x.org\n"


def transfac(values: np.ndarray, letters: str = "A C G T", head: str = "AC MA1.1\nXX\nID X\nXX\n") -> str:
    return f"{head}P0 {letters}\n{positions(values, '{number:02d} {numbers} N', ' ')}XX\n//\n"


JASPAR = ">MA1.1\tX\n" + rows(COUNTS)
HOMER = ">NCNAN\tGata3(Zf)/iTreg/Homer\t6.1\t-100.5\t0\tT:20.0(44.36%),B:5.0(1.0%),P:1e-44\n"
CISBP = "Pos\tA\tC\tG\tT\n" + positions(PROBABILITIES, "{number}\t{numbers}")
CISBP_HEAD = "TF\tP42775\nTF Name\tGBF2\nMotif\tM0001_1.02\n"

# The text of a file, and the accession, name and number of sites that come out, with the matrix COUNTS
# (scaled where there are not 20 sites).
GOOD: dict[str, tuple[str, str, str, float]] = {
    "JASPAR": (JASPAR, "MA1.1", "X", 20),
    "JASPAR, without brackets": (">MA1.1 X\n" + rows(COUNTS, "{base} {numbers}"), "MA1.1", "X", 20),
    "JASPAR, tight brackets": (">MA1.1 X\n" + rows(COUNTS, "{base}[{numbers}]"), "MA1.1", "X", 20),
    "JASPAR, one word": (">MA1.1\n" + rows(COUNTS), "MA1.1", "MA1.1", 20),
    "JASPAR, a name of words": (">MA1.1 MAX::MYC (var.2)\n" + rows(COUNTS), "MA1.1", "MAX::MYC (var.2)", 20),
    "JASPAR, lower case": (">MA1.1 X\n" + rows(COUNTS).lower(), "MA1.1", "X", 20),
    "JASPAR, another order": (">MA1.1 X\n" + "\n".join(reversed(rows(COUNTS).splitlines())), "MA1.1", "X", 20),
    "JASPAR, scientific notation": (
        ">MA1.1 X\n" + re.sub(r"(\d+) ", r"\1e-0 ", rows(COUNTS)).replace("20e-0", "2.0E+1"),
        "MA1.1",
        "X",
        20,
    ),
    "JASPAR, fractions of sites": (">MA1.1 X\n" + rows(COUNTS * 1.25), "MA1.1", "X", 25),
    "JASPAR, blank lines": (JASPAR.replace("\n", "\n\n"), "MA1.1", "X", 20),
    "a byte order mark": ("\ufeff" + JASPAR, "MA1.1", "X", 20),
    "CRLF": (JASPAR.replace("\n", "\r\n"), "MA1.1", "X", 20),
    "old Macintosh": (JASPAR.replace("\n", "\r"), "MA1.1", "X", 20),
    "no line end": (JASPAR.rstrip(), "MA1.1", "X", 20),
    "JASPAR, raw": (">MA1.1 X\n" + rows(COUNTS, "{numbers}"), "MA1.1", "X", 20),
    "HOCOMOCO, counts": (">AHR.H11MO.0.B\n" + positions(COUNTS), "AHR.H11MO.0.B", "AHR.H11MO.0.B", 20),
    "HOCOMOCO, probabilities": (">AHR.0.B\n" + positions(PROBABILITIES), "AHR.0.B", "AHR.0.B", 100),
    "TRANSFAC": (transfac(COUNTS), "MA1.1", "X", 20),
    "TRANSFAC, PO and NA": (transfac(COUNTS, head="AC M1\nID V$X_01\nNA X\n").replace("P0", "PO"), "M1", "X", 20),
    "TRANSFAC, another order": (transfac(COUNTS[:, [3, 2, 1, 0]], "T G C A"), "MA1.1", "X", 20),
    "TRANSFAC, ID alone": (transfac(COUNTS, head="ID X\n"), "X", "X", 20),
    "MEME": (meme(PROBABILITIES), "MA1.1", "X", 20),
    "MEME, one word": (meme(PROBABILITIES, "MA1.1"), "MA1.1", "MA1.1", 20),
    "MEME, no alphabet": (meme(PROBABILITIES, head=""), "MA1.1", "X", 20),
    "MEME, no number of sites": (meme(PROBABILITIES, sites=""), "MA1.1", "X", 100),
    "MEME, the program's report": (
        meme(PROBABILITIES, "AACNN MEME-1\twidth = 5 sites = 20").replace("letter-prob", "------\nletter-prob"),
        "AACNN",
        "MEME-1",
        20,
    ),
    "HOMER": (HOMER + positions(PROBABILITIES), "Gata3(Zf)/iTreg/Homer", "Gata3(Zf)/iTreg/Homer", 20),
    "HOMER, no number of sites": (">NC\tG\t6.1\n" + positions(PROBABILITIES), "G", "G", 100),
    "CIS-BP": (CISBP, "motif", "motif", 100),
    "CIS-BP, with its lines": (CISBP_HEAD + CISBP, "M0001_1.02", "GBF2", 100),
    "plain, four rows": (rows(COUNTS, "{numbers}"), "motif", "motif", 20),
    "plain, four columns": (positions(COUNTS), "motif", "motif", 20),
    "plain, letters": (rows(COUNTS, "{base}: {numbers}"), "motif", "motif", 20),
    "plain, a row of letters": ("A\tC\tG\tT\n" + positions(COUNTS), "motif", "motif", 20),
    "plain, probabilities": (rows(PROBABILITIES, "{numbers}"), "motif", "motif", 100),
    "plain, rounded": (rows(PROBABILITIES.round(2) + 0.002, "{base} {numbers}"), "motif", "motif", 100),
}


@pytest.mark.parametrize(("text", "accession", "name", "sites"), GOOD.values(), ids=GOOD)
def test_a_motif_is_read_from_every_format(text, accession, name, sites, tmp_path: Path, caplog) -> None:
    path = tmp_path / "motif.txt"
    path.write_bytes(text.encode())
    motif = read_motif(path)
    assert (motif.accession, motif.name) == (accession, name)
    assert np.allclose(motif.counts, PROBABILITIES * sites, atol=0.01 * sites)
    assert ("read as of 100 sites" in caplog.text) == (sites == 100)
    packed = tmp_path / "motif.txt.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    assert np.array_equal(read_motif(packed).counts, motif.counts)


SQUARE = PROBABILITIES[:4]
BAD: dict[str, tuple[str, int, str]] = {
    "blank": ("\n\n", 1, "only blank lines"),
    "a name alone": (">MA1.1 X\n", 1, "no matrix for MA1.1 X"),
    "no name": (">\n" + rows(COUNTS), 1, "a name after the >"),
    "a table of something": ("contig\tstart\nchr1\t5\n", 1, "A, C, G and T"),
    "a base missing": (">MA1.1 X\n" + rows(COUNTS).replace("T [", "U ["), 5, "write T for U"),
    "a base twice": (">MA1.1 X\n" + rows(COUNTS).replace("C [", "A ["), 3, "one row each"),
    "rows of two lengths": (JASPAR.replace("14 0 5 ]", "14 0 5 3 ]"), 5, "numbers by base"),
    "a bracket that is not closed": (JASPAR.rstrip(" ]\n"), 5, "one row each"),
    "no number": (JASPAR.replace("12 ", "12x "), 2, "'12x'"),
    "a decimal comma": (JASPAR.replace("12 ", "1,5 "), 2, "'1,5'"),
    "a number as Python writes it": (JASPAR.replace("12 ", "1_2 "), 2, "'1_2'"),
    "not a number": (JASPAR.replace("12 ", "nan "), 2, "'nan'"),
    "too large": (JASPAR.replace("12 ", "1e999 "), 2, "'1e999'"),
    "JASPAR of probabilities": (">MA1.1 X\n" + rows(PROBABILITIES), 2, "so they are probabilities"),
    "TRANSFAC of probabilities": (transfac(PROBABILITIES), 5, "so they are probabilities"),
    "MEME of counts": (meme(COUNTS), 7, "with a sum of 1"),
    "log odds": (">MA1.1 X\n" + rows(np.log2(PROBABILITIES + 0.1)), 2, "log odds"),
    "a position without sites": (">MA1.1 X\n" + rows(COUNTS * [[1], [0], [1], [1], [1]]), 2, "neither counts"),
    "sums of a half": (positions(PROBABILITIES / 2), 1, "neither counts"),
    "four by four": (positions(np.full((4, 4), 5)), 1, "4 rows of 4 numbers"),
    "MEME of proteins": (meme(PROBABILITIES, head="ALPHABET= ACDEFGHIKLMNPQRSTVWY\n"), 3, "ALPHABET= ACGT"),
    "MEME, a row missing": (meme(PROBABILITIES).replace("w= 5", "w= 6"), 11, "as many rows"),
    "MEME, no title": (meme(PROBABILITIES).replace("MOTIF", "MOTIV"), 6, "no line MOTIF"),
    "HOMER, a column missing": (HOMER + positions(PROBABILITIES[:, :3]), 2, "5 rows of 3 numbers"),
    "rows of two widths": (positions(COUNTS) + "1\t2\t3\n", 6, "different lengths"),
    "a position of CIS-BP lost": (CISBP.replace("\n3\t", "\n4\t"), 4, "position 3"),
    "a position of TRANSFAC lost": (transfac(COUNTS).replace("02 0 20 0 0 N\n", ""), 7, "position 2"),
    "CIS-BP without a position": ("Pos\tA\tC\tG\tT\n", 1, "no position"),
    "a base of TRANSFAC missing": (transfac(COUNTS).replace(" 20 0 0 0 N", " 20 0 N"), 9, "four numbers"),
}


@pytest.mark.parametrize(("text", "line", "message"), BAD.values(), ids=BAD)
def test_a_motif_that_cannot_be_read_is_refused_with_its_line(text, line, message, tmp_path: Path) -> None:
    path = tmp_path / "motif.txt"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_motif(path)
    assert str(caught.value).startswith(f"{path}, line {line}: "), caught.value
    assert message in str(caught.value)
    assert caught.value.found is not None
    assert caught.value.allowed
    assert caught.value.fix


def test_four_by_four_is_read_by_the_sums_that_are_equal(tmp_path: Path) -> None:
    for name, text in (("rows", rows(COUNTS[:4], "{numbers}")), ("columns", positions(COUNTS[:4]))):
        (tmp_path / name).write_text(text)
        assert np.array_equal(read_motif(tmp_path / name).counts, COUNTS[:4]), name


def test_a_matrix_of_probabilities_has_the_bits_of_its_counts(tmp_path: Path) -> None:
    """The same motif of 20 sites in two formats has the same score; it is not flattened by its pseudocounts."""
    (tmp_path / "counts").write_text(JASPAR)
    (tmp_path / "probabilities").write_text(meme(PROBABILITIES))
    both = [read_motif(tmp_path / name).best_log_odds for name in ("counts", "probabilities")]
    assert both[0] == pytest.approx(both[1])


SEVERAL: dict[str, Callable[[str], str]] = {
    "JASPAR": lambda name: f">{name}\tX\n{rows(COUNTS)}",
    "JASPAR, raw": lambda name: f">{name} X\n{rows(COUNTS, '{numbers}')}\n",
    "TRANSFAC": lambda name: transfac(COUNTS, head=f"AC {name}\nID X\n"),
    "HOMER": lambda name: HOMER.replace("Gata3(Zf)/iTreg/Homer", name) + positions(PROBABILITIES),
    "CIS-BP": lambda name: CISBP_HEAD.replace("M0001_1.02", name) + CISBP,
    "MEME": lambda name: meme(PROBABILITIES, f"{name} X"),
}


@pytest.mark.parametrize("form", SEVERAL)
def test_files_of_several_motifs_give_each_and_are_refused_where_one_is_wanted(form: str, tmp_path: Path) -> None:
    path = tmp_path / "motifs.txt"
    path.write_text("".join(SEVERAL[form](name) for name in ("M1.1", "M2.1", "M3.1")))
    motifs = read_motifs(path)
    assert [motif.accession for motif in motifs] == ["M1.1", "M2.1", "M3.1"]
    assert all(np.allclose(motif.probabilities, motifs[0].probabilities) for motif in motifs)
    assert motifs[0].width == 5
    with pytest.raises(InputError, match=r"more than one motif[\s\S]*M1.1 \(") as caught:
        read_motif(path)
    assert caught.value.file == path
    path.write_text("".join(SEVERAL[form](name) for name in ("M1.1", "M2.1", "M1.1")))
    with pytest.raises(InputError, match=r"same accession[\s\S]*M1.1, which is also in line"):
        read_motifs(path)


def test_motifs_of_one_name_are_told_apart_by_their_accessions(tmp_path: Path) -> None:
    other = COUNTS[::-1].copy()
    files = [tmp_path / name for name in ("first", "second", "third")]
    files[0].write_text(JASPAR)
    files[1].write_text(">MA2.1\tX\n" + rows(other))
    known = read_known_motifs(files[:2])
    assert list(known) == ["MA1.1", "MA2.1"]
    for accession, values in (("MA1.1", PROBABILITIES), ("MA2.1", other / 20)):
        (row,) = known_matches([values], known)
        assert (row["match"], row["accession"]) == ("X", accession)
        assert row["correlation"] > 0.9
    files[2].write_text(JASPAR)
    assert list(read_known_motifs(files)) == ["MA1.1", "MA2.1"], "the same motif in two files"
    files[2].write_text(JASPAR.replace("12", "13"))
    with pytest.raises(InputError, match="two different motifs have the same accession") as caught:
        read_known_motifs(files)
    assert str(files[0]) in str(caught.value)


FORMS = {
    "JASPAR": lambda counts: ">M X\n" + rows(counts),
    "raw": lambda counts: ">M X\n" + rows(counts, "{numbers}"),
    "TRANSFAC": lambda counts: transfac(counts, head="AC M\nID X\n"),
    "MEME": lambda counts: meme(counts / counts.sum(axis=1, keepdims=True), "M X", f" nsites= {counts.sum(1)[0]}"),
    "HOMER": lambda counts: (
        HOMER.replace("T:20.0", f"T:{counts.sum(1)[0]}")
        + "".join("\t".join(map(repr, row)) + "\n" for row in (counts / counts.sum(axis=1, keepdims=True)).tolist())
    ),
}
ALTERATIONS = {
    "plain": lambda text: text.encode(),
    "gzip": lambda text: gzip.compress(text.encode()),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "BOM": lambda text: ("\ufeff" + text).encode(),
    "spaces": lambda text: text.replace("\n", "  \n").encode(),
    "no end": lambda text: text.rstrip("\n").encode(),
}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(5, 12), st.integers(0, 10**6), st.sampled_from(sorted(FORMS)), st.sampled_from(sorted(ALTERATIONS)))
def test_one_motif_comes_back_equal_from_every_form(tmp_path: Path, width, seed, form, alteration) -> None:
    counts = np.random.default_rng(seed).multinomial(40, [0.4, 0.3, 0.2, 0.1], size=width)
    path = tmp_path / "motif"
    path.write_bytes(ALTERATIONS[alteration](FORMS[form](counts)))
    motif = read_motif(path)
    # A MEME file has six digits here.
    assert np.allclose(motif.counts, counts, atol=1e-3)
    assert pd.isna(motif.counts).sum() == 0
