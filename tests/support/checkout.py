"""A copy of the code in which tests run the workflow as a user does."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Arguments for the smallest whole run.
TINY = ["--configfile", "tests/tiny.yaml"]
PARTS = [
    "Snakefile",
    "rules",
    "workflow_scripts",
    "resources",
    "envs",
    "slurm",
    "profiles",
    "workflow",
    "pyproject.toml",
    "config.yaml",
    "requirements.lock",
]


class Checkout:
    """A copy of the code, so that tests can run in it and edit it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, folder / part)
        (folder / "tests").mkdir()
        for file in ("tiny.yaml", "oligos.fa", "labelled.csv", "variants.tsv"):
            shutil.copy(ROOT / "tests" / file, folder / "tests" / file)

    def snakemake(self, *arguments: str, succeeds: bool = True) -> str:
        """All that Snakemake prints."""
        command = [sys.executable, "-m", "snakemake", *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        output = done.stdout + done.stderr
        assert (done.returncode == 0) == succeeds, output
        return output

    def plan(self, *arguments: str) -> Counter[str]:
        """How many jobs of each rule a run would consist of."""
        output = self.snakemake("-n", *arguments)
        if "Nothing to be done" in output:
            return Counter()
        stats = output.split("Job stats:")[1].split("total")[0]
        return Counter({rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", stats, re.MULTILINE)})
