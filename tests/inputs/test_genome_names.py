"""Names by which files may call the contigs of a genome: given, published or suggested; and contigs that are copies."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from check_regions import check_regions
from good_configuration import GOOD, resolve_text
from hypothesis import given, settings
from hypothesis import strategies as st
from prepare_peaks import prepare_peaks
from small_genomes import LENGTH, WIDTH, peaks_on, write_genome

from genome_data.genome import Genome
from genome_data.intervals.builds import alternative_contigs, published_names
from genome_data.intervals.contig_names import advice
from genome_data.intervals.splits import split_regions
from genome_data.windows.variants import variants_on_genome
from workflow_support.errors import InputError
from workflow_support.origins import Origins

UCSC = {"chr1": LENGTH, "chr2": LENGTH}


@pytest.mark.parametrize(
    "contig_names",
    [{"1": "chr9"}, {"chr2": "chr1"}, {"chr 1": "chr1"}],
    ids=["no contig of the genome", "a contig's own name for another", "a name with a blank"],
)
def test_a_mapping_that_does_not_fit_the_genome_is_refused(contig_names: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="contig_names"):
        write_genome(tmp_path, UCSC, contig_names)


def test_a_mapping_that_a_message_suggests_can_be_pasted(tmp_path: Path) -> None:
    for name in ("genome.fa", "peaks.bed"):
        (tmp_path / name).write_text("any")
    mapping = advice(["1", "MT"], ["chr1", "chrM"]).partition("configuration: ")[2]
    text = GOOD.format(folder=tmp_path).replace("    splits:\n", f"    {mapping}\n    splits:\n", 1)
    assert resolve_text(text, tmp_path).settings["genomes"]["small"]["contig_names"] == {"1": "chr1", "MT": "chrM"}


@pytest.mark.parametrize(
    ("rows", "bases", "words"),
    [
        (["chr1\t10\t30", "1\t0\t10"], 20, ["1 of 2 regions", 'contig_names: {"1": "chr1"}']),
        (["chr1\t10\t30", "chr2\t3990\t4010"], 20, ["regions.bed, line 2", "are left out"]),
        (["chrI\t10\t30"], None, ["chrI"]),
        (["chr1\t4000\t4010"], None, ["another genome build"]),
    ],
)
def test_regions_to_predict(
    rows: list[str], bases: int | None, words: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fasta, bed, out = write_genome(tmp_path, UCSC), tmp_path / "regions.bed", tmp_path / "checked.tsv"
    bed.write_text("\n".join(rows) + "\n")
    check = lambda: check_regions(  # noqa: E731
        ["g"], [fasta], [], [], [(("predict", "some", "regions"), "g")], [bed], out, Origins([])
    )
    if bases is None:
        with pytest.raises(InputError) as caught:
            check()
        text = str(caught.value)
    else:
        check()
        assert out.read_text() == f"key\tbases\npredict.some.regions\t{bases}\n"
        text = caplog.text
    for word in words:
        assert word in text


def test_regions_of_splits_and_contigs_to_score_may_have_other_names(tmp_path: Path) -> None:
    fasta, out = write_genome(tmp_path, UCSC, {"one": "chr1", "2": "chr2"}), tmp_path / "checked.tsv"
    splits = {"validation": ["2"], "test": ["one:1-1,000"]}
    check_regions(["g"], [fasta], [(("s",), "g", splits)], [(("c",), "g", ["one"])], [], [], out, Origins([]))
    bases = dict(row.split("\t") for row in out.read_text().splitlines()[1:])
    assert bases == {"s.train": "3000", "s.validation": "4000", "s.test": "1000", "c": "4000"}


def test_variants_are_placed_by_other_names_and_those_on_none_are_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    genome = Genome(write_genome(tmp_path, UCSC, {"one": "chr1"}))
    base = chr(genome.bases("chr1")[9])
    alternative = "ACGT"[("ACGT".index(base) + 1) % 4]
    variants = pd.DataFrame({"contig": ["one", "1"], "position": 10, "reference": base, "alternative": alternative})
    variants = variants.assign(id="", effect_allele="", effect=np.nan, p_value=np.nan, line=[2, 3])
    kept, _, _ = variants_on_genome(variants, genome, width=11, file="some.vcf")
    assert kept["genome_contig"].tolist() == ["chr1"]
    assert "some.vcf: 1 of 2 alleles lie on no contig of the genome: 1" in caplog.text
    assert 'contig_names: {"1": "chr1"}' in caplog.text


def test_contigs_that_repeat_others_are_not_trained_on_unless_listed(caplog: pytest.LogCaptureFixture) -> None:
    sizes = {"chr1": 100, "chr2": 100, "chr2_KI270773v1_alt": 30, "chr1_fix": 20, "chr6_cox_hap2": 10, "plasmid_alt": 5}
    splits = {"validation": ["chr2:1-50"], "test": ["chr2:51-100"]}
    assert trained_on(splits, sizes) == {"chr1", "plasmid_alt"}
    assert "3 (chr2_KI270773v1_alt, chr1_fix, chr6_cox_hap2)" in caplog.text
    assert trained_on(splits | {"train": ["chr1", "chr1_fix"]}, sizes) == {"chr1", "chr1_fix"}


@pytest.mark.parametrize("contig", ["chr4_GL456216_random", "chrUn_GL456239", "JH584304.1", "NT_166280.1"])
def test_unplaced_contigs_are_left_out_of_published_builds_alone(contig: str) -> None:
    assert alternative_contigs({"chrI": 230_218, "chrII": 813_184, contig: 10}) == [contig]
    assert alternative_contigs({"chrI": 230_219, "chrII": 813_185, contig: 10}) == []


def trained_on(splits: Mapping[str, Sequence[str]], sizes: Mapping[str, int]) -> set[str]:
    regions = split_regions(splits, sizes)
    return set(regions.loc[regions["split"] == "train", "contig"])


@pytest.mark.parametrize(
    ("contig", "length", "others"),
    [
        ("chr1", 248_956_422, ("1", "NC_000001.11")),
        ("1", 249_250_621, ("chr1", "NC_000001.10")),
        ("chr2", 182_113_224, ("2", "NC_000068.7")),
        ("NC_000068.8", 181_755_017, ("chr2", "2")),
        ("2R", 25_286_936, ("chr2R", "NT_033778.4")),
        ("chrM", 16_571, ("NC_001807.4",)),
        ("chrM", 16_569, ("MT", "NC_012920.1")),
        ("chr1", 1000, ()),
    ],
)
def test_published_names(contig: str, length: int, others: tuple[str, ...]) -> None:
    assert published_names(contig, length) == others


FORMS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "gzip": lambda text: gzip.compress(text.encode()),
    "carriage returns": lambda text: text.replace("\n", "\r\n").encode(),
    "a byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
}


@settings(max_examples=8)
@given(
    name=st.text(
        st.characters(codec="ascii", exclude_characters='" ', exclude_categories=["Cc"]), min_size=1, max_size=40
    ),
    form=st.sampled_from(sorted(FORMS)),
)
def test_the_same_peaks_under_any_name_and_form_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, name: str, form: str
) -> None:
    """The contig ``chr1`` is called ``name`` in the genome or, by a mapping, in the file."""
    if name.startswith(("#", "track", "browser")) or name in UCSC:
        name = "x" + name
    outcomes = []
    for contig, in_file, mapping in (("chr1", "chr1", {}), (name, name, {}), ("chr1", name, {name: "chr1"})):
        folder = tmp_path_factory.mktemp("names")
        fasta = write_genome(folder, {contig: LENGTH, "chr2": LENGTH}, mapping)
        peaks = folder / "peaks.bed"
        peaks.write_bytes(FORMS[form]("\n".join(peaks_on("chr2", in_file)) + "\n"))
        splits = {"validation": ["chr2:1-2000"], "test": ["chr2:2001-4000"]}
        outputs = [folder / each for each in ("positives.tsv", "intervals.bed", "counts.tsv")]
        prepare_peaks(peaks, fasta, [], WIDTH, None, splits, 0.1, *outputs)
        table = pd.read_csv(outputs[0], sep="\t", dtype={"contig": str}, keep_default_na=False)
        outcomes.append(table.assign(contig=table["contig"].replace({contig: "chr1"})).to_csv())
    assert outcomes[0] == outcomes[1] == outcomes[2]
