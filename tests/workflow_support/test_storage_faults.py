"""Disks that are full, read-only or fail, files that vanish or were cut off: a readable error and nothing half-made."""

import contextlib
import errno
import io
import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pybedtools
import pysam
import pytest
import torch
from check_intervals import check_intervals
from count_reads import count_reads
from encode_kmers import encode_kmers
from index_reads import index_reads
from matplotlib.figure import Figure
from safetensors.torch import save_file
from sequence_formats import fasta_text
from snakemake.iocontainers import Namedlist

from figures.style import save_figure
from genome_data.formats.tracks import TrackWriter
from genome_data.genome import Genome, normalise_fasta
from genome_data.intervals.overlaps import merge
from genome_data.windows.table import write_codes
from learning.training.checkpoints import Checkpoint
from workflow_support import fetch as fetching
from workflow_support.disk_errors import disk_error
from workflow_support.errors import InputError
from workflow_support.fetch import fetch
from workflow_support.files import atomic_path, atomic_paths
from workflow_support.integrity import damage, require_intact
from workflow_support.job import run_job

DISK_BYTES = 2 << 20
WINDOWS = 30_000
RANDOM = np.random.default_rng(0)
CODES = RANDOM.integers(0, 4, (WINDOWS, 100)).astype(np.uint8)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs of writers: a genome, codes of windows and unsorted reads."""
    folder = tmp_path_factory.mktemp("sources")
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)[RANDOM.integers(0, 4, 3_000_000)].tobytes().decode()
    (folder / "source.fa").write_text(fasta_text({"chr1": letters}))
    normalise_fasta(
        folder / "source.fa", *(folder / name for name in ("genome.fa", "genome.fa.fai", "contigs.tsv", "chrom.sizes"))
    )
    np.save(folder / "codes.npy", CODES)
    header = pysam.AlignmentHeader.from_dict({"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 3_000_000}]})
    with pysam.AlignmentFile(str(folder / "reads.bam"), "wb", header=header) as bam:
        qualities = RANDOM.integers(33, 74, (60_000, 60)).astype(np.uint8)
        for number, start in enumerate(RANDOM.integers(1, 2_000_000, 60_000).tolist()):
            line = f"r{number}\t{16 * (number % 2)}\tchr1\t{start}\t40\t60M\t*\t0\t0\t{'A' * 60}\t"
            bam.write(pysam.AlignedSegment.fromstring(line + qualities[number].tobytes().decode(), header))
    return folder


def windows_of(sources: Path) -> pd.DataFrame:
    starts = np.arange(WINDOWS) * 90
    return pd.DataFrame({"contig": "chr1", "start": starts, "end": starts + 100})


def write_figure(sources: Path, out: Path) -> None:
    figure = Figure((6, 6))
    figure.subplots().imshow(RANDOM.random((900, 900)), interpolation="none")
    save_figure(figure, out / "figure.svg", out / "figure.png")


def write_track(sources: Path, out: Path) -> None:
    starts = np.arange(0, 1_000_000, 2)
    with atomic_path(out / "track.bw") as path, TrackWriter(path, {"chr1": 3_000_000}) as track:
        track.add("chr1", starts, starts + 1, RANDOM.random(len(starts)))


def write_window_codes(sources: Path, out: Path) -> None:
    with atomic_path(out / "codes.npy") as path:
        write_codes(Genome(sources / "genome.fa"), windows_of(sources), path)


def write_array(sources: Path, out: Path) -> None:
    with atomic_path(out / "a.npy") as path:
        np.save(path, CODES)


def write_tensors(sources: Path, out: Path) -> None:
    with atomic_path(out / "weights.safetensors") as path:
        save_file({"a": torch.from_numpy(CODES)}, path)


def write_checkpoint(sources: Path, out: Path) -> None:
    state = SimpleNamespace(outcome=lambda: ({"a": torch.from_numpy(CODES)}, {}))
    Checkpoint(out / "seed1.safetensors", "identity").finish(state)


def write_tables(sources: Path, out: Path) -> None:
    with atomic_paths(out / "small.tsv", out / "large.tsv") as (small, large):
        small.write_text("a\n")
        pd.DataFrame(CODES).to_csv(large, sep="\t", index=False)


def write_json(sources: Path, out: Path) -> None:
    with atomic_path(out / "a.json") as path:
        path.write_text(json.dumps(CODES.tolist()) + "\n", encoding="utf-8")


def write_genome(sources: Path, out: Path) -> None:
    names = ("genome.fa", "genome.fa.fai", "contigs.tsv", "chrom.sizes")
    with atomic_paths(*(out / name for name in names)) as paths:
        normalise_fasta(sources / "source.fa", *paths)


def sort_reads(sources: Path, out: Path) -> None:
    index_reads(sources / "reads.bam", out / "reads.bam", out / "reads.bam.bai")


def download(sources: Path, out: Path) -> None:
    fetch("http://host/codes.npy", out / "codes.npy", pause_seconds=0)


WRITERS: dict[str, Callable[[Path, Path], None]] = {
    "a memory map of codes": write_window_codes,
    "a memory map of k-mers": lambda sources, out: encode_kmers(sources / "codes.npy", 4, out / "kmers.npy"),
    "an array": write_array,
    "tensors": write_tensors,
    "a checkpoint": write_checkpoint,
    "tables": write_tables,
    "JSON": write_json,
    "a genome": write_genome,
    "figures": write_figure,
    "sorted reads": sort_reads,
    "a bigWig": write_track,
    "a download": download,
}


@pytest.fixture(autouse=True)
def _a_server_without_a_network(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (sources / "codes.npy").read_bytes()

    def answer(request: object, timeout: float) -> object:
        response = io.BytesIO(content)
        response.headers, response.status = {"Content-Length": str(len(content))}, 200
        return response

    monkeypatch.setattr(fetching.urllib.request, "urlopen", answer)


def left_in(folder: Path) -> list[str]:
    """What is there, but for the beginning of a download, which the next attempt goes on with."""
    return sorted(path.name for path in folder.iterdir() if ".partial" not in path.suffixes)


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_reported_and_the_next_attempt_succeeds(name: str, sources: Path, small_disk: Path) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(bytes(DISK_BYTES * 9 // 10))
    with pytest.raises(InputError, match="no room") as caught:
        WRITERS[name](sources, small_disk)
    assert f"bytes are free in {small_disk}" in str(caught.value) or "up to" in str(caught.value)
    assert "free some space" in caught.value.fix
    assert left_in(small_disk) == ["filler"]
    filler.unlink()
    subprocess.run(["mount", "-o", f"remount,size={1 << 28}", str(small_disk)], check=True)
    WRITERS[name](sources, small_disk)
    assert left_in(small_disk)


# libBigWig crashes if a write is refused; the space that is checked before is that of the disk, not of such limits.
@pytest.mark.parametrize("name", [name for name in WRITERS if name != "a bigWig"])
def test_a_limit_on_the_size_of_files_is_reported(name: str, sources: Path, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(InputError, match="no room"):
            WRITERS[name](sources, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_that_is_read_only_is_reported(name: str, sources: Path, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(InputError, match="may not be used") as caught:
        WRITERS[name](sources, small_disk)
    assert str(small_disk) in str(caught.value)
    assert os.strerror(errno.EROFS) in str(caught.value)


def test_bedtools_on_a_full_disk_is_not_believed(small_disk: Path) -> None:
    """bedtools ends as if nothing were, with a result that is cut off."""
    starts = np.arange(44_000) * 100
    intervals = pd.DataFrame({"contig": "chr1", "start": starts, "end": starts + 50})
    before = pybedtools.get_tempdir()
    pybedtools.set_tempdir(str(small_disk))
    try:
        (small_disk / "filler").write_bytes(bytes(500_000))
        with pytest.raises(InputError, match="no room"):
            merge(intervals)
        (small_disk / "filler").write_bytes(bytes(DISK_BYTES - 300_000))
        with pytest.raises(InputError, match="no room"):
            merge(intervals)
        pybedtools.cleanup()  # as at the end of a job
        assert left_in(small_disk) == ["filler"]
    finally:
        pybedtools.set_tempdir(before)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "no room"),
        (errno.EDQUOT, "no room"),
        (errno.EACCES, "may not be used"),
        (errno.EROFS, "may not be used"),
        (errno.EIO, "the disk fails"),
        (errno.ESTALE, "the disk fails"),
    ],
)
def test_what_a_disk_does_while_a_file_is_written_is_reported(code: int, words: str, tmp_path: Path) -> None:
    final = tmp_path / "final.tsv"
    final.write_text("before\n")
    with pytest.raises(InputError, match=words) as caught, atomic_path(final) as partial:
        partial.write_text("half")
        raise OSError(code, os.strerror(code))
    assert caught.value.file == final
    assert os.strerror(code) in caught.value.found
    assert final.read_text() == "before\n"
    assert left_in(tmp_path) == ["final.tsv"]


def test_a_flush_that_fails_leaves_the_earlier_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(handle: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError, match="the disk fails"), atomic_path(tmp_path / "a.tsv") as partial:
        partial.write_text("whole")
    assert list(tmp_path.iterdir()) == []


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    assert disk_error(ValueError("wrong"), tmp_path / "a") is None
    with pytest.raises(ZeroDivisionError), atomic_path(tmp_path / "a"):
        raise ZeroDivisionError


def snakemake_job(log: Path, *inputs: Path | str) -> SimpleNamespace:
    """A job with unnamed inputs, and without outputs and settings."""
    return SimpleNamespace(log=[log], input=Namedlist(inputs), output=Namedlist(), params=Namedlist())


def job(tmp_path: Path, function: Callable[[], None], *inputs: Path | str) -> str:
    """The log of a job that fails."""
    log = Path("results/run/logs/job.log")
    with contextlib.chdir(tmp_path), pytest.raises(SystemExit) as ended:
        run_job(snakemake_job(log, *inputs), function)
    assert ended.value.code == 1
    text = (tmp_path / log).read_text()
    assert "Traceback" not in text
    assert "fix:" in text
    return text


def test_an_input_that_vanished_is_named_before_the_job_and_during_it(tmp_path: Path) -> None:
    gone = tmp_path / "peaks.bed"
    text = job(tmp_path, lambda: None, gone)
    assert text.startswith(f"{gone}: the file is gone")
    text = job(tmp_path, lambda: gone.read_text())
    assert text.startswith(f"{gone}: the file is gone")


def test_a_log_that_cannot_be_written_is_reported_on_the_terminal(small_disk: Path, capfd) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(SystemExit):
        run_job(snakemake_job(small_disk / "logs/job.log"), lambda: None)
    message = capfd.readouterr().err
    assert message.startswith(f"{small_disk / 'logs'}: the file or its folder may not be used")
    assert "Traceback" not in message


def test_a_full_disk_hides_no_message_of_a_job(small_disk: Path, tmp_path: Path, capfd) -> None:
    def fill() -> None:
        (small_disk / "filler").write_bytes(bytes(DISK_BYTES * 9 // 10))
        write_array(tmp_path, small_disk)

    with pytest.raises(SystemExit):
        run_job(snakemake_job(small_disk / "job.log"), fill)
    message = capfd.readouterr().err
    assert message.startswith(f"{small_disk / 'a.npy'}: there is no room")
    assert "Traceback" not in message
    assert "Logging error" not in message


RUN = Path("results/run")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One file of each kind that says whether it is whole, in a folder of results."""
    folder = Path("results/run/tasks/task")
    monkeypatch.chdir(tmp_path)
    folder.mkdir(parents=True)
    rows = "".join(f"chr1\t{start}\t{start + 9}\tw\t1\ttrain\t0.5\n" for start in range(20))
    (folder / "windows.tsv").write_text("contig\tstart\tend\tname\tlabel\tsplit\tgc\n" + rows)
    np.save(folder / "codes.npy", CODES[:20])
    np.save(folder / "counts.npy", RANDOM.integers(0, 9, (20, 2, 30)).astype(np.uint16))
    (folder / "evaluation.json").write_text(json.dumps([{"task": "a", "metrics": {"AUROC": 0.5}}], indent=2) + "\n")
    (folder / "chrom.sizes").write_text("chr1\t1000\n")
    (folder / "genome.fa").write_text(">chr1\nACGT\n")
    (folder / "genome.fa.fai").write_text("chr1\t4\t6\t4\t5\n")
    (folder / "peaks.bed").write_text("chr1\t1\t9\n")
    with TrackWriter(folder / "track.bw", {"chr1": 1000}) as track:
        track.add("chr1", [1, 5], [2, 7], [1.0, 2.0])
    return folder


