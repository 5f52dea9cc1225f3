"""A small configuration without a fault, and what is asked of the errors of faulty ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from configuration import Configuration, resolve
from workflow_support.errors import InputError

SCHEMA = Path(__file__).parents[2] / "resources/schemas/config.schema.json"

GOOD = """\
name: run
data: {folder}
genomes:
  small:
    fasta: "{{data}}/genome.fa"
    splits:
      validation: [chr1]
      test: ["chr2:1-5000"]
trainings:
  binary: {{epochs: 3}}
study:
  arms:
    standard: {{representation: standard, kmer: 1, channels: 16}}
    irrep_k3:
      representation: irrep
      kmer: 3
      channels: 32
      plus_fraction: 0.75
  seeds: [0, 1]
tasks:
  CTCF:
    genome: small
    peaks: "{{data}}/peaks.bed"
    negatives: {{ratio: 2}}
predict:
  scan:
    task: CTCF
    arm: irrep_k3
    contigs: [chr2]
"""


def resolve_text(text: str, folder: Path) -> Configuration:
    file = folder / "config.yaml"
    file.write_text(text)
    return resolve(yaml.safe_load(text), [file], SCHEMA)


def require_refusal(text: str, folder: Path, words: list[str], line: int = 0) -> InputError:
    """Assert that a configuration is refused with these words, at this line if it is not 0, and with a remedy."""
    with pytest.raises(InputError) as caught:
        resolve_text(text, folder)
    error = caught.value
    for word in words:
        assert word in str(error)
    assert error.fix
    assert error.found is not None
    assert error.allowed is not None
    if line:
        assert (error.file, error.line) == (folder / "config.yaml", line)
    return error
