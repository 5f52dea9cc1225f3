"""Verdicts of simulated studies are false in at most 5 % of them, and the page of error rates is current."""

import re

import numpy as np
import pandas as pd
import pytest
from checkout import ROOT

from error_rates.simulation import (
    STRATA,
    Design,
    false_rate,
    has_false_verdict,
    keys_of,
    lines,
    needed_gain,
    simulated,
)  # fmt: skip
from error_rates.tables import TABLES
from study.claims import claims_table
from study.pairs import Measurements
from study.predictions import WindowValues

PAGE = ROOT / "docs/error_rates.md"
STUDIES = 1000
#: 5 %, and three standard errors of a share of so many studies.
LARGEST = 0.05 + 3 * np.sqrt(0.05 * 0.95 / STUDIES)


@pytest.mark.parametrize(
    "design",
    [
        Design(3, 1, 4),
        Design(3, 1, 4, windows=2.0),
        Design(5, 2, 4),
        Design(5, 1, 7),
        Design(3, 3, 4),
        Design(5, 3, 2, between_tasks=2.0),
        Design(5, 5, 4, between_tasks=2.0),
        Design(8, 9, 2, shared=1.0),
        Design(3, 1, candidates=9),
        Design(10, 1, candidates=24, windows=0.0),
        Design(10, 3, candidates=24),
    ],
    ids=str,
)
def test_at_most_five_in_a_hundred_studies_of_equal_arms_have_a_false_verdict(design):
    assert false_rate(design, STUDIES) <= LARGEST


def test_verdicts_on_equal_arms_are_not_all_withheld():
    """A test that never rejects would pass the one above."""
    assert false_rate(Design(10, 1, windows=0.0), STUDIES) >= 0.03
    assert false_rate(Design(3, 3, between_tasks=2.0), STUDIES) >= 0.02


@pytest.mark.parametrize("candidates", [3, 24])
def test_what_other_seeds_choose_among_equals_leads_by_nothing(candidates):
    gains = simulated(Design(10, 1, candidates=candidates), 10 * STUDIES)
    assert abs(np.mean([each.by_seed.mean() for each in gains])) < 0.03


def test_a_large_gain_is_found_and_a_larger_one_is_needed_among_more_lines():
    alone, among = (needed_gain(Design(5, 1), claims) for claims in (1, 21))
    assert 1.5 < alone < among < 15
    assert needed_gain(Design(10, 1), 1) < alone


@pytest.mark.parametrize(
    "design", [Design(5, 1, 4), Design(4, 3, 3), Design(4, 4, 3, shared=0.5), Design(5, 2, candidates=3)], ids=str
)
def test_simulated_studies_are_judged_as_tables_of_claims_are(design):
    """The p values of a simulated study are those of its table of claims, line for line."""
    gains = next(simulated(design, 250))
    evidence = list(lines(gains))
    for study in (0, 17):
        rows, values, claims = [], {}, []
        for claim in range(design.claims):
            claims.append({"better": f"best{claim}", "than": f"other{claim}"})
            for task, seed in np.ndindex(design.tasks, design.seeds):
                for arm, sign in ((f"best{claim}", 1), (f"other{claim}", 0)):
                    value = sign * gains.by_seed[study, claim, task, seed]
                    rows.append((f"task{task}", arm, "all", seed, "AUROC", value))
                    values[f"task{task}", arm, "all", seed] = sign * gains.windows[study, claim, task]
        table = pd.DataFrame(rows, columns=["task", "arm", "size", "seed", "metric", "value"])
        tasks = [f"task{task}" for task in range(design.tasks)]
        chosen = [claim["better"] for claim in claims] if gains.is_chosen else []
        keys = dict(zip(tasks, keys_of(gains).reshape(design.tasks, -1), strict=True))
        measurements = Measurements(
            table, dict.fromkeys(tasks, "AUROC"), WindowValues(dict.fromkeys(tasks, STRATA), keys, values), chosen
        )
        found = claims_table(measurements, dict.fromkeys(tasks, "AUROC"), claims, dict.fromkeys(tasks, "binary"))
        is_together = found["scope"] == "all tasks"
        assert found.loc[~is_together, "p"].to_numpy() == pytest.approx(evidence[0].p()[study].ravel())
        if len(evidence) > 1:
            assert found.loc[is_together, "p"].to_numpy() == pytest.approx(evidence[1].p()[study].ravel())
        assert has_false_verdict(gains)[study] == found["verdict"].isin(["holds", "fails"]).any()


@pytest.mark.parametrize(
    ("name", "row", "tolerance"),
    [("families", 1, 0.3), ("families", 16, 0.3), ("choices", 10, 0.3), ("windows", 3, 0.3), ("power", 1, 0.15)],
)
def test_the_page_has_what_the_functions_of_today_give(name, row, tolerance):
    """Some cells of each table are simulated again. If this fails, ``make calibration`` writes the page again."""
    table = TABLES[name]
    text = re.search(rf"<!-- {name} -->\n(.*?)<!-- end of {name} -->", PAGE.read_text(), re.DOTALL)[1]
    lines_of_page = [line.strip("|").split("|") for line in text.strip().splitlines()[2:]]
    first, common = table.rows[row]
    cells = [cell.strip() for cell in lines_of_page[row]]
    assert cells[: len(first)] == list(first)
    expected = float(cells[len(first)].removesuffix("%"))
    assert float(table.cell(common, table.settings[0]).removesuffix("%")) == pytest.approx(expected, abs=tolerance)


def test_every_rate_of_the_page_is_at_most_five_percent_up_to_simulation_error():
    text = PAGE.read_text()
    for name in ("families", "windows", "choices", "few positives"):
        of_table = re.search(rf"<!-- {name} -->\n(.*?)<!-- end of {name} -->", text, re.DOTALL)[1]
        rates = [float(rate) for rate in re.findall(r"([0-9.]+) %", of_table)]
        assert rates
        assert max(rates) <= 5 + 3 * 0.4
