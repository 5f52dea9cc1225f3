"""A run of every step but profiles and simulations, so small that it can be done again for every change.

Jobs run in this process, where torch and pandas are loaded once. All else is Snakemake's: what it plans, records and
deletes.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import shutil
import traceback
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import snakemake.script
import yaml
from plot import figure_writer
from snakemake.api import (
    ConfigSettings,
    DAGSettings,
    ExecutionSettings,
    OutputSettings,
    ResourceSettings,
    SnakemakeApi,
)
from snakemake.benchmark import benchmarked
from snakemake.settings.enums import Quietness

from workflow_support.job import bound_arguments

ROOT = Path(__file__).parents[2]
MOTIF = "TGACTCAG"
SPLITS = {"validation": ["chrB:1-14000"], "test": ["chrB:14001-30000"]}
SETTINGS = {
    "name": "small",
    "data": "inputs",
    "genomes": {
        "first": {"fasta": "{data}/genome.fa", "blacklist": "{data}/blacklist.bed", "splits": SPLITS},
        "second": {"fasta": "others/genome.fa", "splits": SPLITS},
    },
    "windows": {"width": 40},
    "negatives": {"ratio": 1, "margin": 50, "gc_bin_width": 0.2},
    "networks": {
        "binary": {"trunk": {"kernel_widths": [9]}, "head": {"pool_width": 16, "pool_stride": 8}},
        "labelled": {"trunk": {"first_width": 5, "dilations": [1]}, "head": {"dense": 4}},
    },
    "trainings": {
        "binary": {"batch_size": 16, "positive_fraction": 0.5, "epochs": 1, "steps_per_epoch": 2},
        "labelled": {"batch_size": 16, "epochs": 1},
    },
    "study": {
        "arms": {
            "plain": {"representation": "standard", "kmer": 1, "channels": 4},
            "paired": {"representation": "regular", "kmer": 2, "channels": 4},
        },
        "combinations": {"post_hoc": {"arms": ["plain"], "average_strands": True}},
        "claims": [{"better": "paired", "than": "post_hoc"}],
        "seeds": [1, 2],
    },
    "tasks": {
        "sites": {"genome": "first", "peaks": "{data}/peaks.narrowPeak", "unlabelled": ["{data}/unlabelled.bed"]},
        "words": {
            "kind": "labelled",
            "sequences": {"all": "{data}/labelled.csv", "make_splits": {"validation": 0.2, "test": 0.3}},
            "published": [{"metric": "Accuracy", "value": 0.9, "source": "a test"}],
        },
    },
    "predict": {
        "regions": {"task": "sites", "arm": "paired", "regions": "{data}/regions.bed", "stride": 20},
        "contig": {"task": "sites", "arm": "paired", "contigs": ["chrB"], "stride": 2000},
        "oligos": {"task": "words", "arm": "paired", "sequences": "{data}/oligos.fa"},
    },
    "attribute": {
        "sites": {"task": "sites", "arm": "paired", "strongest": 10, "known_motifs": ["{data}/known.jaspar"]}
    },
    "variants": {
        "changes": {
            "task": "sites",
            "arm": "paired",
            "file": "{data}/variants.tsv",
            "columns": {"contig": "chrom", "position": "pos", "alternative": "alt", "effect": "effect", "p_value": "p"},
            "motif": "{data}/scored.jaspar",
        }
    },
    "hyperbolicity": {"points": 8, "samples": 2},
}
#: Folders of a run without outputs, and the outputs that hold times and disk space.
OTHER_FOLDERS = {"logs", "benchmarks", "checkpoints"}
TIMES = {"rule_times.tsv", "arm_times.tsv", "disk_use.tsv"}


def write_files(folder: Path, seed: int) -> None:
    """Write the input files of the run; another seed gives other files of the same names and contigs."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(seed)
    genome = {contig: random.choice(list("ACGT"), 30_000) for contig in ("chrA", "chrB")}
    summits = {contig: np.arange(500, 29_500, 800) + random.integers(0, 50, 37) for contig in genome}
    for contig, letters in genome.items():
        for summit in summits[contig]:
            letters[summit - 4 : summit + 4] = list(MOTIF)
    files = {
        "genome.fa": "".join(f">{contig}\n{''.join(letters)}\n" for contig, letters in genome.items()),
        "peaks.narrowPeak": "".join(
            f"{contig}\t{summit - 60}\t{summit + 60}\tpeak\t{index}\t.\t{index + 1}\t-1\t-1\t60\n"
            for contig, of_contig in summits.items()
            for index, summit in enumerate(of_contig)
        ),
        "blacklist.bed": f"chrA\t{summits['chrA'][2] - 5}\t{summits['chrA'][2] + 5}\n",
        "unlabelled.bed": f"chrA\t100\t{300 + 400 * seed}\nchrB\t20000\t20200\n",
        "regions.bed": f"chrB\t{1000 + seed}\t1100\tone\nchrB\t2000\t2090\ttwo\n",
        "oligos.fa": "".join(f">oligo_{index}\n{_bases(random, 30)}\n" for index in range(3)),
        "labelled.csv": _labelled(random),
        "known.jaspar": _matrix("known", MOTIF[seed - 1 :]),
        "scored.jaspar": _matrix("scored", MOTIF[:6] + "CC"[: seed % 3]),
        "variants.tsv": _variants(genome, random),
    }
    # Drawn last, so that the others stay as they are.
    files["unseen.csv"] = _labelled(random)
    for name, text in files.items():
        (folder / name).write_text(text)


