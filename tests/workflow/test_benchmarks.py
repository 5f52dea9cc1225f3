"""Published benchmarks: their files are looked for where they are published, and each set runs alone, by its name."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from checkout import ROOT, Checkout
from study_configurations import RUNS, STUDIES, resolve_files

from genome_data.formats.labelled_files import read_labelled_file
from genome_data.windows.labelled_sequences import read_labelled_sequences
from workflow_support.errors import InputError
from workflow_support.provenance import file_digest

BENCHMARKS = ROOT / "resources/benchmarks"
STUDY = ROOT / "resources/runs/labelled_study.yaml"

# Names as published, written down here apart from the configurations.
GUE = {
    "tf": "01234", "mouse": "01234", "splice": ["reconstructed"], "virus": ["covid"],
    "prom": ["prom_300_all", "prom_300_notata", "prom_300_tata", "prom_core_all", "prom_core_notata", "prom_core_tata"],
    "EMP": ["H3", "H3K14ac", "H3K36me3", "H3K4me1", "H3K4me2", "H3K4me3", "H3K79me3", "H3K9ac", "H4", "H4ac"],
}  # fmt: skip
CLASSES_OF_GUE = {"splice": 3, "virus": 9}
TEB = ["ltr_copia", "lines", "sines", "dna_cmc", "dna_hat_ac", "processed_pseudogenes", "unprocessed_pseudogenes"]
GENOMIC_BENCHMARKS = {
    "demo_coding_vs_intergenomic_seqs": ["coding_seqs", "intergenomic_seqs"],
    "demo_human_or_worm": ["human", "worm"],
    "human_ensembl_regulatory": ["enhancer", "ocr", "promoter"],
    "drosophila_enhancers_stark": ["negative", "positive"],
    "dummy_mouse_enhancers_ensembl": ["negative", "positive"],
    "human_enhancers_cohn": ["negative", "positive"],
    "human_enhancers_ensembl": ["negative", "positive"],
    "human_nontata_promoters": ["negative", "positive"],
    "human_ocr_ensembl": ["negative", "positive"],
}
TRAIN, TEST = 20, 5
"""Sequences of a class in the synthetic data sets."""


def sequences(count: int, seed: int) -> Iterator[str]:
    letters = np.random.default_rng(seed).choice(list("ACGT"), size=(count, 24))
    return map("".join, letters)


def write_table(path: Path, classes: int, header: str = "sequence,label") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    labels = [label for label in range(classes) for _ in range(TEST)]
    rows = [f"{each},{label}" for each, label in zip(sequences(len(labels), len(path.name)), labels, strict=True)]
    path.write_text("\n".join([header, *rows]) + "\n")


def make_gue(folder: Path) -> None:
    for group, sets in GUE.items():
        for name in sets:
            for split in ("train", "dev", "test"):
                write_table(folder / group / name / f"{split}.csv", CLASSES_OF_GUE.get(group, 2))


def make_transposable_elements(folder: Path) -> None:
    for name in TEB:
        for split in ("train", "valid", "test"):
            # What the columns are called is not known: the published code takes the first two.
            write_table(folder / f"{split}_{name}.csv", 2, header="a,b")


def make_genomic_benchmarks(folder: Path) -> None:
    for name, classes in GENOMIC_BENCHMARKS.items():
        for split, count in (("train", TRAIN), ("test", TEST)):
            for seed, label in enumerate(classes):
                of_class = folder / name / split / label
                of_class.mkdir(parents=True)
                for number, each in enumerate(sequences(count, seed)):
                    (of_class / f"{number}.txt").write_text(each)


MAKERS = {
    "gue": (make_gue, 28),
    "transposable_elements": (make_transposable_elements, 7),
    "genomic_benchmarks": (make_genomic_benchmarks, 9),
}


@pytest.fixture(scope="module", params=MAKERS)
def benchmark_tasks(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All tasks of a benchmark, beside the study of labelled runs, on a folder that is laid out as it is published."""
    make, count = MAKERS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    make(folder)
    tasks = resolve_files([STUDY, BENCHMARKS / f"{request.param}.yaml"], folder)["tasks"]
    assert len(tasks) == count
    return tasks


def read_task(task: dict[str, Any]) -> tuple[pd.DataFrame, list[str]]:
    given = task["sequences"]
    splits = [split for split in ("train", "validation", "test") if split in given]
    files = [Path(given[split]) for split in splits]
    return read_labelled_sequences(
        files, splits, given.get("make_splits"), given["sequence_column"], given["label_column"]
    )


