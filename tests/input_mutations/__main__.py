"""Edit small valid inputs of every kind at random, and list the edits whose outcome nobody would notice or understand.

Usage: python -m input_mutations [--mutants 10] [--seed 1] [--only NAME ...]

Allowed are the same result, a difference that is counted or logged, and an `InputError` that names the file. Faults are
tracebacks, crashes, more than 20 seconds, and changed results that nothing mentions. The status is 1 if there is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from .subjects import SUBJECTS, make_genome
from .trials import ALLOWED, FAULTS, Trial, trials

SHOWN_LINES = 12


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=10, help="for each edit of each kind of input")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=list(SUBJECTS), default=list(SUBJECTS))
    arguments = parser.parse_args()
    begun, faults, total = time.monotonic(), [], 0
    print(f"{'input':<32}" + "".join(f"{verdict:>10}" for verdict in (*ALLOWED, *FAULTS)))
    for name in arguments.only:
        with tempfile.TemporaryDirectory() as folder:
            make_genome(Path(folder))
            found = list(trials(SUBJECTS[name], name, arguments.mutants, arguments.seed, Path(folder)))
        counts = Counter(trial.verdict for trial in found)
        print(f"{name:<32}" + "".join(f"{counts[verdict]:>10}" for verdict in (*ALLOWED, *FAULTS)), flush=True)
        faults += [trial for trial in found if trial.verdict in FAULTS]
        total += len(found)
    for fault in faults:
        print(_described(fault))
    print(f"{total:,} mutants in {time.monotonic() - begun:.0f} s with seed {arguments.seed}: {len(faults):,} faults")
    return 1 if faults else 0


def _described(fault: Trial) -> str:
    lines = fault.detail.strip().splitlines()[-SHOWN_LINES:]
    return "\n    ".join([f"\n{fault.verdict}: {fault.subject}, {fault.edit}, number {fault.number}", *lines])


if __name__ == "__main__":
    sys.exit(main())
