"""What is recorded of a run, and that a file with a checksum is the one that it names."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import yaml
from record_run import record_run
from record_times import record_times
from safetensors.numpy import save_file
from verify_file import verify_file

from workflow_support.errors import InputError
from workflow_support.provenance import file_digest, file_identity, git_state, hardware, software_versions
from workflow_support.versions import workflow_version

# Digests of the three bytes "abc" (FIPS 180-4, RFC 1321).
SHA256 = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
MD5 = "md5:900150983cd24fb0d6963f7d28e17f72"


@pytest.fixture
def abc(tmp_path: Path) -> Path:
    file = tmp_path / "inputs" / "abc"
    file.parent.mkdir()
    file.write_bytes(b"abc")
    return file


def test_digests_are_the_standard_ones(abc: Path) -> None:
    assert file_digest(abc) == SHA256
    assert file_digest(abc, "md5") == MD5


@pytest.mark.parametrize("checksum", [SHA256, MD5, SHA256.upper().replace("SHA", "sha")])
def test_a_verified_file_is_linked(abc: Path, tmp_path: Path, checksum: str) -> None:
    verified = tmp_path / "results" / "downloads" / "tasks.T.peaks"
    verify_file(abc, checksum, verified)
    assert verified.read_bytes() == b"abc"
    assert verified.resolve() == abc


def test_a_verified_file_is_linked_from_results_on_another_disk(abc: Path, tmp_path: Path) -> None:
    disk = tmp_path / "some" / "other" / "disk"
    disk.mkdir(parents=True)
    (tmp_path / "results").symlink_to(disk)
    verify_file(abc, MD5, tmp_path / "results" / "downloads" / "tasks.T.peaks")
    assert (disk / "downloads" / "tasks.T.peaks").resolve() == abc


def test_another_file_than_its_checksum_names_is_refused(abc: Path, tmp_path: Path) -> None:
    abc.write_bytes(b"abd")
    with pytest.raises(InputError, match="not the one that its checksum names"):
        verify_file(abc, MD5, tmp_path / "verified")
    assert not (tmp_path / "verified").exists()


def test_the_record_holds_inputs_and_a_configuration_to_repeat_the_run(abc: Path, tmp_path: Path) -> None:
    config = {"name": "run", "study": {"seeds": [1, 2]}, "compute": {"device": "cpu"}, "data": "ünï"}
    models = [tmp_path / f"{name}.json" for name in "ab"]
    models[0].write_text(json.dumps([{"device": "cpu (A)"}, {"device": "cuda (B)"}]))
    models[1].write_text(json.dumps([{"device": "cpu (A)"}]))
    record_run(
        locations=["tasks.T.peaks"],
        files=[abc],
        models=models,
        config=config,
        scripts={"train": "0"},
        environments={"requirements.lock": file_digest(abc)},
        provenance=tmp_path / "p.json",
        config_copy=tmp_path / "c.yaml",
    )
    provenance = json.loads((tmp_path / "p.json").read_text())
    assert provenance["inputs"] == {"tasks.T.peaks": {"file": str(abc), "digest": SHA256}}
    assert provenance["environments"] == {"requirements.lock": SHA256}
    assert provenance["version"] == workflow_version()
    assert provenance["trained_on"] == {"cpu (A)": 2, "cuda (B)": 1}
    assert provenance["software"]["packages"]["PyYAML"] == yaml.__version__
    assert yaml.safe_load((tmp_path / "c.yaml").read_text(encoding="utf-8")) == config


def program_that_prints(text: str, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\nprintf '{text}'\n")
    (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def test_programs_and_gpus_are_named_where_there_are_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert hardware()["gpus"] == []
    assert software_versions()["bedtools"] is None
    monkeypatch.setenv("PATH", os.defpath)
    program_that_prints("Card A\\nCard B\\n", tmp_path / "bin", "nvidia-smi", monkeypatch)
    program_that_prints("bedtools v9.9.9\\n", tmp_path / "bin", "bedtools", monkeypatch)
    assert hardware()["gpus"] == ["Card A", "Card B"]
    assert software_versions()["bedtools"] == "bedtools v9.9.9"


def test_hardware_is_that_of_this_machine() -> None:
    found = hardware()
    assert found["processor"]
    assert found["cores"] == os.cpu_count()
    kibibytes = re.search(r"MemTotal: +(\d+)", Path("/proc/meminfo").read_text())[1]
    assert found["memory_gib"] == pytest.approx(int(kibibytes) / 2**20, abs=0.1)


def test_git_tells_commit_and_changes(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        (tmp_path / "file").write_text("1")
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    state = git_state(tmp_path)
    assert len(state["commit"]) == 40
    assert not state["modified"]
    (tmp_path / "file").write_text("2")
    assert git_state(tmp_path)["modified"]


BENCHMARK = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


@pytest.fixture
def benchmarks(tmp_path: Path) -> Path:
    """Of three trainings, one of them too short to be looked at, a page, and two jobs whose times were not written."""
    folder = tmp_path / "benchmarks"
    content = {
        "train/T/a/all.tsv": BENCHMARK + "10.0\t0:00:10\t100.5\t1\t1\t1\t0\t0\t90.0\t9.0\n",
        "train/T/b/0.5.tsv": BENCHMARK + "30.0\t0:00:30\t300.0\t1\t1\t1\t0\t0\t70.0\t21.0\n",
        "train/T/b/all.tsv": BENCHMARK + "0.1\t0:00:00\tNA\tNA\tNA\tNA\tNA\tNA\tNA\tNA\n",
        "write_page.tsv": BENCHMARK + "0.2\t0:00:00\t-\t-\t-\t-\t-\t-\t-\t-\n",
        "killed.tsv": "",
        "killed_later.tsv": BENCHMARK,
    }
    for name, text in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_times_of_rules_are_those_of_their_jobs(benchmarks: Path, tmp_path: Path, caplog) -> None:
    with caplog.at_level("INFO", logger="rc"):
        record_times(
            benchmarks, [], tmp_path, [], tmp_path / "rules.tsv", tmp_path / "arms.tsv", tmp_path / "disk_use.tsv"
        )
    times = pd.read_csv(tmp_path / "rules.tsv", sep="\t").set_index("rule")
    assert list(times.index) == ["train", "write_page"]
    assert times.loc["train"].to_dict() == {
        "jobs": 3,
        "seconds": 40.1,
        "median_seconds": 10.0,
        "longest_seconds": 30.0,
        "max_rss_mib": 300.0,
        "mean_load": 75.0,
    }
    assert times.loc["write_page", ["jobs", "seconds"]].tolist() == [1, 0.2]
    assert times.loc["write_page", ["max_rss_mib", "mean_load"]].isna().all()
    assert "Of 6 benchmarks, 4 were read and 2 have no time." in caplog.messages


def test_times_of_arms_are_those_of_their_jobs(benchmarks: Path, tmp_path: Path) -> None:
    """An arm has no time if its job has none."""
    others = {
        "evaluate/T/b/all.tsv": 2.0,
        "evaluate/T/mean/all.tsv": 3.0,
        "train/reads/c/all.tsv": 7.0,
        "evaluate/reads/c/all.tsv": 11.0,
    }
    for name, seconds in others.items():
        (benchmarks / name).parent.mkdir(parents=True, exist_ok=True)
        (benchmarks / name).write_text(BENCHMARK + f"{seconds}\t0:00:00\t-\t-\t-\t-\t-\t-\t-\t-\n")
    models = [("T", "b", "0.5"), ("T", "b", "all"), ("T", "mean", "all"), ("reads", "c", "all")]
    arms, disk = tmp_path / "arms.tsv", tmp_path / "disk_use.tsv"
    record_times(benchmarks, models, tmp_path / "checkpoints", [1], tmp_path / "rules.tsv", arms, disk)
    rows = [line.split("\t") for line in arms.read_text().splitlines()[1:]]
    assert [tuple(row[:3]) for row in rows] == models
    assert [row[3:] for row in rows] == [["30.0", ""], ["0.1", "2.0"], ["", "3.0"], ["7.0", "11.0"]]


def test_a_resumed_training_has_the_time_of_all_its_epochs(benchmarks: Path, tmp_path: Path) -> None:
    """The job of arm a took 10 seconds after one that was cut off, that of b all 30; a seed of a is of no more use."""
    for arm, size, seed, seconds in [
        ("a", "all", 1, 200.5),
        ("a", "all", 2, 40.0),
        ("a", "all", 3, 7.0),
        ("b", "0.5", 1, 29.0),
    ]:
        file = tmp_path / "checkpoints/T" / arm / size / f"seed{seed}.safetensors"
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file({}, file, metadata={"training": json.dumps({"seconds": seconds})})
    (tmp_path / "checkpoints/T/b/0.5/seed2.safetensors").write_bytes(b"cut off")
    arms, disk = tmp_path / "arms.tsv", tmp_path / "disk_use.tsv"
    models = [("T", "a", "all"), ("T", "b", "0.5")]
    record_times(benchmarks, models, tmp_path / "checkpoints", [1, 2], tmp_path / "rules.tsv", arms, disk)
    assert list(pd.read_csv(arms, sep="\t")["training_seconds"]) == [240.5, 30.0]


@pytest.mark.parametrize("is_there", [True, False])
def test_deleted_benchmarks_leave_tables_without_numbers(tmp_path: Path, is_there: bool) -> None:
    if is_there:
        (tmp_path / "benchmarks").mkdir()
    rules, arms, disk = (tmp_path / name for name in ("rules.tsv", "arms.tsv", "disk_use.tsv"))
    record_times(tmp_path / "benchmarks", [("T", "a", "all")], tmp_path, [1], rules, arms, disk)
    header = "rule jobs seconds median_seconds longest_seconds max_rss_mib mean_load"
    assert rules.read_text().split() == header.split()
    header = "task arm size training_seconds evaluation_seconds"
    assert arms.read_text().splitlines() == ["\t".join(header.split()), "T\ta\tall\t\t"]


def test_the_disk_space_of_a_run_is_a_table_and_a_sentence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Files of tasks and of no folder, and a genome that is linked twice but stored once, outside of the run."""
    run, store = tmp_path / "results/gata1", tmp_path / "results/.genomes/a"
    for file, size in [
        (run / "tasks/GATA1/codes.npy", 2_500_000),
        (run / "benchmarks/train/GATA1.tsv", 100),
        (run / "summary.tsv", 300_000),
        (store / "genome.fa", 7_000_000),
    ]:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size)
    for genome in ("first", "second"):
        (run / "genomes" / genome).mkdir(parents=True)
        (run / "genomes" / genome / "genome.fa").symlink_to(store / "genome.fa")
    with caplog.at_level("INFO", logger="rc"):
        record_times(
            run / "benchmarks", [], run, [], tmp_path / "rules.tsv", tmp_path / "arms.tsv", run / "disk_use.tsv"
        )
    table = pd.read_csv(run / "disk_use.tsv", sep="\t").set_index("folder")["megabytes"].to_dict()
    assert table == {"tasks": 2.5, "other files": 0.3, "benchmarks": 0.0, "genomes": 0.0, "shared genomes": 7.0}
    assert (
        "results/gata1 takes 2.8 MB on disk (tasks 2.5 MB, other files 0.3 MB)."
        " Its genomes, which runs share in results/.genomes, take 7.0 MB more."
    ) in caplog.messages


def test_a_file_replaced_by_an_older_one_has_another_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "peaks.bed"
    file.write_text("chr1\t1\t2\n")
    before = file_identity(file)
    os.utime(file)
    assert file_identity(file) == before
    file.write_text("chr1\t1\t3\n")
    os.utime(file, (1, 1))
    assert file_identity(file) != before
    assert file_identity(tmp_path / "absent.bed") == "absent"

    monkeypatch.setattr("workflow_support.provenance.LARGEST_DIGESTED", 4)
    before = file_identity(file)
    file.write_text("chr1\t1\t4\n")
    os.utime(file, (1, 2))
    assert file_identity(file) != before
