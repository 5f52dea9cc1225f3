"""A figure of the registry -> its SVG and PNG, drawn by the ``draw`` of its module in figures/."""

import importlib
import inspect
from collections.abc import Callable
from pathlib import Path

from figures.style import save_figure
from workflow_support.job import run_job


def figure_writer(module: str) -> Callable[..., None]:
    """The function that draws the figure of ``figures.<module>`` and saves it.

    Its parameters are those of the module's ``draw``, with their annotations, the two files to write, svg and png, and
    the name of the module, which the rule gives as well.
    """
    draw = importlib.import_module(f"figures.{module}").draw

    def plot(*, svg: Path, png: Path, module: str = module, **inputs: object) -> None:
        save_figure(draw(**inputs), svg, png)

    own = [each for each in inspect.signature(plot).parameters.values() if each.name != "inputs"]
    signature = inspect.Signature([*inspect.signature(draw, eval_str=True).parameters.values(), *own])
    plot.__signature__ = signature
    plot.__annotations__ = {name: each.annotation for name, each in signature.parameters.items()}
    return plot


if "snakemake" in globals():
    run_job(snakemake, figure_writer(snakemake.params.module))
