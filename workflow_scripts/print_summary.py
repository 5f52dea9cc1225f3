"""Print a summary.tsv for reading: a row an arm, a column a metric."""

import sys
from pathlib import Path

import pandas as pd

from learning.summary import as_text


def print_summary(summary: Path) -> None:
    """Print mean ± standard deviation over replicates of the main metrics of every task and arm."""
    print(as_text(pd.read_csv(summary, sep="\t")))


if __name__ == "__main__":
    print_summary(Path(sys.argv[1]))
