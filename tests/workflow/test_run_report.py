"""The report of the tiny run as a browser without a network shows it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import TINY, Checkout
from playwright.sync_api import Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FIGURES_OF_REPORT = {
    "Data": {"GC content of positives and negatives", "Peaks in, dropped and kept"},
    "Results": {
        "AUROC and AUPRC",
        "Calibration",
        "Profiles: JSD and correlations",
        "Reverse-complement error",
        "ROC and precision-recall curves",
    },
    "Signal": {"Heatmap", "Profile"},
    "Study": {
        "Arms",
        "Arms by kmer",
        "Calls that differ between the strands",
        "Gain against training size",
        "Learning curves",
    },
    "Training": {"Training curves"},
    "Variants": {"Effects of variants: changes"},
}


@pytest.fixture(scope="module")
def report(checkout: Checkout, finished: Path) -> str:
    """The address of the report of the tiny run."""
    checkout.snakemake(*TINY, "--report-stylesheet", "resources/report.css", "--report", "results/tiny/report.html")
    return (finished / "report.html").as_uri()


@pytest.fixture
def page() -> Iterator[Page]:
    """A browser without a network."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        opened = browser.new_context(offline=True).new_page()
        # How long a page of megabytes takes says nothing about what it shows, and on a busy machine fails it.
        opened.set_default_timeout(5 * 60_000)
        yield opened
        browser.close()


@pytest.mark.parametrize("category", FIGURES_OF_REPORT)
def test_the_report_shows_every_figure_offline(report: str, page: Page, category: str) -> None:
    asked_of_the_network = []
    page.on("request", lambda request: asked_of_the_network.append(request.url))
    page.goto(report)
    page.get_by_role("link", name=category, exact=True).click()
    figures = page.locator("tbody tr", has=page.locator("a[iconname=eye]"))
    figures.first.wait_for()
    assert FIGURES_OF_REPORT[category] <= {row.locator("td").first.inner_text() for row in figures.all()}
    for row in figures.all():
        if row.locator("td").first.inner_text() not in FIGURES_OF_REPORT[category]:
            continue
        row.locator("a[iconname=eye]").click()
        image = page.locator("img:not([src*='filename=logo'])").first
        image.wait_for()
        page.wait_for_function("image => image.complete && image.naturalWidth > 200", arg=image.element_handle())
    assert all(url.startswith(("file:", "data:")) for url in asked_of_the_network)


def test_the_report_opens_on_the_top_of_the_answers_with_the_rules_below(report: str, page: Page) -> None:
    """In a low window, too, where Snakemake puts the top of a text out of reach."""
    page.set_viewport_size({"width": 1400, "height": 500})
    page.goto(report)
    page.locator("div#rulegraph canvas, div#rulegraph svg").first.wait_for()
    answers, rules = (page.locator(name).bounding_box() for name in (".prose", "div#rulegraph"))
    assert answers["y"] >= 0
    assert page.locator(".prose strong").first.bounding_box()["y"] < 250
    assert rules["y"] >= answers["y"] + answers["height"]


def test_the_top_of_a_high_figure_is_in_view(report: str, page: Page) -> None:
    page.set_viewport_size({"width": 1400, "height": 200})
    page.goto(report)
    page.get_by_role("link", name="Results", exact=True).click()
    page.locator("tbody tr", has_text="ROC and precision-recall curves").locator("a[iconname=eye]").click()
    image = page.locator("img:not([src*='filename=logo'])").first
    image.wait_for()
    page.wait_for_function("image => image.complete && image.naturalHeight > 200", arg=image.element_handle())
    assert image.bounding_box()["y"] >= 0
