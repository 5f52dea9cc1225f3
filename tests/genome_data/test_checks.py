"""What the configuration names is checked early: intervals without a genome, regions as soon as there is one."""

from __future__ import annotations

from pathlib import Path

import pytest
from check_intervals import check_intervals
from check_regions import check_regions

from genome_data.genome import normalise_fasta
from workflow_support.errors import InputError
from workflow_support.origins import FILES_VARIABLE, Origins

CONFIG = """\
genomes:
  small:
    splits:
      validation: ["one:1-20"]
      test: ["one:21-30", "{test}"]
predict:
  scan:
    contigs: [two, {contig}]
"""


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    (tmp_path / "source.fa").write_text(">one\n" + "ACGT" * 25 + "\n>two\n" + "ACGT" * 10 + "\n")
    names = ("genome.fa", "genome.fa.fai", "contigs.tsv", "chrom.sizes")
    normalise_fasta(tmp_path / "source.fa", *(tmp_path / name for name in names))
    return tmp_path / "genome.fa"


def check(genome: Path, *, test: str = "one:31-40", contig: str = "one", last: int = 40) -> str:
    """The table of checked regions, of a configuration that lies beside the genome."""
    folder = genome.parent
    (folder / "config.yaml").write_text(CONFIG.format(test=test, contig=contig))
    (folder / "regions.bed").write_text(f"one\t5\t10\ntwo\t20\t{last}\n")
    splits = {"validation": ["one:1-20"], "test": ["one:21-30", test]}
    check_regions(
        ["small"],
        [genome],
        [(("genomes", "small", "splits"), "small", splits)],
        [(("predict", "scan", "contigs"), "small", ["two", contig])],
        [(("predict", "some", "regions"), "small")],
        [folder / "regions.bed"],
        folder / "regions.tsv",
        Origins([folder / "config.yaml"]),
    )
    return (folder / "regions.tsv").read_text()


def test_the_bases_of_every_split_and_prediction_are_counted(genome: Path) -> None:
    assert dict(row.split("\t") for row in check(genome).splitlines()) == {
        "key": "bases",
        "genomes.small.splits.train": "100",
        "genomes.small.splits.validation": "20",
        "genomes.small.splits.test": "20",
        "predict.scan.contigs": "140",
        "predict.some.regions": "25",
    }


@pytest.mark.parametrize(
    ("fault", "line", "key"),
    [
        ({"test": "one:31-101"}, 5, "`genomes.small.splits.test[1]`: a region ends past its contig"),
        ({"test": "three"}, 5, "`genomes.small.splits.test[1]`: a region lies on a contig that the genome lacks"),
        ({"test": "one:11-20"}, 3, "`genomes.small.splits`: the splits `validation` and `test` overlap"),
        ({"contig": "three"}, 8, "`predict.scan.contigs`: the genome lacks a contig to be scored"),
    ],
)
def test_a_wrong_region_is_reported_with_file_line_and_key(
    genome: Path, fault: dict[str, str], line: int, key: str
) -> None:
    with pytest.raises(InputError) as caught:
        check(genome, **fault)
    assert str(caught.value).startswith(f"{genome.parent / 'config.yaml'}, line {line}: {key}")
    assert caught.value.fix
    assert not (genome.parent / "regions.tsv").exists()


def test_a_region_to_predict_beyond_its_contig_is_left_out_and_reported_with_the_line_of_its_file(
    genome: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert "predict.some.regions\t5\n" in check(genome, last=41)
    assert f"{genome.parent / 'regions.bed'}, line 2: two:20-41 ends past two" in caplog.text


def test_a_job_finds_the_files_of_its_run_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "first.yaml").write_text("seeds: [1]\n")
    (tmp_path / "second.yaml").write_text("name: run\n\nseeds: [2]\n")
    monkeypatch.setenv(FILES_VARIABLE, f"{tmp_path}/first.yaml:{tmp_path}/second.yaml:{tmp_path}/deleted.yaml")
    assert Origins.of_this_run().line(("seeds",)) == 3
    monkeypatch.delenv(FILES_VARIABLE)
    assert Origins.of_this_run().line(("seeds",)) == 0


def test_intervals_are_counted_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "peaks.bed").write_text("one\t1\t5\none\t7\t9\n")
    (tmp_path / "mask.bed").write_text("#mask\ntwo\t1\t5\n")
    check_intervals([tmp_path / "peaks.bed"], [tmp_path / "mask.bed"], tmp_path / "checked.tsv")
    expected = f"file\trows\n{tmp_path}/peaks.bed\t2\n{tmp_path}/mask.bed\t1\n"
    assert (tmp_path / "checked.tsv").read_text() == expected


@pytest.mark.parametrize("position", [0, 1])
def test_intervals_that_cannot_be_used_are_reported(tmp_path: Path, position: int) -> None:
    (tmp_path / "bad.bed").write_text("one\t1\t5\none\t9\t7\n")
    files: tuple[list[Path], list[Path]] = ([], [])
    files[position].append(tmp_path / "bad.bed")
    with pytest.raises(InputError, match="line 2"):
        check_intervals(*files, tmp_path / "checked.tsv")


def test_the_peaks_column_of_strengths_is_checked_as_well(tmp_path: Path) -> None:
    (tmp_path / "peaks.bed").write_text("one\t1\t5\ta\tstrong\n")
    with pytest.raises(InputError, match="score"):
        check_intervals([tmp_path / "peaks.bed"], [], tmp_path / "checked.tsv")