def test_every_benchmark_is_known_here() -> None:
    assert {file.stem for file in BENCHMARKS.iterdir()} == set(MAKERS)


def test_every_set_is_read_as_it_is_published(benchmark_tasks: dict[str, Any]) -> None:
    for name, task in benchmark_tasks.items():
        assert task["kind"] == "labelled", name
        rows, classes = read_task(task)
        counts = rows.groupby("split").size()
        assert set(counts.index) == {"train", "validation", "test"}, name
        # The published test split, and nothing else.
        is_test = rows["split"] == "test"
        assert all(Path(file).match("*test*") or "/test/" in str(file) for file in rows.loc[is_test, "file"]), name
        assert counts["test"] == TEST * len(classes), name
        for published in task["published"]:
            assert published["metric"] == metric_of(task, classes), name
            assert 0 < published["value"] < 1, name


def metric_of(task: dict[str, Any], classes: list[str]) -> str:
    if "make_splits" in task["sequences"]:
        return "Accuracy"
    return "MCC 0.5" if len(classes) == 2 else "MCC"


def test_validation_is_drawn_from_train_class_by_class(tmp_path: Path) -> None:
    make_genomic_benchmarks(tmp_path)
    task = resolve_files([STUDY, BENCHMARKS / "genomic_benchmarks.yaml"], tmp_path)["tasks"]["human_ensembl_regulatory"]
    copy = tmp_path / "human_ensembl_regulatory/train/enhancer/copy.txt"
    shutil.copy(copy.with_name("0.txt"), copy)
    rows, classes = read_task(task)
    assert classes == ["enhancer", "ocr", "promoter"]
    counts = rows.groupby(["split", "label"]).size()
    assert counts["test"].tolist() == [TEST] * 3
    assert counts["validation"].tolist() == pytest.approx([TRAIN / 10] * 3, abs=1)
    assert (counts["train"] + counts["validation"]).tolist() == [TRAIN + 1, TRAIN, TRAIN]
    split_of = rows.set_index(["name", "split"]).index
    (splits,) = ({split for name, split in split_of if name == each and split != "test"} for each in ["enhancer/0"])
    assert splits == {split for name, split in split_of if name == "enhancer/copy"}
    assert read_task(task)[0].equals(rows)


def test_a_set_runs_without_the_files_of_the_others(tmp_path: Path) -> None:
    for split in ("train", "dev", "test"):
        write_table(tmp_path / "mouse/2" / f"{split}.csv", 2)
    config = tmp_path / "only.yaml"
    config.write_text("only: [mouse_tf_2]\n")
    files = [STUDY, BENCHMARKS / "gue.yaml", config]
    assert list(resolve_files(files, tmp_path)["tasks"]) == ["mouse_tf_2"]
    config.write_text("only: [mouse_tf_0]\n")
    with pytest.raises(InputError, match=r"`tasks\.mouse_tf_0\.sequences\.train` does not exist"):
        resolve_files(files, tmp_path)
    config.write_text("only: [mouse_tf2]\n")
    with pytest.raises(InputError, match="mouse_tf2"):
        resolve_files(files, tmp_path)


@pytest.mark.parametrize("run", [run for run in STUDIES if run.startswith("gue_")])
def test_runs_agree_with_the_benchmark(run: str) -> None:
    """The runs of the results, whose files lie elsewhere, have the same splits and compare with the same values."""
    of_benchmark = yaml.safe_load((BENCHMARKS / "gue.yaml").read_text())["tasks"]
    ((name, task),) = yaml.safe_load((RUNS / f"{run}.yaml").read_text())["tasks"].items()
    assert task["published"] == of_benchmark[name]["published"]
    for split, location in task["sequences"].items():
        folder, file = of_benchmark[name]["sequences"][split].removeprefix("{data}/").rsplit("/", 1)
        assert location.endswith(f"/{folder.replace('/', '_')}/{file}.gz")