def test_every_truncation_of_a_file_is_seen_and_no_whole_one_is_blamed(made: Path) -> None:
    for path in sorted(made.iterdir()):
        assert damage(path) is None, path
        content = path.read_bytes()
        is_in_lines = path.suffix not in (".npy", ".bw", ".json")
        for kept in (*range(min(300, len(content))), *range(300, len(content), 97)):
            at_a_line_end = is_in_lines and (content[:kept].endswith(b"\n") or (kept == 0 and path.suffix == ".bed"))
            path.write_bytes(content[:kept])
            assert (damage(path) is None) == at_a_line_end, (path, kept)
        path.write_bytes(content)


def test_a_table_that_lost_whole_lines_does_not_fit_the_arrays_beside_it(made: Path, tmp_path: Path) -> None:
    table, array = made / "windows.tsv", made / "codes.npy"
    require_intact([table, array, made / "counts.npy"], RUN)
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-3]))
    text = job(tmp_path, lambda: None, table, array)
    assert text.startswith(f"{table}: the file is damaged")
    assert "17 windows, and 20 in codes.npy" in text


@pytest.mark.parametrize("name", ["windows.tsv", "codes.npy", "evaluation.json", "genome.fa", "track.bw"])
def test_a_damaged_file_of_a_run_stops_its_job_with_a_readable_error(name: str, made: Path, tmp_path: Path) -> None:
    path = made / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 - 1])
    text = job(tmp_path, lambda: pytest.fail("it was read"), path)
    assert text.startswith(f"{path}: the file is damaged")
    assert "delete it and run again" in text


@pytest.mark.parametrize("shape", ["(" * 500, "[" * 60_000, "{'descr': 'O8', 'shape': 'x'}", "{}", "None", "7"])
def test_a_hostile_header_of_an_array_is_no_more_than_damage(shape: str, made: Path) -> None:
    header = shape.encode()
    (made / "codes.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    assert damage(made / "codes.npy") == "no header of an array of numbers"


def test_files_of_users_are_left_to_their_readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fetched = Path("results/run/downloads/tasks.a.bed")
    fetched.parent.mkdir(parents=True)
    of_another_tool = Path("results/macs2/peaks.bed")
    of_another_tool.parent.mkdir()
    for path in (fetched, of_another_tool, Path("peaks.bed")):
        path.write_text("chr1\t1\t9")
        require_intact([path], RUN)
        check_intervals([path], [], Path("results/run/checked.tsv"))


def test_tracks_and_tables_of_reads_are_whole(sources: Path, tmp_path: Path) -> None:
    outputs = [tmp_path / name for name in ("plus.bw", "minus.bw", "counts.tsv")]
    count_reads(sources / "reads.bam", sources / "chrom.sizes", *outputs, 0, True)
    assert [damage(path) for path in outputs] == [None, None, None]
