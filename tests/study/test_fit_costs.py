"""The fit of costs to benchmarks: planted lines are found, and the page says how far off they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plan.costs import Cost, fitted_costs
from study.fit_costs import fit, write


def jobs_on_a_line() -> pd.DataFrame:
    size = np.array([1.0, 10.0, 100.0, 240.0])
    return pd.DataFrame(
        {"rule": "encode_kmers", "unit": "task", "size": size, "work": size,
         "seconds": 2 + 0.5 * size, "megabytes": 200 + 4 * size}
    )  # fmt: skip


def test_a_planted_line_is_found() -> None:
    (cost,) = fit(jobs_on_a_line())
    assert cost[:2] == ("encode_kmers", "task")
    assert cost[2:] == pytest.approx((200, 4, 2, 0.5))


def test_no_line_falls_with_the_size() -> None:
    jobs = jobs_on_a_line()
    jobs["megabytes"] = jobs["megabytes"].to_numpy()[::-1]
    (cost,) = fit(jobs)
    assert cost.megabytes_each == 0
    assert cost.megabytes > 0


def test_what_is_written_is_what_jobs_ask_for(tmp_path: Path) -> None:
    jobs = jobs_on_a_line()
    jobs.loc[3, "seconds"] *= 3
    table, page = tmp_path / "costs.tsv", tmp_path / "resources.md"
    write(jobs, [Cost("encode_kmers", "task", 200, 4, 2, 0.5)], table, page)
    assert fitted_costs(table) == {"encode_kmers": Cost("encode_kmers", "task", 200, 4, 2, 0.5)}
    assert "| `encode_kmers` | 4 | 240.0 | 200 + 4 per Mb | 1160 | 2.0 + 0.5 per Mb | 366.0 | 3.0 |" in page.read_text()