FAULTS = {
    "no validation": ("train: t, test: t", "make_splits"),
    "a share too many": ("train: t, test: t, make_splits: {validation: 0.1, test: 0.1}", "shares of validation"),
    "a share too few": ("all: t, make_splits: {validation: 0.1}", "shares of validation and test"),
    "all of train": ("train: t, test: t, make_splits: {validation: 1}", "less than 1"),
    "a test split alone": ("test: t", "for train and test"),
    "column 0": ("all: t, sequence_column: 0", "sequence_column"),
    "a folder with a checksum": (f"all: {{location: {BENCHMARKS}, checksum: 'md5:{'0' * 32}'}}", "is a folder"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_files_and_shares_that_do_not_fit_are_refused(fault: str, tmp_path: Path) -> None:
    text, words = FAULTS[fault]
    config = tmp_path / "config.yaml"
    config.write_text(f"name: x\ntasks: {{x: {{kind: labelled, sequences: {{{text}}}}}}}\n")
    with pytest.raises(InputError) as caught:
        resolve_files([STUDY, config], tmp_path)
    assert words in str(caught.value)


def test_a_folder_of_classes_holds_sequences_and_nothing_else(tmp_path: Path) -> None:
    for label, count in (("no", 2), ("yes", 3)):
        (tmp_path / label).mkdir()
        for number in range(count):
            (tmp_path / label / f"{number}.txt").write_text("ACGT\r\n")
    (tmp_path / ".DS_Store").write_text("x")

    def read() -> pd.DataFrame:
        return read_labelled_file(tmp_path, "sequence", "label")

    found = read()
    assert found["name"].tolist() == ["no/0", "no/1", "yes/0", "yes/1", "yes/2"]
    assert found["label"].tolist() == ["no"] * 2 + ["yes"] * 3
    assert set(found["sequence"]) == {bytes([0, 1, 2, 3])}
    for path, text, words in (
        ("yes/0.txt", "ACGT\nACGT\n", "more than one line"),
        ("yes/0.txt", "", "empty"),
        ("yes/0.txt", "ACXT", "character that is no base"),
        ("yes/a.csv.gz", "id,region,start,end,strand", "no sequence"),
        ("loose.txt", "ACGT", "no sequence"),
    ):
        (tmp_path / path).write_text(text)
        with pytest.raises(InputError, match=words) as caught:
            read()
        assert caught.value.file == tmp_path / path
        (tmp_path / path).unlink()


def test_the_digest_of_a_folder_is_that_of_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/1.txt").write_text("ACGT")
    found = [file_digest(tmp_path)]
    (tmp_path / "a/1.txt").write_text("ACGA")
    found.append(file_digest(tmp_path))
    (tmp_path / "a").rename(tmp_path / "b")
    found.append(file_digest(tmp_path))
    assert len(set(found)) == 3
    (tmp_path / "b").rename(tmp_path / "a")
    assert file_digest(tmp_path) == found[1]


def test_a_real_set_runs_by_name(shared_data: Path, tmp_path: Path) -> None:
    """A cut of mouse transcription factor 2, laid out as published, from its files to the comparison with others."""
    source = shared_data / "labelled_sequences/gue/mouse_2"
    if not source.is_dir():
        pytest.skip(f"real data is not here: {source}")
    folder = tmp_path / "GUE/mouse/2"
    folder.mkdir(parents=True)
    for split in ("train", "dev", "test"):
        with gzip.open(source / f"{split}.csv.gz", "rt") as lines:
            (folder / f"{split}.csv").write_text("".join(line for line, _ in zip(lines, range(65), strict=False)))
    study = tmp_path / "study.yaml"
    arm = "{representation: irrep, kmer: 2, channels: 4, plus_fraction: 0.5}"
    study.write_text(
        f"study: {{arms: {{irrep: {arm}}}, seeds: [1]}}\n"
        "networks: {labelled: {trunk: {dilations: [1]}, head: {dense: 8}}}\n"
        "trainings: {labelled: {epochs: 1, batch_size: 32}}\n"
    )
    (tmp_path / "checkout").mkdir()
    checkout = Checkout(tmp_path / "checkout")
    results = Path("results/gue.mouse_tf_2")
    checkout.snakemake(
        str(results / "study/published.tsv"),
        *("--configfile", str(study), "resources/benchmarks/gue.yaml", "--cores", "1"),
        *("--config", f"data={tmp_path / 'GUE'}", "only=[mouse_tf_2]", f"name={results.name}"),
    )
    results = checkout.folder / results
    windows = pd.read_csv(results / "tasks/mouse_tf_2/windows.tsv", sep="\t")
    assert windows.groupby("split").size().to_dict() == dict.fromkeys(["train", "validation", "test"], 64)
    published = pd.read_csv(results / "study/published.tsv", sep="\t").query("arm == 'irrep'")
    assert published[["metric", "published"]].to_numpy().tolist() == [["MCC 0.5", 0.7932]]
