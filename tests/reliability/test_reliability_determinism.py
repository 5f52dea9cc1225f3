"""The comparison of two runs notices any difference, and no rule goes by the cores that it is granted."""

from __future__ import annotations

import ast
import gzip
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from checkout import ROOT
from safetensors.numpy import save_file

from reliability.determinism import Comparison, compare, renamed_tensors
from reliability.page import determinism_text, replace_part

COMPARED = ["config.yaml", "summary.tsv", "tasks/CTCF/models/irrep/all/weights.safetensors"]
EXEMPT = {
    "figures/performance.svg": "figures",
    "logs/train/CTCF.log": "logs",
    "benchmarks/train/CTCF.tsv": "benchmarks",
    "checkpoints/CTCF/irrep/all/seed1.safetensors": "checkpoints",
    "provenance.json": "provenance",
    "report.html": "reports",
    "rule_times.tsv": "times",
    "arm_times.tsv": "times",
    "disk_use.tsv": "sizes",
}
RULES = {
    match[1]: match[2]
    for file in sorted((ROOT / "rules").glob("*.smk"))
    for match in re.finditer(r"^ *rule (\w+):\n((?:(?! *rule |\S).*\n)*)", file.read_text(), re.MULTILINE)
}
THREADS_OF_CONFIG = 'config["compute"]["threads"]'


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    """Two runs of which every file that may differ does."""
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        for file in (*COMPARED, *EXEMPT):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(folder.name if file in EXEMPT else file)
    return one, other


def test_runs_that_differ_where_they_may_are_the_same(runs: tuple[Path, Path]) -> None:
    comparison = compare(*runs)
    assert comparison.is_same
    assert comparison == Comparison(COMPARED, [], [], Counter(EXEMPT.values()))


@pytest.mark.parametrize("file", COMPARED)
def test_a_changed_byte_is_found(runs: tuple[Path, Path], file: str) -> None:
    content = bytearray((runs[1] / file).read_bytes())
    content[-1] ^= 1
    (runs[1] / file).write_bytes(content)
    comparison = compare(*runs)
    assert not comparison.is_same
    assert comparison.differing == [file]
    assert f"- `{file}`" in determinism_text([], comparison)


@pytest.mark.parametrize("missing_in", [0, 1])
def test_a_file_that_one_run_lacks_is_found(runs: tuple[Path, Path], missing_in: int) -> None:
    (runs[missing_in] / COMPARED[1]).unlink()
    comparison = compare(*runs)
    assert not comparison.is_same
    assert comparison.lone == [COMPARED[1]]


def test_tensors_under_other_names_are_distinguished_from_other_tensors(tmp_path: Path) -> None:
    tensors = {"seed1/a": np.arange(3.0), "seed1/b": np.ones(2), "seed2/a": np.arange(3.0)}
    renamed = {name.replace("/", "/trunk."): value for name, value in tensors.items()}
    for folder, content in {
        "old": tensors,
        "renamed": renamed,
        "changed": renamed | {"seed1/trunk.b": np.array([1.0, 1.0000001])},
        "swapped": {"seed1/a": tensors["seed1/a"], "seed2/b": tensors["seed1/b"], "seed2/a": tensors["seed2/a"]},
    }.items():
        (tmp_path / folder).mkdir()
        save_file(content, tmp_path / folder / "weights.safetensors")
    for other, expected in (("renamed", ["weights.safetensors"]), ("changed", []), ("swapped", [])):
        comparison = compare(tmp_path / "old", tmp_path / other)
        assert comparison.differing == ["weights.safetensors"]
        assert renamed_tensors(tmp_path / "old", tmp_path / other, comparison.differing) == expected


@pytest.mark.parametrize("rule", RULES)
def test_no_result_depends_on_the_cores_that_a_job_is_granted(rule: str) -> None:
    """With fewer cores than threads Snakemake lowers ``threads``: no script may go by it, and of commands only ones
    that ask for one thread."""
    body = RULES[rule]
    threads = re.search(r"^ *threads: (.+)$", body, re.MULTILINE)[1]
    assert threads in ("1", THREADS_OF_CONFIG)
    if threads == "1":
        return
    assert "{threads" not in body
    assert f"threads={THREADS_OF_CONFIG}" in body or "training=" in body


def test_no_script_asks_how_many_threads_it_was_granted() -> None:
    scripts = {file.name: file.read_text() for file in (ROOT / "workflow_scripts").glob("*.py")}
    assert scripts
    assert not [name for name, text in scripts.items() if "snakemake.threads" in text or "cpu_count" in text]


@pytest.mark.skipif(shutil.which("dd") is None, reason="dd is not installed")
def test_gzip_files_without_their_time_are_the_same_and_hold_the_same(tmp_path: Path) -> None:
    (lines,) = re.findall(r"WITHOUT_TIME = \((.*?)\n\)", (ROOT / "rules/common.smk").read_text(), re.DOTALL)
    command = ast.literal_eval(f"({lines})")
    written = []
    for time in (1, 1_700_000_000):
        file = tmp_path / "matrix.gz"
        with file.open("wb") as raw, gzip.GzipFile("matrix", "wb", fileobj=raw, mtime=time) as content:
            content.write(b"1\t2\n")
        subprocess.run(["bash", "-c", f"true{command.replace('{output.matrix:q}', str(file))}"], check=True)
        written.append(file.read_bytes())
        assert gzip.decompress(written[-1]) == b"1\t2\n"
    assert written[0] == written[1]


def test_a_table_takes_the_place_of_the_last_one_and_of_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- kills -->\nold\n<!-- end of kills -->\nafter\n")
    for text in ("| \\1 |", "| new |"):
        replace_part(page, "kills", text)
        assert page.read_text() == f"before\n<!-- kills -->\n\n{text}\n\n<!-- end of kills -->\nafter\n"
    with pytest.raises(ValueError, match="determinism is marked 0 times"):
        replace_part(page, "determinism", "| new |")


def test_the_page_has_a_place_for_every_table() -> None:
    text = (ROOT / "docs/reliability.md").read_text()
    for mark in ("kills", "determinism"):
        assert text.count(f"<!-- {mark} -->\n") == text.count(f"<!-- end of {mark} -->") == 1
