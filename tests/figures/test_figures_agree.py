"""All figures of a run agree: an arm has one colour and one name, and text has the same sizes on the page."""

import importlib
import inspect
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from figure_tables import BASELINE, MockRun
from figure_words import RESOURCES
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from profile_run import ProfileRun
from study_tables import GROUPS, StudyTables

from figures.arms import BASELINE_LABEL, LINES, MARKERS, Mark, arm_label, arm_marks
from figures.registry import FIGURES
from figures.style import COLUMN_WIDTH, PAGE_WIDTH, SMALL, TEXT, TITLE
from genome_data.motifs import FoundMotif, read_motif, write_meme
from study.tables import write_table
from workflow_support.palette import BASELINE_COLOUR, GREY, HUES, OTHER_HUE

# Vision without receptors of green and without those of red, of linear RGB: Machado, Oliveira & Fernandes (2009).
DEUTERANOPIA = np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]])
PROTANOPIA = np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]])
WITH_ROWS = ["performance", "reverse_complement_error", "study_arms", "study_flips", "profile_performance"]
WITH_LINES = [
    "training_curves", "roc_and_precision_recall", "profile_training_curves", "study_learning_curves", "study_gain",
    "place_of_site",
]  # fmt: skip
WITH_PANELS = ["calibration"]
ARMS = GROUPS | {"irrep_k3": "irrep"}
"""The arms of one run, of which every figure shows some."""


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Figure]:
    run, profiles = MockRun(tmp_path_factory.mktemp("run")), ProfileRun(tmp_path_factory.mktemp("profiles"))
    study, folder = StudyTables(["CTCF", "SPI1"], 5), tmp_path_factory.mktemp("study")
    tables = {}
    for name in ("replicates", "means", "table", "comparisons", "intervals", "positions"):
        tables[name] = folder / f"{name}.tsv"
        write_table(getattr(study, name), tables[name])
    of_tasks = {"metrics": study.metrics, "references": study.references, "shown": study.shown}

    def draw(module: str, **inputs: object) -> Figure:
        return importlib.import_module(f"figures.{module}").draw(**inputs)

    def of_study(*names: str) -> dict[str, object]:
        return {name: (tables | of_tasks)[name] for name in names} | {"arms": ARMS}

    of_networks = {"evaluations": run.network_evaluations, "arms": ARMS}
    of_all = {"evaluations": run.evaluations, "arms": ARMS}
    return {
        "performance": draw("performance", **of_all),
        "calibration": draw("calibration", predictions=run.predictions, **of_all),
        "roc_and_precision_recall": draw("roc_and_precision_recall", predictions=run.predictions, **of_all),
        "reverse_complement_error": draw("reverse_complement_error", **of_networks),
        "training_curves": draw("training_curves", histories=run.histories, models=run.models, **of_networks),
        "peak_accounting": draw("peak_accounting", counts=run.counts, tasks=run.tasks),
        "gc_matching": draw("gc_matching", windows=run.windows, tasks=run.tasks),
        "profile_performance": draw("performance", **profiles.inputs("profile_performance") | {"arms": ARMS}),
        "profile_training_curves": draw(
            "training_curves", **profiles.inputs("profile_training_curves") | {"arms": ARMS}
        ),
        "profile_examples": draw("profile_examples", **profiles.inputs("profile_examples")),
        "strand_footprint": draw("strand_footprint", **profiles.inputs("strand_footprint")),
        "study_arms": draw("study_arms", **of_study("replicates", "intervals", "metrics", "references")),
        "study_flips": draw("study_flips", tasks=study.tasks, **of_study("replicates")),
        "study_gain": draw("study_gain", **of_study("comparisons", "means", "metrics", "references", "shown")),
        "study_learning_curves": draw("study_learning_curves", **of_study("means", "metrics", "shown")),
        "study_sweep": draw("study_sweep", setting="kmer", **of_study("means", "table", "metrics")),
        "place_of_site": draw("place_of_site", tasks=dict.fromkeys(study.tasks, study.shown), **of_study("positions")),
        "hyperbolicity": draw("hyperbolicity", **embeddings(folder), arms=ARMS),
        "contribution_logos": draw("contribution_logos", **contributions(folder)),
        "motif_logos": draw("motif_logos", **motifs(folder)),
        "variant_effects": draw("variant_effects", **variants(folder)),
        "variant_significance": draw("variant_significance", table=variants(folder)["table"]),
    }


def embeddings(folder: Path) -> dict[str, Path]:
    samples = pd.DataFrame({"sample": [1, 2], "relative_delta": [0.4, 0.5]})
    samples = samples.assign(**dict(zip(["q05", "q25", "q50", "q75", "q95"], np.linspace(0.1, 0.3, 5), strict=True)))
    names = {"task": "CTCF", "seed": 1}
    write_table(pd.concat(samples.assign(arm=arm, **names) for arm in ("standard", "irrep_k3")), folder / "hyper.tsv")
    write_table(samples.assign(space="hyperbolic", dimension=2, curvature=-1.0), folder / "spaces.tsv")
    return {"hyperbolicity": folder / "hyper.tsv", "references": folder / "spaces.tsv"}


