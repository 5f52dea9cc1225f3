"""Write the tables of docs/error_rates.md again: how often verdicts are false, and which gains they find.

Usage: python -m error_rates [TABLE ...]
"""

from __future__ import annotations

import argparse

from checkout import ROOT
from reliability.page import replace_part

from .tables import TABLES

PAGE = ROOT / "docs/error_rates.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", default=list(TABLES), help=f"some of: {', '.join(TABLES)}")
    names = parser.parse_args().tables
    if unknown := set(names) - TABLES.keys():
        parser.error(f"there is no table {', '.join(unknown)}")
    for name in names:
        replace_part(PAGE, name, TABLES[name].markdown())
        print(f"{name} is done.", flush=True)


if __name__ == "__main__":
    main()
