"""bigWigs that are damaged inside: one clear error wherever they are read, and never a crash of libBigWig."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest
from extract_track import extract_track
from normalise_genome import normalise_genome
from select_signal_regions import select_signal_regions
from sequence_formats import fasta_text

from genome_data.formats.bigwig_structure import damage_of_bigwig
from genome_data.formats.tracks import contigs_of_track
from genome_data.windows.profile_counts import read_counts
from genome_data.windows.table import WINDOW_TABLE_COLUMNS
from workflow_support.errors import InputError

SIZES = {"chr1": 30_000, "chr2": 20_000}
STARTS = range(500, 19_000, 500)


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """A folder with a genome, windows along all of it, and ``track.bw`` with zoom levels and many blocks."""
    (tmp_path / "source.fa").write_text(fasta_text({contig: "ACGT" * (size // 4) for contig, size in SIZES.items()}))
    names = ("genome.fa", "genome.fa.fai", "contigs.tsv", "sizes")
    normalise_genome(tmp_path / "source.fa", *(tmp_path / name for name in names))
    rows = [(contig, start, start + 500, "w", 1, "train", 0.5) for contig in SIZES for start in STARTS]
    pd.DataFrame(rows, columns=list(WINDOW_TABLE_COLUMNS)).to_csv(tmp_path / "windows.tsv", sep="\t", index=False)
    rng = np.random.default_rng(1)
    with pyBigWig.open(str(tmp_path / "track.bw"), "w") as track:
        track.addHeader(list(SIZES.items()))
        for contig, size in SIZES.items():
            starts = np.sort(rng.choice(size, size // 4, replace=False))
            values = rng.integers(1, 9, len(starts)).astype(float)
            track.addEntries(
                [contig] * len(starts), starts.tolist(), ends=(starts + 1).tolist(), values=values.tolist()
            )
    return tmp_path


def counts(task: Path) -> None:
    windows = pd.read_csv(task / "windows.tsv", sep="\t")
    read_counts([task / "track.bw"], [], SIZES, windows, np.zeros((len(windows), 2, 500), dtype=np.uint32))


def input_track(task: Path) -> None:
    extract_track(task / "windows.tsv", task / "genome.fa", [task / "track.bw"], [], 400, 50, task / "track.npy")


def signal(task: Path) -> None:
    select_signal_regions(task / "windows.tsv", task / "track.bw", task / "genome.fa", task / "regions.bed")


def places(content: bytes) -> dict[str, int]:
    """Where the parts of a bigWig lie."""
    _, _, _, contigs, data, index = struct.unpack_from("<IHHQQQ", content)
    return {"contigs": contigs, "data": data, "index": index, "zoom": struct.unpack_from("<Q", content, 64 + 16)[0]}


def overwritten(at: Callable[[bytes], int], piece: bytes) -> Callable[[bytes], bytes]:
    def damage(content: bytes) -> bytes:
        start = at(content)
        return content[:start] + piece + content[start + len(piece) :]

    return damage


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a block of values": (overwritten(lambda content: places(content)["data"] + 200, b"\xff" * 64), "fetching values"),
    "the place of the contigs": (overwritten(lambda _: 8, struct.pack("<Q", 9)), "zoom levels"),
    "the place of the index": (overwritten(lambda _: 24, struct.pack("<Q", 1 << 50)), "past the end of the file"),
    "the signature of the index": (overwritten(lambda content: places(content)["index"], b"\0"), "index of values"),
    "the place of a block": (
        overwritten(lambda content: places(content)["index"] + 48 + 4 + 16, struct.pack("<Q", 1 << 63)),
        "past the end of the file",
    ),
    "the kind of a node": (overwritten(lambda content: places(content)["index"] + 48, b"\x07"), "damaged node"),
    "the index of a zoom level": (overwritten(lambda content: places(content)["zoom"], b"\0\0"), "zoom level 1"),
    "the number of a contig": (
        overwritten(lambda content: places(content)["contigs"] + 32 + 4 + 4, struct.pack("<I", 90_000)),
        "tree of contigs",
    ),
    "the number of zoom levels": (overwritten(lambda _: 6, b"\xff\xff"), "zoom levels"),
    "the whole header": (overwritten(lambda _: 10, bytes(54)), "no index of values"),
    "the version": (overwritten(lambda _: 4, b"\x00\x07"), "version 1792"),
    "the place of the summary": (overwritten(lambda _: 44, struct.pack("<Q", 1 << 40)), "summary"),
}


@pytest.mark.parametrize("use", [counts, input_track, signal])
@pytest.mark.parametrize("name", DAMAGES)
def test_damage_inside_is_one_clear_error_wherever_the_track_is_read(name: str, use, task: Path) -> None:
    use(task)
    damage, words = DAMAGES[name]
    path = task / "track.bw"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match="the bigWig is damaged") as caught:
        use(task)
    assert caught.value.file == path
    assert words in str(caught.value)
    assert "fetch the file again" in str(caught.value)


def test_an_index_that_runs_in_a_circle_is_refused(tmp_path: Path) -> None:
    """A root that is its own child, in a file that has nothing else."""
    contigs = struct.pack("<IIIIQQ", 0x78CA8C91, 1, 4, 8, 1, 0) + struct.pack("<BBH4sII", 1, 0, 1, b"chr1", 0, 100)
    at = 64 + len(contigs)
    index = struct.pack("<IIQIIIIQII", 0x2468ACE0, 1, 1, 0, 0, 0, 100, at, 1, 0)
    root = at + len(index)
    node = struct.pack("<BBHIIIIQ", 0, 0, 1, 0, 0, 0, 100, root)
    header = struct.pack("<IHHQQQHHQQIQ", 0x888FFC26, 4, 0, 64, 64, at, 0, 0, 0, 0, 0, 0)
    (tmp_path / "track.bw").write_bytes(header + contigs + index + node)
    assert damage_of_bigwig(tmp_path / "track.bw", "<") == "the index of values runs in a circle"


def test_sound_tracks_of_any_size_pass(task: Path, shared_data: Path) -> None:
    with pyBigWig.open(str(task / "empty.bw"), "w") as track:
        track.addHeader([(f"contig_{number}", 1000 + number) for number in range(3000)])
    assert len(contigs_of_track(task / "empty.bw", {f"contig_{n}": 1000 + n for n in range(3000)})) == 3000
    for path in [task / "track.bw", task / "empty.bw", *(shared_data / "hg19/signal").glob("*.bw")]:
        assert damage_of_bigwig(path, "<") is None
