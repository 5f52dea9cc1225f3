"""The registry describes every figure: its parameters are those of ``draw``, and it has a caption."""

import inspect
import re
import subprocess
import sys

import pytest
from figure_words import RESOURCES
from plot import figure_writer

from figures.registry import FIGURES

SCRIPTS = RESOURCES.parent / "workflow_scripts"
MODULES = {
    file.stem for file in (SCRIPTS / "figures").glob("*.py") if re.search(r"^def draw\(", file.read_text(), re.M)
}
#: Modules of figures that no run shows, with a rule of their own: that of a model is in its folder.
WITH_OWN_RULES = {"model_card"}


def test_the_registry_needs_neither_matplotlib_nor_torch() -> None:
    code = "import sys, figures.registry; print({'matplotlib', 'torch', 'pandas', 'numpy'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_every_module_that_draws_is_registered_and_every_name_is_used_once() -> None:
    assert {figure.draws for figure in FIGURES} | WITH_OWN_RULES == MODULES
    assert len({figure.name for figure in FIGURES}) == len({figure.pattern for figure in FIGURES}) == len(FIGURES)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_every_figure_has_a_caption(figure) -> None:
    assert len((RESOURCES / f"captions/{figure.name}.rst").read_text(encoding="utf-8").split()) > 20


@pytest.mark.parametrize("module", sorted(MODULES))
def test_the_writer_of_a_figure_has_the_parameters_of_draw_and_both_files(module: str) -> None:
    parameters = inspect.signature(figure_writer(module)).parameters
    assert {"svg", "png"} <= set(parameters)
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters.values())
    assert all(not isinstance(parameter.annotation, str) for parameter in parameters.values())
