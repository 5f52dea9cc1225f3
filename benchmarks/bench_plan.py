"""Measure the time that Snakemake takes to plan a study of thousands of jobs, without running any.

Usage: python benchmarks/bench_plan.py [--tasks 14]

The tasks are copies of one task of config.yaml, so that arms, sizes and seeds are those of the paper's study.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PLAN = [sys.executable, "-m", "snakemake", "-n", "-q"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=14, help="copies of the first task of config.yaml")
    tasks = parser.parse_args().tasks
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    first = next(iter(config["tasks"].values()))
    large = config | {"tasks": {f"factor_{number}": first for number in range(tasks)}}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.yaml"
        file.write_text(yaml.safe_dump(large), encoding="utf-8")
        jobs = int(re.search(r"^total +(\d+)", _planned(file, "rules"), re.MULTILINE)[1])
        started = time.perf_counter()
        _planned(file, "all")
        seconds = time.perf_counter() - started
    print(f"{jobs:,} jobs of {tasks} tasks planned in {seconds:.1f} s: {1000 * seconds / jobs:.1f} ms a job")


def _planned(file: Path, quiet: str) -> str:
    command = [*PLAN, quiet, "--configfile", str(file)]
    return subprocess.run(command, cwd=ROOT, check=True, text=True, capture_output=True).stdout


if __name__ == "__main__":
    main()
