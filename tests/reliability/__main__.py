"""Checks that take minutes, whose tables go into docs/reliability.md, and the comparison of two runs.

Usage: python -m reliability {kills,determinism}
       python -m reliability compare OLD NEW

``compare`` lists the files that differ between two folders of results, but for figures, reports, logs and times. The
status is 1 if a check finds a fault or two runs differ.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from checkout import ROOT

from .determinism import clean_run, compare, renamed_tensors
from .kills import killed_training, planned_moments
from .page import determinism_text, kills_text, replace_part
from .trainings import TRAININGS

PAGE = ROOT / "docs/reliability.md"
#: Of each training; with so many epochs a replicate.
KILLS = {"binary": 30, "profile": 10}
EPOCHS = 12
SEED = 2024
DEMO = ("resources/demo/config.yaml", "demo")
CORES = (1, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("check", choices=["kills", "determinism", "compare"])
    parser.add_argument("folders", nargs="*", type=Path, help="two folders of results, for compare")
    arguments = parser.parse_args()
    if (arguments.check == "compare") != (len(arguments.folders) == 2):
        parser.error("compare takes two folders, the other checks none")
    if arguments.folders:
        sys.exit(0 if _compare(*arguments.folders) else 1)
    check = {"kills": _kills, "determinism": _determinism}[arguments.check]
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(0 if check(Path(folder)) else 1)


def _kills(folder: Path) -> bool:
    generator = random.Random(SEED)
    killed = {
        name: killed_training(make, folder / name, EPOCHS, planned_moments(generator, KILLS[name], EPOCHS))
        for name, make in TRAININGS.items()
    }
    replace_part(PAGE, "kills", kills_text(killed))
    return not any(each.differing or each.left for each in killed.values())


def _determinism(folder: Path) -> bool:
    runs = [clean_run(folder / f"cores{cores}", *DEMO, cores) for cores in CORES]
    comparison = compare(*(run.results for run in runs))
    replace_part(PAGE, "determinism", determinism_text(runs, comparison))
    return comparison.is_same


def _compare(old: Path, new: Path) -> bool:
    comparison = compare(old, new)
    renamed = renamed_tensors(old, new, comparison.differing)
    print(f"{len(comparison.equal)} files are equal, byte for byte.")
    print("Not compared: " + ", ".join(f"{count} {kind}" for kind, count in comparison.exempt.items()) + ".")
    for words, files in (
        ("same tensors under other names", renamed),
        ("differ", [file for file in comparison.differing if file not in renamed]),
        ("only in one of the two", comparison.lone),
    ):
        for file in files:
            print(f"{words}: {file}")
    return comparison.is_same


if __name__ == "__main__":
    main()
