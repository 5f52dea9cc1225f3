"""Print a summary.tsv for reading, a row an arm: ``python -m learning.print_summary results/demo/summary.tsv``."""

import sys
from pathlib import Path

import pandas as pd

from .summary import as_text

if __name__ == "__main__":
    print(as_text(pd.read_csv(Path(sys.argv[1]), sep="\t")))
