"""What makes a finished run, or a part of it, run again, and what does not."""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path

import pytest
from checkout import TINY, Checkout


def test_a_second_run_has_nothing_to_do(checkout: Checkout, finished: Path) -> None:
    assert not checkout.plan(*TINY)


def test_the_recorded_configuration_repeats_the_run(checkout: Checkout, finished: Path) -> None:
    assert not checkout.plan("--configfile", "results/tiny/config.yaml")


def test_whatever_is_deleted_is_asked_for(checkout: Checkout, finished: Path) -> None:
    plan = checkout.snakemake("-n", "--forceall", *TINY)
    outputs = re.findall(r"^    output: (.*)$", plan, re.MULTILINE)
    made = {path.removesuffix(" (update)") for line in outputs for path in line.split(", ")}
    # The last table asks for every other output, and the run for the last table.
    last = ("all", "record_times")
    asked = [re.search(rf"rule {rule}:\n    input: (.*)$", plan, re.MULTILINE)[1].split(", ") for rule in last]
    assert made
    assert made <= set().union(*asked)


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        ("tasks/CTCF/models/standard/all/weights.safetensors", "train"),
        ("tasks/CTCF/negatives.bed", "sample_negatives"),
        ("genomes/simulated/chrom.sizes", "normalise_genome"),
    ],
)
def test_a_deleted_file_is_planned_again(checkout: Checkout, finished: Path, file: str, rule: str) -> None:
    deleted, kept = finished / file, finished.parent / "kept"
    deleted.rename(kept)
    plan = checkout.plan(*TINY)
    kept.rename(deleted)
    assert plan[rule] == 1


def test_a_deleted_figure_is_made_again(checkout: Checkout, finished: Path) -> None:
    figure = finished / "figures/gc_matching.png"
    figure.unlink()
    checkout.snakemake(*TINY, "--cores", "2")
    assert figure.stat().st_size > 0
    assert not checkout.plan(*TINY)


def test_what_a_killed_run_left_is_made_again(checkout: Checkout, finished: Path) -> None:
    # Snakemake's own mark of a job that was cut off.
    output = "results/tiny/tasks/CTCF/negatives.tsv"
    marks = checkout.folder / ".snakemake/incomplete"
    marks.mkdir(exist_ok=True)
    mark = marks / base64.urlsafe_b64encode(output.encode()).decode()
    mark.write_text("")
    try:
        plan = checkout.plan(*TINY, "--rerun-incomplete")
    finally:
        mark.unlink()
    assert plan["sample_negatives"] == 1


@pytest.mark.parametrize(
    ("module", "reruns", "leaves"),
    [
        ("figures/style.py", {"plot_performance", "plot_study_gain"}, {"train", "sample_negatives"}),
        ("figures/calibration.py", {"plot_calibration"}, {"plot_performance", "plot_study_gain"}),
        ("rc_equivariant/layers/convolution.py", {"train"}, {"encode_kmers", "sample_negatives"}),
        ("rc_equivariant/networks/trunks.py", {"train"}, {"encode_kmers", "sample_negatives"}),
        ("rc_equivariant/encoding.py", {"train", "encode_kmers"}, {"sample_negatives", "prepare_peaks"}),
        ("genome_data/windows/negatives.py", {"sample_negatives"}, {"prepare_peaks", "normalise_genome"}),
        ("rc_equivariant/descriptions/trunks.py", {"train"}, {"encode_kmers", "fit_kmer_baseline", "sample_negatives"}),
    ],
)
def test_an_edited_module_reruns_what_depends_on_it(
    checkout: Checkout, finished: Path, module: str, reruns: set[str], leaves: set[str]
) -> None:
    file = checkout.folder / "workflow_scripts" / module
    before = file.read_text()
    file.write_text(before + "\n# edited\n")
    plan = checkout.plan(*TINY)
    file.write_text(before)
    assert reruns <= set(plan)
    assert not leaves & set(plan)


def test_a_check_that_fails_leaves_the_run_as_it_was(checkout: Checkout, finished: Path) -> None:
    good = (checkout.folder / "tests/tiny.yaml").read_text()
    (checkout.folder / "tests/bad.yaml").write_text(
        good.replace("arm: irrep_k1, contigs: [chrB]", "arm: irrep_k1, contigs: [chrC]")
    )
    output = checkout.snakemake("--configfile", "tests/bad.yaml", "--cores", "1", succeeds=False)
    assert re.search(r"tests/bad\.yaml, line \d+: `predict\.everywhere\.contigs`: the genome lacks", output)
    assert set(checkout.plan(*TINY)) <= {"check_regions", "record_times", "all"}
    checkout.snakemake(*TINY, "--cores", "1")
    assert not checkout.plan(*TINY)


@pytest.mark.parametrize(
    ("file", "reruns"),
    [
        ("simulation/CTCF.narrowPeak", {"prepare_peaks", "sample_negatives", "extract_sequences", "train", "evaluate"}),
        (
            "simulation/genome.fa",
            {"normalise_genome", "prepare_peaks", "extract_sequences", "train", "predict_binding"},
        ),
    ],
)
def test_an_edited_file_reruns_all_that_depends_on_it_at_once(
    checkout: Checkout, finished: Path, file: str, reruns: set[str]
) -> None:
    edited = finished / file
    before, times = edited.read_bytes(), edited.stat()
    edited.write_bytes(before[: before.rindex(b"\n", 0, -1) + 1])
    plan = checkout.plan(*TINY)
    edited.write_bytes(before)
    os.utime(edited, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert reruns <= set(plan)


@pytest.mark.parametrize("check", ["intervals.tsv", "regions.tsv", "widths/motifs.tsv"])
def test_a_check_that_is_due_hides_no_change(checkout: Checkout, finished: Path, check: str) -> None:
    due, kept = finished / "checked" / check, finished.parent / "kept"
    due.rename(kept)
    alone = checkout.plan(*TINY)
    changed = checkout.plan(*TINY, "--config", "trainings={binary: {epochs: 3}, labelled: {epochs: 3}}")
    kept.rename(due)
    assert sum(alone.values()) == 3
    assert changed["train"] == (4 + 3) * 2


def test_an_added_prediction_is_recorded_in_the_same_run(checkout: Checkout, finished: Path) -> None:
    (checkout.folder / "tests/regions.bed").write_text("chrB\t100\t200\n")
    added = "predict={more: {task: CTCF, arm: irrep_k1, regions: tests/regions.bed}}"
    assert {"check_intervals", "check_regions", "predict_binding", "record_run"} <= set(
        checkout.plan(*TINY, "--config", added)
    )


def test_a_changed_value_reruns_what_depends_on_it(checkout: Checkout, finished: Path) -> None:
    plan = checkout.plan(*TINY, "--config", "trainings={binary: {epochs: 3}}")
    assert plan["train"] == 4 * 2
    assert plan["sample_negatives"] == plan["fit_kmer_baseline"] == plan["normalise_genome"] == 0
