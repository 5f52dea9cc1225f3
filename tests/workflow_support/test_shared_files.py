"""Runs share what they would make alike: each set is made once, and again after a change or damage."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from normalise_genome import normalise_genome

from workflow_support.shared_files import link_shared, unused_sets

NAMES = ["genome.fa", "genome.fa.fai", "contigs.tsv", "chrom.sizes"]


def normalise(run: Path, source: Path, names: dict[str, str] | None = None, code: str = "1") -> list[Path]:
    """Normalise a genome for a run, and return the paths of its files."""
    files = [run / "genomes/hg19" / name for name in NAMES]
    normalise_genome(source, *files, names, store=run.parent / ".genomes", code=code)
    return files


def sets(folder: Path) -> list[Path]:
    return sorted((folder / ".genomes").iterdir())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "hg19.fa"
    file.write_text(">chr1\nACGTACGT\n")
    return file


def test_a_second_run_links_the_genome_of_the_first(
    tmp_path: Path, source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = normalise(tmp_path / "first", source)
    copy = tmp_path / "copy of hg19.fa"
    copy.write_bytes(source.read_bytes())
    with caplog.at_level(logging.INFO, logger="rc"):
        second = normalise(tmp_path / "second", copy)
    assert [file.resolve() for file in second] == [file.resolve() for file in first]
    assert all(file.is_symlink() and not file.readlink().is_absolute() for file in second)
    assert second[0].read_text() == ">chr1\nACGTACGT\n"
    assert len(sets(tmp_path)) == 1
    assert "was normalised before" in caplog.text


@pytest.mark.parametrize("change", ["sequence", "names", "code"])
def test_another_genome_is_made_beside_that_of_other_runs(tmp_path: Path, source: Path, change: str) -> None:
    first = normalise(tmp_path / "first", source)
    before = [file.read_bytes() for file in first]
    if change == "sequence":
        source.write_text(">chr1\nACGTACGA\n")
    names, code = ({"1": "chr1"} if change == "names" else None), ("2" if change == "code" else "1")
    second = normalise(tmp_path / "second", source, names, code)
    assert [file.read_bytes() for file in first] == before
    assert len(sets(tmp_path)) == 2
    if change == "sequence":
        assert second[0].read_text() == ">chr1\nACGTACGA\n"
    if change == "names":
        assert second[2].read_text() != first[2].read_text()


def test_damaged_files_of_the_store_are_made_again(tmp_path: Path, source: Path) -> None:
    first = normalise(tmp_path / "first", source)
    first[0].write_text(">chr1\nACG")
    second = normalise(tmp_path / "second", source)
    assert second[0].read_text() == first[0].read_text() == ">chr1\nACGTACGT\n"


def test_a_failure_leaves_nothing_in_the_store(tmp_path: Path) -> None:
    def fails(files: object) -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        link_shared(tmp_path / ".genomes", "a", [tmp_path / "run/genome.fa"], fails)
    assert not sets(tmp_path)
    assert not (tmp_path / "run").exists()


def test_a_set_that_another_run_made_meanwhile_is_left_alone(tmp_path: Path) -> None:
    link, other = tmp_path / "run/genome.fa", tmp_path / "other/genome.fa"
    inode = []

    def make(files: list[Path]) -> None:
        files[0].write_text("same\n")

    def make_late(files: list[Path]) -> None:
        link_shared(tmp_path / ".genomes", "a", [other], make)
        inode.append(other.stat().st_ino)
        make(files)

    assert link_shared(tmp_path / ".genomes", "a", [link], make_late)
    assert link.stat().st_ino == other.stat().st_ino == inode[0]
    assert len(sets(tmp_path)) == 1


def test_a_set_that_appears_at_the_last_instant_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both runs have looked and found nothing, and the other one is the first to rename."""
    link, other = tmp_path / "run/genome.fa", tmp_path / "other/genome.fa"
    inode = []

    def make(files: list[Path]) -> None:
        files[0].write_text("same\n")

    rename = Path.rename

    def rename_late(source: Path, target: Path) -> Path:
        if source.name.startswith(".partial-") and not inode:
            inode.append(0)
            link_shared(tmp_path / ".genomes", "a", [other], make)
            inode[0] = other.stat().st_ino
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", rename_late)
    assert link_shared(tmp_path / ".genomes", "a", [link], make)
    assert link.stat().st_ino == other.stat().st_ino == inode[0]
    assert len(sets(tmp_path)) == 1


def test_unused_sets_are_those_without_links_and_those_that_were_cut_off(tmp_path: Path, source: Path) -> None:
    kept = normalise(tmp_path / "first", source)
    gone = normalise(tmp_path / "second", source, code="2")
    partial = tmp_path / ".genomes/.partial-killed"
    partial.mkdir()
    unused = gone[0].resolve().parent
    for file in gone:
        file.unlink()
    assert unused_sets(tmp_path / ".genomes", tmp_path.glob("*/genomes/*/*")) == sorted([partial, unused])
    assert kept[0].resolve().parent not in (partial, unused)
    assert unused_sets(tmp_path / "absent", []) == []
