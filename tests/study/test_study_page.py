"""Pages say what the tables say, link to what is there, and name what is not."""

import json
import re
import shutil
import subprocess
import sys
from itertools import cycle
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
import yaml
from docutils.core import publish_parts
from jinja2 import Template
from scipy import stats
from study_run import ROWS, STUDY, MockStudy
from test_study_scripts import collect, compare
from write_results_page import write_results_page

from study.collect_pages import collect_pages
from study.copies import copies_text
from study.sections import equal_costs_text
from study.tables import read_table, write_table
from workflow_support.metrics import BASELINE_ARM

SCRIPTS = Path(__file__).parents[2] / "workflow_scripts"
RESOURCES = Path(__file__).parents[2] / "resources"
USED = [
    "replicates", "means", "subsets", "costs", "intervals", "comparisons", "claims", "published", "selections",
    "validation", "positions",
]  # fmt: skip
NEAR_COPIES = ["task", "split", "training_task", "k", "sequences", "near_copies", "share"]
PIXEL = bytes.fromhex("89504e470d0a1a0a")


def write_page(mock, folder, study=STUDY, variants=True):
    """Write tables, page and configuration of a run in ``folder``; the path of the page.

    Near-copies are left out of the training of its first task.
    """
    without_copies = next(iter(mock.kinds))
    window_counts = folder / "tasks" / without_copies / "window_counts.tsv"
    window_counts.parent.mkdir(parents=True)
    window_counts.write_text("reason\trows\nin\t2500\nnear-copy of a validation or test window\t37\nkept\t2463\n")
    paths = collect(mock, folder / "study") | compare(mock, folder / "study", study=study)
    figures = [folder / "figures" / name for name in ("study_arms.png", "variants/spi1 bqtl.png")]
    for figure in figures:
        figure.parent.mkdir(parents=True, exist_ok=True)
        figure.write_bytes(PIXEL)
    correlation = folder / "variants" / "bqtl.correlation.json"
    correlation.parent.mkdir(exist_ok=True)
    found = {"scorer": "best", "subset": "all", "n": 152, "pearson": 0.4321, "low": 0.3, "high": 0.55}
    rest = ["fisher_low", "fisher_high", "spearman", "spearman_low", "spearman_high"]
    correlation.write_text(json.dumps([found | dict.fromkeys(rest)]))
    formats = ["narrowPeak, centred on summits (column 10)", "BED3, centred on midpoints"]
    peaks = [folder / f"{task}.peak_counts.tsv" for task in mock.kinds]
    for path, name in zip(peaks, cycle(formats), strict=False):
        path.write_text(f"reason\trows\tformat\nin\t9\t{name}\nkept\t9\t{name}\n")
    motifs = folder / "bases.motifs.tsv"
    header = "motif\tsites\tinstances\tbits\tevidence\tconsensus\tmatch\taccession\tcorrelation\tp\tq\n"
    motifs.write_text(f"{header}motif_1\t81\t97\t12.3\tknown motif\tCCACNAGG\tCTCF\tM\t0.97\t1e-10\t2e-08\n")
    search = folder / "bases.search.json"
    search.write_text(json.dumps({"bound": 446, "explained": 446, "strongest": 2000, "correlation": 0.97}))
    write_results_page(
        **{name: paths[name] for name in USED},
        windows=mock.windows,
        peaks=peaks,
        duplicates=[],
        removals=[window_counts],
        near_copies=mock.write_near_copies(folder / "study" / "near_copies.tsv"),
        correlations=[correlation] if variants else [],
        channels=[],
        motifs=[motifs],
        searches=[search],
        figures=figures,
        titles=["Arms", "Effects of variants: SPI1 bQTL"],
        name=folder.name,
        kinds=mock.kinds,
        metrics=dict.fromkeys(mock.kinds, "AUROC"),
        references=dict.fromkeys(mock.kinds, "standard"),
        networks={},
        attributions={"bases": {"task": next(iter(mock.kinds)), "arm": "irrep_p0.75"}},
        scores={
            task: {row["arm"]: [str(folder / "tasks" / task / row["arm"] / "predictions.tsv")] for row in ROWS}
            for task in mock.kinds
        },
        page=folder / "results.md",
        answers=folder / "answers.rst",
    )
    tasks = {task: {"kind": kind, "remove_copies": task == without_copies} for task, kind in mock.kinds.items()}
    config = {"tasks": tasks, "variants": {"bqtl": {}} if variants else {}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    return folder / "results.md"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs with pages, of two tasks and of two others."""
    folder = tmp_path_factory.mktemp("results")
    for name, tasks in (("first", ("CTCF", "SPI1")), ("second", ("Max", "Twist"))):
        mock = MockStudy(folder / f"models_{name}", tasks, ("1000", "all"), windows=300)
        write_page(mock, folder / name)
    return folder


@pytest.fixture(scope="module")
def page(runs):
    return (runs / "first" / "results.md").read_text()


def tables_of(text):
    """Every Markdown table as a list of rows, each a list of cells."""
    blocks = re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
    return [[[cell.strip() for cell in line.strip("|\n").split("|")] for line in b.splitlines()] for b in blocks]


def section(text, title):
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)[1]


def test_every_row_has_as_many_cells_as_its_header(page):
    for table in tables_of(page):
        assert {len(row) for row in table} == {len(table[0])}
        assert set(table[1]) <= {"---", "---:"}


def test_tasks_are_described_by_their_windows(page):
    (table,) = tables_of(section(page, "Tasks"))
    row = dict(zip(table[0], table[2], strict=True))
    assert row["Task"] == "CTCF"
    assert (row["Bases"], row["Training windows"], row["Validation"], row["Test"]) == ("1,000", "600", "200", "300")
    assert (row["Sizes trained on"], row["Seeds"]) == ("1,000, 16,000", "8")


def test_the_format_of_every_file_of_peaks_is_named(page):
    lines = section(page, "Peaks").split("\n")
    assert "- CTCF: read as narrowPeak, centred on summits (column 10)." in lines
    assert "- SPI1: read as BED3, centred on midpoints." in lines


def test_numbers_of_the_page_are_those_of_the_tables(runs, page):
    tables = tables_of(section(page, "Test split"))
    assert len(tables) == 4
    rows = {row[0]: dict(zip(tables[0][0], row, strict=True)) for row in tables[0][2:]}
    study = runs / "first" / "study"
    means, compared = read_table(study / "means.tsv"), read_table(study / "comparisons.tsv")
    keys = "task == 'CTCF' and size == 'all' and arm == 'regular_k3' and metric == 'AUROC'"
    (mean,) = means.query(keys).itertuples()
    (difference,) = compared.query(f"{keys} and reference == 'standard'").itertuples()
    row = rows["regular_k3"]
    assert row["AUROC"] == f"{mean.mean:.4f} ± {mean.sd:.4f}"
    assert row["− standard"] == f"+{difference.difference:.4f}"
    assert row["95 % (difference)"] == f"{difference.low:+.4f} to {difference.high:+.4f}".replace("-", "−")
    (interval,) = read_table(study / "intervals.tsv").query(keys).itertuples()
    assert row["95 % (AUROC)"] == f"{interval.low:.4f} to {interval.high:.4f}"
    assert (row["Parameters"], row["Multiply-adds"]) == ("1,234,567", "45,000,000")
    assert rows["standard"]["− standard"] == ""
    assert "6-mer logistic regression (floor)" in rows
    assert list(rows)[: len(ROWS)] == [row["arm"] for row in ROWS]


def test_every_claim_of_the_table_is_a_line_with_its_verdict(runs, page):
    claims = read_table(runs / "first" / "study" / "claims.tsv")
    (table,) = tables_of(section(page, "Claims"))
    header = table[0]
    found = [(row[0], row[1], row[header.index("Verdict")].split(":")[0]) for row in table[2:]]
    scopes = claims["scope"].replace("all tasks", "tasks like these 2")
    expected = claims.assign(scope=scopes.where(scopes.str.contains(" "), scopes + " alone"))
    assert found == list(expected[["claim", "scope", "verdict"]].itertuples(index=False, name=None))
    assert "Error (tasks)" not in header, "two tasks have no interval over tasks"
    assert {row[-1] for row in table[2:] if row[1].startswith("tasks")} == {"not tested: 2 of at least 3 tasks"}
    corrected = [claim.holm_p for claim in claims.itertuples()]
    assert [row[header.index("Holm p")] for row in table[2:]] == ["" if p != p else f"{p:.2g}" for p in corrected]


def test_choices_published_values_and_variants_have_their_tables(page):
    choices = tables_of(section(page, "Choices on the validation split"))[0]
    chosen = ["regular_k3 (4), regular_k4 (4)", "regular_k3 0.8900, regular_k4 0.8900"]
    assert choices[2][2:] == ["best_equivariant", *chosen]
    assert "0.5000 (chance)" in section(page, "Published values")
    variants = tables_of(section(page, "Variants"))[0]
    assert variants[2] == ["best", "all", "152", "0.432", "+0.300 to +0.550", "", "", ""]


def test_the_page_opens_on_the_answers_of_its_tables(runs, page):
    text = section(page, "Answers")
    assert page.startswith("# Results of `first`\n\n## Answers\n\n### CTCF\n")
    study = runs / "first" / "study"
    keys = "task == 'CTCF' and size == 'all'"
    validation = read_table(study / "validation.tsv").query(keys)
    means = validation[validation["arm"] != BASELINE_ARM].groupby("arm")["quality"].mean()
    best = means.idxmax()
    (arm,) = read_table(study / "intervals.tsv").query(f"{keys} and arm == @best").itertuples()
    against_floor = f"{keys} and arm == @best and reference == '{BASELINE_ARM}'"
    (compared,) = read_table(study / "comparisons.tsv").query(against_floor).itertuples()
    assert f"**Recommended:** `{best}`. Of {len(means)} networks it is the best on the validation split" in text
    assert f"AUROC on the test split: {arm.mean:.4f} (95 % {arm.low:.4f} to {arm.high:.4f})." in text
    assert f"Difference: {compared.difference:+.4f} (95 % {compared.low:+.4f} to {compared.high:+.4f})" in text
    assert "9 of 9 rows of the file of peaks were kept." in text
    assert "`bases`, of `irrep_p0.75`: `CCACNAGG` (81 sites, 97 instances, 12.3 bits), which resembles" in text
    assert "resembles `CTCF` (correlation 0.97, q 2e-08)." in text
    assert f"Test windows: `tasks/CTCF/{best}/predictions.tsv`." in text


def test_the_report_opens_on_the_same_answers(runs, page, tmp_path, monkeypatch):
    """Snakemake renders the caption of the workflow in the folder of the results."""
    (tmp_path / "results").symlink_to(runs)
    monkeypatch.chdir(tmp_path)
    study = {"arms": ["standard"], "seeds": [1]}
    snakemake = {"config": {"name": "first", "tasks": ["CTCF", "SPI1"], "study": study}}
    caption = Template((RESOURCES / "captions/workflow.rst").read_text()).render(snakemake=snakemake)
    body = publish_parts(caption, writer_name="html", settings_overrides={"halt_level": 2})["html_body"]
    shown = re.sub(r"<.*?>|\s", "", body)
    answers = re.sub(r"\*\*|`|^### |^- |\s", "", section(page, "Answers"), flags=re.MULTILINE)
    assert shown.startswith(answers + "Thesenetworkspredict")


def test_the_place_of_the_site_has_a_table_of_every_network(runs, page):
    (table, *_) = tables_of(section(page, "Place of the site"))
    assert table[0] == ["AUROC with the site moved by", "0 bp", "250 bp", "500 bp"]
    found = read_table(runs / "first" / "study" / "positions.tsv").query("task == 'CTCF' and size == 'all'")
    values = {arm: [f"{value:.4f}" for value in of_arm["auroc"]] for arm, of_arm in found.groupby("arm")}
    assert {row[0]: row[1:] for row in table[2:]} == values


def test_links_lead_to_figures(runs, page):
    links = re.findall(r"!\[.*?\]\((.+?)\)", page)
    assert len(links) == 2
    for link in links:
        assert " " not in link
        assert (runs / "first" / unquote(link)).is_file()
    assert "**Arms**" in page


def test_what_a_study_lacks_is_left_out(tmp_path):
    mock = MockStudy(tmp_path / "models", ("CTCF",), ("all",), seeds=[3], windows=60)
    text = write_page(mock, tmp_path / "run", STUDY | {"claims": [], "published": []}, variants=False).read_text()
    assert not {"## Published values", "## Variants", "## Claims"} & set(text.splitlines())
    assert not re.search(r"`gain`|Holm|`holds`|_at_parameters_of_", section(text, "Methods"))
    assert "95 % (seeds) |" not in text
    assert "nan" not in text.lower()


def test_copies_of_sequences_are_listed_by_split_and_their_absence_too():
    columns = ["between", "strand", "rows", "same_label", "other_label"]
    copied = pd.DataFrame([("train-test", "same", 3, 2, 1), ("train-test", "either", 4, 3, 1)], columns=columns)
    near = pd.DataFrame([("a", "test", "a", 32, 1000, 0, 0.0)], columns=NEAR_COPIES)
    both = {"leaky": copied, "clean": copied.assign(rows=0)}
    assert "| leaky | train-test | 4 | 3 | 1 |" in copies_text(both, near, {})
    assert "clean" not in copies_text(both, near, {})
    assert "No sequence occurs twice, on either strand." in copies_text({"clean": copied.assign(rows=0)}, near, {})
    assert copies_text({}, near, {}).startswith("A near-copy shares 32 known bases in a row")


def test_near_copies_that_were_left_out_of_training_are_accounted_for(page):
    tables = tables_of(section(page, "Copies of sequences"))
    assert tables[-1][2:] == [
        ["CTCF", "windows given", "2,500"],
        ["CTCF", "near-copy of a validation or test window", "37"],
        ["CTCF", "kept", "2,463"],
    ]
    assert "remove_copies" not in copies_text({}, pd.DataFrame(columns=NEAR_COPIES), {})


def test_near_copies_are_listed_with_their_share_and_other_tasks_only_if_they_share_any():
    rows = [("a", "test", "a", 32, 1000, 91, 0.091), ("a", "test", "b", 32, 1000, 2, 0.002)]
    rows += [("b", "test", "b", 32, 1500, 0, 0.0), ("b", "test", "a", 32, 1500, 0, 0.0)]
    (table,) = tables_of(copies_text({}, pd.DataFrame(rows, columns=NEAR_COPIES), {}))
    assert table[2:] == [
        ["a", "test", "a", "1,000", "91", "9.1%"],
        ["a", "test", "b", "1,000", "2", "0.2%"],
        ["b", "test", "b", "1,500", "0", "0.0%"],
    ]


def test_the_page_shows_every_metric_with_and_without_near_copies(runs, page):
    study = runs / "first" / "study"
    subsets, means = read_table(study / "subsets.tsv"), read_table(study / "means.tsv")
    shown = []
    for table in tables_of(section(page, "Test split")):
        header = table[0]
        shown += [(row[header.index("AUROC")], row[header.index("AUROC without near-copies")]) for row in table[2:]]
    keys = ["task", "arm", "size", "metric"]
    both = means.merge(subsets, on=keys, suffixes=("", "_rest")).query("metric == 'AUROC'")
    assert len(shown) == len(both)
    expected = {
        tuple(f"{mean:.4f}" + (f" ± {sd:.4f}" if sd == sd else "") for mean, sd in pairs)
        for pairs in (((row.mean, row.sd), (row.mean_rest, row.sd_rest)) for row in both.itertuples())
    }
    assert set(shown) == expected
    assert all(whole != rest for whole, rest in shown)
    copies = section(page, "Copies of sequences")
    assert "| CTCF | test | CTCF | 100 | 12 | 12.0% |" in copies
    assert "| CTCF | test | SPI1 | 100 | 3 | 3.0% |" in copies
    (published,) = tables_of(section(page, "Published values"))
    row = dict(zip(published[0], published[2], strict=True))
    of_rest = subsets.query("task == @row['Task'] and arm == @row['Arm'] and size == 'all' and metric == 'AUROC'")
    assert row["Mean without near-copies"] == f"{of_rest['mean'].item():.4f}"


@pytest.fixture(scope="module")
def collected(runs, tmp_path_factory):
    out = tmp_path_factory.mktemp("docs")
    collect_pages([runs / "first", runs / "second", runs / "third"], out)
    return out


def test_runs_that_are_absent_are_named(collected):
    assert "Absent, because they were not run: third." in (collected / "results.md").read_text()


def test_claims_are_tested_over_the_tasks_of_all_runs(runs, collected):
    table = tables_of((collected / "results.md").read_text())[0]
    rows = {row[0]: dict(zip(table[0], row, strict=True)) for row in table[2:]}
    fails = rows["standard is better than best_equivariant with all training windows"]
    assert (fails["Scope"], fails["Pairs"]) == ("binary tasks like these 4", "32")
    assert (fails["ahead at"], fails["Verdict"]) == ("0 of 4", "fails")
    claims = pd.concat(read_table(runs / name / "study" / "claims.tsv") for name in ("first", "second"))
    of_tasks = claims[(claims["claim"] == fails["Claim"]) & (claims["scope"] != "all tasks")]
    gains = of_tasks["difference"].to_numpy()
    assert float(fails["Gain"].replace("−", "-")) == pytest.approx(gains.mean(), abs=1e-4)
    assert float(fails["p"]) == pytest.approx(stats.ttest_1samp(gains, 0).pvalue, rel=0.1)
    assert float(fails["Holm p"]) > float(fails["p"])
    assert "standard is better than best_equivariant with the fewest training windows" in rows


def test_a_run_with_groups_tells_its_draws_and_is_not_pooled_with_others(runs, collected, tmp_path):
    mock = MockStudy(tmp_path / "models", ("one_a", "one_b", "one_c"), ("all",), seeds=range(3), windows=300)
    groups = dict.fromkeys(mock.kinds, "one")
    text = write_page(mock, tmp_path / "grouped", STUDY | {"groups": groups, "published": []}).read_text()
    assert "| the 3 tasks of group one |" in text
    assert "tasks like these" not in text
    collect_pages([runs / "first", runs / "second", tmp_path / "grouped"], tmp_path / "docs")
    page = (tmp_path / "docs" / "results.md").read_text()
    assert tables_of(page)[0] == tables_of((collected / "results.md").read_text())[0]
    assert "| the 3 tasks of group one |" in page


def test_tables_of_every_run_are_in_the_collected_page(runs, collected):
    text = (collected / "results.md").read_text()
    for name in ("first", "second"):
        main = tables_of((runs / name / "results.md").read_text())[2]
        assert main in tables_of(text)
    headings = re.findall(r"^(#+) (.+)$", text, re.MULTILINE)
    assert [title for level, title in headings if level == "##"][1:-1] == ["first", "second"]
    assert headings[-1] == ("##", "Methods")


def test_pages_and_figures_are_copied_and_every_link_leads_somewhere(collected):
    pages = [collected / "results.md", *(collected / "results" / name / "results.md" for name in ("first", "second"))]
    for page in pages:
        for link in re.findall(r"\]\((.+?)\)", page.read_text()):
            assert (page.parent / unquote(link)).is_file()


def test_collecting_from_the_command_line_gives_the_same_page(runs, collected, tmp_path):
    folders = [runs / "first", runs / "second", runs / "third"]
    command = [sys.executable, "-m", "study.collect_pages", *folders, "--out", tmp_path]
    subprocess.run(command, cwd=SCRIPTS, check=True)
    assert (tmp_path / "results.md").read_bytes() == (collected / "results.md").read_bytes()


def test_runs_without_claims_have_no_pooled_table(runs, tmp_path):
    run = tmp_path / "bare"
    shutil.copytree(runs / "first", run)
    claims = run / "study" / "claims.tsv"
    write_table(read_table(claims).iloc[:0], claims)
    collect_pages([run], tmp_path / "docs")
    assert "over the tasks of all runs" not in (tmp_path / "docs" / "results.md").read_text()


def test_arms_at_equal_cost_stand_on_the_page_with_both_costs_and_once_for_all_trials():
    columns = ["arm", "named", "matched_to", "measure", "channels", "cost", "target"]
    rows = [[f"wide_t{trial}", "wide", "best", "multiply_adds", 45, 1_287_938, 1_289_540] for trial in (1, 2)]
    text = equal_costs_text({"CTCF": pd.DataFrame(rows, columns=columns)})
    assert text.splitlines()[2:] == ["| CTCF | wide | best | multiply-adds | 45 | 1,287,938 | 1,289,540 |"]
    assert equal_costs_text({}) == ""