def _bases(random: np.random.Generator, count: int) -> str:
    return "".join(random.choice(list("ACGT"), count))


def _labelled(random: np.random.Generator) -> str:
    rows = "".join(
        f"{sequence},{'yes' if index % 2 else 'no'},{sequence[::-1]},{index // 2 % 2}\n"
        for index in range(60)
        for sequence in [_bases(random, 10) + (MOTIF if index % 2 else _bases(random, 8)) + _bases(random, 8)]
    )
    return "sequence,label,reversed,group\n" + rows


def _matrix(name: str, consensus: str) -> str:
    rows = (f"{base} [ {' '.join('17' if letter == base else '1' for letter in consensus)} ]\n" for base in "ACGT")
    return f">{name}\t{name}\n{''.join(rows)}"


def _variants(genome: Mapping[str, np.ndarray], random: np.random.Generator) -> str:
    lines = ["chrom pos alt effect p name ref chrom2 pos2 alt2 allele effect2 p2 after before depth".replace(" ", "\t")]
    for index in range(12):
        position = 1001 + 400 * index
        reference = genome["chrA"][position - 1]
        other, another, *_ = (base for base in "ACGT" if base != reference)
        effects = [f"{value:.2f}" for value in random.normal(size=2)]
        shares = [f"{value:.2f}" for value in random.uniform(0.2, 0.8, 2)]
        cells = [
            *("chrA", position, other, effects[0], f"{index / 20:.2f}", f"variant{index}", reference),
            *("chrB", position + 7, another, reference if index % 2 else other, effects[1], f"{index / 30:.2f}"),
            *(*shares, 30 + index),
        ]
        lines.append("\t".join(map(str, cells)))
    return "\n".join(lines) + "\n"


class SmallRun:
    """A folder with the input files, the configuration and the results of the small run.

    Parameters
    ----------
    folder
        Its folder.
    settings
        The configuration.
    memory
        A folder in which outputs of jobs are kept, by script, arguments and content of the inputs.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], memory: Path) -> None:
        self.folder, self.settings, self.memory = folder, settings, memory
        self.ran: list[str] = []

    def run(self, *, remembers: bool = False) -> None:
        """Run Snakemake once; jobs that ``memory`` has seen take their outputs from there if ``remembers``."""

        def script(path: str, basedir: object, input: object, output: object, params: object, *rest: object) -> None:
            job = SimpleNamespace(input=input, output=output, params=params)
            record = inspect.signature(snakemake.script.script).bind(path, basedir, input, output, params, *rest)
            # A job must have a time, which Snakemake takes of the process that it would start.
            with benchmarked(os.getpid(), record.arguments["bench_record"]):
                self._do(Path(path).stem, job, remembers)

        (self.folder / "run.yaml").write_text(yaml.safe_dump(dict(self.settings), sort_keys=False))
        self.ran = []
        with (
            chdir(self.folder),
            mock.patch.dict(os.environ),
            mock.patch("snakemake.workflow.script", script),
            SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api,
        ):
            workflow = api.workflow(
                resource_settings=ResourceSettings(cores=1),
                config_settings=ConfigSettings(configfiles=[Path("run.yaml")]),
                snakefile=ROOT / "Snakefile",
                workdir=self.folder,
            )
            dag = workflow.dag(DAGSettings())
            dag.execute_workflow(executor="local", execution_settings=ExecutionSettings(lock=False))

    def _do(self, name: str, job: SimpleNamespace, remembers: bool) -> None:
        function = figure_writer(job.params.module) if name == "plot" else getattr(importlib.import_module(name), name)
        arguments = bound_arguments(job, function)
        contents = [digest(Path(file)) for file in job.input]
        key = hashlib.sha256(repr((name, sorted(arguments.items()), contents)).encode()).hexdigest()
        kept = [self.memory / f"{key}.{index}" for index in range(len(job.output))]
        if remembers and kept[-1].exists():
            for file, path in zip(kept, job.output, strict=True):
                shutil.copy(file, path)
            return
        try:
            function(**arguments)
        except BaseException:
            # Snakemake tells only that a job failed.
            traceback.print_exc()
            raise
        self.ran.append(name)
        for file, path in zip(kept, job.output, strict=True):
            shutil.copy(path, file)

    def copy(self, folder: Path, settings: Mapping[str, Any], *, with_results: bool = True) -> SmallRun:
        """A copy of the folder with other settings: all that a next run would find, or the input files alone."""
        left_out = () if with_results else ("results", ".snakemake")
        shutil.copytree(self.folder, folder, symlinks=True, ignore=shutil.ignore_patterns(*left_out))
        return SmallRun(folder, settings, self.memory)

    def digests(self) -> dict[str, str]:
        """The digest of every output but those that hold times and disk space."""
        results = self.folder / "results" / self.settings["name"]
        files = {path.relative_to(results): path for path in results.rglob("*") if path.is_file()}
        return {
            str(name): digest(path)
            for name, path in sorted(files.items())
            if name.parts[0] not in OTHER_FOLDERS and name.name not in TIMES
        }


def digest(file: Path) -> str:
    """The digest of a file's content."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def new_run(folder: Path, memory: Path, settings: Mapping[str, Any] = SETTINGS) -> SmallRun:
    """The small run with its input files, before its first job."""
    for seed, name in enumerate(("inputs", "others"), start=1):
        write_files(folder / name, seed)
    memory.mkdir(exist_ok=True)
    return SmallRun(folder, settings, memory)
