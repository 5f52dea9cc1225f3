"""The description of a model -> its card, a README in Markdown."""

import json
from pathlib import Path

from study.model_card import card
from workflow_support.files import atomic_path
from workflow_support.job import run_job


def write_model_card(description: Path, figure: Path, readme: Path) -> None:
    """Write the card that :func:`study.model_card.card` makes of a ``model.json``; it shows the figure beside it."""
    facts = json.loads(description.read_bytes())
    with atomic_path(readme) as partial:
        partial.write_text(card(facts, figure.name), encoding="utf-8")


if "snakemake" in globals():
    run_job(snakemake, write_model_card)