def contributions(folder: Path) -> dict[str, Path]:
    rng = np.random.default_rng(0)
    np.save(folder / "contributions.npy", rng.normal(size=(2, 60, 4)))
    np.save(folder / "sequences.npy", rng.integers(0, 4, (2, 60), dtype=np.uint8))
    pd.DataFrame({"contig": "chr1", "start": [0, 100]}).to_csv(folder / "logos.tsv", sep="\t", index=False)
    names = {"contributions": "contributions.npy", "sequences": "sequences.npy", "table": "logos.tsv"}
    return {name: folder / file for name, file in names.items()}


def motifs(folder: Path) -> dict[str, Path | list[Path]]:
    known = RESOURCES / "motifs/MA0058.4.MAX.jaspar"
    write_meme({"motif_1": FoundMotif(read_motif(known).probabilities, 20)}, folder / "motifs.meme")
    match = {"match": "MAX", "accession": "MA0058.4", "correlation": 1.0, "q": None, "strand": "+", "offset": 0}
    numbers = {"motif": "motif_1", "sites": 20, "instances": 31, "bits": 12.0, "evidence": "known motif"}
    pd.DataFrame([numbers | match]).to_csv(folder / "motifs.tsv", sep="\t", index=False)
    return {"motifs": folder / "motifs.meme", "table": folder / "motifs.tsv", "known": [known]}


def variants(folder: Path) -> dict[str, Path]:
    table = pd.DataFrame({"effect": [1.0, -1.0], "p_value": [1e-7, 0.1], "difference": [0.5, -0.2]})
    table = table.assign(id="rs1", contig="chr1", position=[7, 9], null_p=[0.001, 0.5], null_q=[0.002, 0.5])
    table.to_csv(folder / "variants.tsv", sep="\t", index=False)
    row = {"scorer": "network", "n": 2, "pearson": 0.5, "low": 0.1, "high": 0.8}
    rows = [row | {"subset": subset} for subset in ("all", "p < 1e-05")]
    (folder / "correlation.json").write_text(json.dumps(rows))
    return {"table": folder / "variants.tsv", "correlation": folder / "correlation.json"}


def colours_of_rows(figure: Figure) -> dict[str, set[str]]:
    """Colours of what is drawn in the row of each name, in all panels."""
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    found = {name: set() for name in names}
    for axis in figure.axes:
        for line in axis.lines:
            heights = np.unique(np.round(np.asarray(line.get_ydata(), dtype=float)))
            # Lines across all rows are references.
            if len(heights) == 1 and line.get_xdata().__len__() and 0 <= heights[0] < len(names):
                is_reference = list(line.get_ydata()) == [0, 1]
                if not is_reference:
                    found[names[int(heights[0])]].add(to_hex(line.get_color()))
    return found


def colours_of_lines(figure: Figure) -> dict[str, set[str]]:
    """Colour of each name in the legend; what is drawn has these colours alone."""
    handles = {text.get_text(): line for text, line in zip(*legend(figure), strict=True)}
    lines = [line for axis in figure.axes for line in axis.lines]
    bars = [each for axis in figure.axes for each in axis.collections if isinstance(each, LineCollection)]
    drawn = {to_hex(line.get_color()) for line in lines} | {to_hex(c) for bar in bars for c in bar.get_color()}
    assert drawn - {to_hex(GREY)} <= {to_hex(line.get_color()) for line in handles.values()}
    return {name: {to_hex(line.get_color())} for name, line in handles.items()}


def colours_of_panels(figure: Figure) -> dict[str, set[str]]:
    """Colours of what is drawn in the panels of each title, beside the grey of references."""
    found: dict[str, set[str]] = {}
    for axis in figure.axes:
        colours = {to_hex(line.get_color()) for line in axis.lines} - {to_hex(GREY)}
        found.setdefault(axis.get_title().replace("\n", " "), set()).update(colours)
    return found


def legend(figure: Figure) -> tuple[list[Text], list]:
    return figure.legends[0].get_texts(), figure.legends[0].get_lines()


def test_an_arm_has_one_colour_and_one_name_in_all_figures_of_a_run(figures) -> None:
    expected = {arm_label(arm): {mark.colour.lower()} for arm, mark in arm_marks(ARMS, [*ARMS, BASELINE]).items()}
    seen = set()
    for name in WITH_ROWS + WITH_LINES + WITH_PANELS:
        kinds = {colours_of_rows: WITH_ROWS, colours_of_lines: WITH_LINES, colours_of_panels: WITH_PANELS}
        found = next(colours_of(figures[name]) for colours_of, names in kinds.items() if name in names)
        arms = {label: colours for label, colours in found.items() if label in expected}
        assert arms == {label: expected[label] for label in arms}, name
        assert len(arms) > 1, name
        assert name in WITH_LINES or arms == found, name
        seen |= set(arms)
    assert seen == set(expected)


