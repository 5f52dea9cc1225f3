"""A fault of a configuration is named with file, line and remedy: keys, values, names and files."""

from __future__ import annotations

from pathlib import Path

import pytest
from good_configuration import require_refusal

# What is replaced in GOOD, what by, the words that the error must hold, and the line that it must name (0: none).
FAULTS = {
    "unknown key, near": ("  seeds: [0, 1]", "  seeds: [0]\n  seed: 1", ["`seed`", "did you mean `seeds`?"], 20),
    "misspelt required key": ("genome: small", "genom: small", ["`genom`", "did you mean `genome`?"], 22),
    "unknown key, elsewhere": ("name: run", "name: run\nthreads: 5", ["`compute`", "move it there"], 2),
    "unknown key, nowhere": ("name: run", "name: run\nzzz: 5", ["delete the line"], 2),
    "unknown key in an arm": ("plus_fraction: 0.75", "plus_fractoin: 0.75", ["did you mean `plus_fraction`"], 18),
    "missing key": ("    peaks: \"{data}/peaks.bed\"\n", "", ["`tasks.CTCF` lacks the key `peaks`", "add a line"], 21),
    "empty required key": ("    genome: small\n", "    genome:\n", ["`tasks.CTCF` lacks the key `genome`"], 21),
    "no tasks": ("tasks:\n  CTCF:", "tasks: {}\nextra:\n  CTCF:", ["`tasks`", "1 or more of them"], 20),
    "text for a number": ("epochs: 3", "epochs: three", ["trainings.binary.epochs", "a whole number, at least 1"], 10),
    "fraction for a whole number": ("epochs: 3", "epochs: 2.5", ["trainings.binary.epochs", "a whole number"], 10),
    "whole number with a point": ("epochs: 3", "epochs: 3.0", ["trainings.binary.epochs", "a whole number"], 10),
    "true for a number": ("epochs: 3", "epochs: true", ["trainings.binary.epochs", "found:   true"], 10),
    "nan": ("epochs: 3", "learning_rate: .nan", ["trainings.binary.learning_rate"], 10),
    "infinite": ("ratio: 2", "ratio: .inf", ["tasks.CTCF.negatives.ratio"], 24),
    "below its minimum": ("epochs: 3", "epochs: 0", ["at least 1", "trainings.binary.epochs"], 10),
    "above its maximum": ("kmer: 3", "kmer: 7", ["at least 1, at most 6"], 16),
    "unknown choice": ("representation: irrep\n", "representation: irep\n", ["did you mean `irrep`?"], 15),
    "unknown device": ("name: run", "name: run\ncompute: {device: gpu}", ["cpu or cuda"], 2),
    "seed twice": ("seeds: [0, 1]", "seeds: [1, 1]", ["without duplicates"], 19),
    "number for text": ("test: [\"chr2:1-5000\"]", "test: [2]", ["splits.test[0]", "put it in quotes"], 8),
    "list for text": ("genome: small", "genome: [small]", ["tasks.CTCF.genome", "text"], 22),
    "name with a slash": ("  CTCF:\n", "  CT/CF:\n", ["`CT/CF` cannot be a name"], 21),
    "name of a run with a space": ("name: run", "name: my run", ["`name`", "letters, digits"], 1),
    "name that is no text": ("  CTCF:\n", "  2:\n", ['put it in quotes: "2"'], 21),
    "key twice": (
        "{epochs: 3}", "{epochs: 3}\n  binary: {}", ["`trainings.binary` is given twice", "first on line 10"], 11,
    ),
    "task twice": ("predict:", "  CTCF: {genome: small, peaks: x}\npredict:", ["`tasks.CTCF` is given twice"], 25),
    "unknown genome": ("genome: small", "genome: smal", ["tasks.CTCF.genome", "did you mean `small`?"], 22),
    "unknown task to predict": ("task: CTCF", "task: MAX", ["predict.scan.task", "allowed: CTCF"], 27),
    "unknown arm to predict": ("arm: irrep_k3", "arm: irrep", ["did you mean `irrep_k3`?"], 28),
    "nothing to predict on": ("    contigs: [chr2]\n", "", ["none of regions, sequences, contigs"], 26),
    "two things to predict on": (
        "contigs: [chr2]", "contigs: [chr2]\n    regions: \"{data}/peaks.bed\"", ["regions and contigs"], 26,
    ),
    "genome beside sequences": (
        "contigs: [chr2]", "sequences: \"{data}/genome.fa\"\n    genome: small", ["predict.scan.genome", "delete"], 30,
    ),
    "counts of a binary task": (
        "    peaks:", "    counts: {reads: [\"{data}/peaks.bed\"]}\n    peaks:", ["tasks.CTCF.counts", "profile"], 23,
    ),
    "profile task without counts": ("    peaks:", "    kind: profile\n    peaks:", ["counts", "tasks.CTCF"], 21),
    "region in two splits": ("test: [\"chr2:1-5000\"]", "test: [chr1]", ["chr1 under validation and test"], 8),
    "no test split": ("      test: [\"chr2:1-5000\"]\n", "", ["genomes.small.splits", "`test`"], 6),
    "missing file": ("{data}/peaks.bed", "{data}/peak.bed", ["tasks.CTCF.peaks", "peaks.bed exists"], 23),
    "missing folder": ("{data}/peaks.bed", "nowhere/peaks.bed", ["the folder nowhere does not exist"], 23),
    "folder for a file": ("{data}/peaks.bed", "{data}", ["is a folder"], 23),
    "URL that cannot be fetched": ("{data}/peaks.bed", "s3://bucket/peaks.bed", ["https://", "tasks.CTCF.peaks"], 23),
    "unknown placeholder": ("{data}/peaks.bed", "{dta}/peaks.bed", ["braces", "tasks.CTCF.peaks"], 23),
    "placeholder without data": ("data: ", "name_of_data: ", ["`name_of_data`"], 2),
    "checksum that is none": (
        "\"{data}/peaks.bed\"", "{location: \"{data}/peaks.bed\", checksum: 123abc}", ["sha256"], 23,
    ),
    "file that the simulation does not make": ("{data}/peaks.bed", "results/run/simulation/CTCF.bed", ["exist"], 23),
    "sequences of a binary task": (
        "    peaks:", "    sequences: {all: \"{data}/genome.fa\"}\n    peaks:",
        ["tasks.CTCF.sequences", "labelled"], 23,
    ),
    "whole number that no float holds": (
        "name: run", f"name: run\nnetworks: {{labelled: {{head: {{dense: 1{'0' * 400}}}}}}}",
        ["networks.labelled.head.dense", "a whole number"], 2,
    ),
    "published value of a misspelt metric": (
        "    negatives: {ratio: 2}", "    published: [{metric: auroc, value: 0.9, source: X}]",
        ["`tasks.CTCF.published[0].metric`", "did you mean `AUROC`?", "AUPRC, MCC, Brier"], 24,
    ),
    "published value of no metric": (
        "    negatives: {ratio: 2}", "    published:\n    - {metric: AUROC, value: 0.9, source: X}\n"
        "    - {metric: speed, value: 1, source: X}", ["published[1].metric", "delete the value"], 26,
    ),
    "published value of a metric of another kind": (
        "    negatives: {ratio: 2}", "    published: [{metric: MCC 0.5, value: 0.9, source: X}]",
        ["not a metric of tasks of kind binary", "found:   MCC 0.5"], 24,
    ),
    "labelled task with peaks": ("    peaks:", "    kind: labelled\n    peaks:", ["has no meaning", "labelled"], 22),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_named_with_its_line_and_a_remedy(good: str, tmp_path: Path, fault: str) -> None:
    old, new, words, line = FAULTS[fault]
    assert good.count(old) >= 1
    require_refusal(good.replace(old, new, 1), tmp_path, words, line)