def test_the_baseline_has_its_name_and_colour_wherever_it_is_drawn(figures) -> None:
    for name in ("performance", "roc_and_precision_recall", "study_arms"):
        assert colours_of_lines_named(figures[name], BASELINE_LABEL) == BASELINE_COLOUR


def colours_of_lines_named(figure: Figure, name: str) -> str:
    return next(line.get_color() for text, line in zip(*legend(figure), strict=True) if text.get_text() == name)


def test_marks_of_a_sweep_are_those_of_its_arms(figures) -> None:
    marks = arm_marks(ARMS, [arm for arm in ARMS if arm.startswith("regular")])
    drawn = {(line.get_color(), line.get_marker()) for line in figures["study_sweep"].axes[0].lines}
    assert {(mark.colour, mark.marker) for mark in marks.values()} <= drawn


def test_lines_of_the_hyperbolicity_of_an_arm_have_its_colour(figures) -> None:
    expected = {mark.colour for mark in arm_marks(ARMS, ["standard", "irrep_k3"]).values()}
    assert {line.get_color() for line in figures["hyperbolicity"].axes[0].lines if line.get_marker() == "x"} == expected


def test_text_has_the_same_sizes_on_the_page_in_all_figures(figures) -> None:
    for name, figure in figures.items():
        figure.draw_without_rendering()
        texts = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
        assert texts, name
        assert {text.get_fontsize() for text in texts} <= {SMALL, TEXT, TITLE}, name
        assert figure.get_figwidth() in (COLUMN_WIDTH, PAGE_WIDTH), name


def test_these_figures_are_in_the_registry_and_all_that_draw_arms_are_compared(figures) -> None:
    assert set(figures) <= {figure.name for figure in FIGURES}
    draws_arms = {name for name in figures if "arms" in inspect.signature(module_of(name).draw).parameters}
    assert draws_arms == {*WITH_ROWS, *WITH_LINES, *WITH_PANELS, "study_sweep", "hyperbolicity"}


def module_of(name: str) -> ModuleType:
    return importlib.import_module(f"figures.{next(figure.draws for figure in FIGURES if figure.name == name)}")


def linear(colours: list[str]) -> np.ndarray:
    rgb = np.array([to_rgb(colour) for colour in colours])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def least_distance(colours: np.ndarray) -> float:
    distances = np.linalg.norm(colours[:, None] - colours, axis=2)
    return distances[np.triu_indices(len(colours), 1)].min()


def test_colours_stay_apart_also_for_the_colour_blind_and_stand_out_from_white() -> None:
    shades = [shade for hue in (*HUES.values(), OTHER_HUE) for shade in hue] + [BASELINE_COLOUR]
    assert len(set(shades)) == len(shades)
    hues = [hue[0] for hue in (*HUES.values(), OTHER_HUE)] + [BASELINE_COLOUR]
    seen = linear(hues)
    for vision in (np.eye(3), DEUTERANOPIA, PROTANOPIA):
        encoded = np.clip(seen @ vision.T, 0, 1) ** (1 / 2.2)
        assert least_distance(encoded) > 0.15
    for hue in (*HUES.values(), OTHER_HUE):
        assert least_distance(np.array([to_rgb(shade) for shade in hue])) > 0.25
    rgb = np.array([to_rgb(shade) for shade in shades])
    assert (rgb @ [0.2126, 0.7152, 0.0722] < 0.78).all(), "too pale on white"


def test_arms_of_a_group_stay_apart_in_colour_line_and_marker() -> None:
    arms = {f"arm{number}": "irrep" for number in range(60)}
    marks = list(arm_marks(arms, arms).values())
    assert len({(mark.colour, mark.marker, mark.line) for mark in marks}) == 60
    assert len({(mark.colour, mark.line) for mark in marks[:12]}) == 12
    assert {mark.marker for mark in marks} == set(MARKERS)
    assert {mark.line for mark in marks} == set(LINES)


def test_the_arms_of_the_run_decide_and_not_those_that_a_figure_shows() -> None:
    marks = arm_marks(ARMS, ARMS)
    assert arm_marks(ARMS, ["irrep_p1", "standard"]) == {arm: marks[arm] for arm in ("standard", "irrep_p1")}
    assert arm_marks(dict(list(ARMS.items())[:2]), ["standard"]) == {"standard": marks["standard"]}
    assert marks["post_hoc"] == Mark(HUES["combination"][0], MARKERS[0], LINES[0])
    with pytest.raises(ValueError, match="not among the arms of the run: other"):
        arm_marks(ARMS, pd.Series(["standard", "other"]))


def test_a_representation_without_a_hue_is_drawn_too() -> None:
    assert arm_marks({"a": "new"}, ["a"])["a"].colour == OTHER_HUE[0]
