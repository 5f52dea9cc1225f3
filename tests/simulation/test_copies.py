"""Copies of transposable elements lie where and as they are asked for, and labels say what a window holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("dendropy", reason="trees are DendroPy's, which is not installed")

from simulate_phylogeny import simulate_phylogeny

from genome_data.alphabet import reverse_complement
from simulation.copies import Copies, place_copies

UNIFORM = np.full(4, 0.25)
SETTINGS = {
    "leaves": 60, "shape": "balanced", "depth": 0.4, "extinction": 0, "length": 80, "classes": "clades", "clades": 4,
    "substitutions": {"model": "jc69", "kappa": 2.0, "frequencies": [0.25] * 4},
    "indels": {"indel_rate": 0.0, "indel_length": 3.0}, "seed": 1,
    "copies": {"window": 120, "truncated": 0.5, "nested": 0.2, "background": 0},
}  # fmt: skip


def elements(count: int = 200, length: int = 60) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {f"leaf{number}": rng.integers(4, size=length).astype(np.uint8) for number in range(count)}


def placed(count: int = 200, **options) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    copies = Copies(**{"window": 100, "truncated": 0, "nested": 0, "background": 0} | options)
    return place_copies(elements(count), copies, UNIFORM, np.random.default_rng(1))


def longest_ends(window: np.ndarray, codes: np.ndarray) -> int:
    """The most bases of the 3' end of an element that the window holds, on either strand."""
    texts = [window.tobytes(), reverse_complement(window).tobytes()]
    held = [n for n in range(len(codes) + 1) if any(codes[len(codes) - n :].tobytes() in text for text in texts)]
    return max(held)


def test_whole_copies_lie_anywhere_and_on_either_strand():
    windows, background = placed()
    assert not background
    starts, forward = [], 0
    for name, codes in elements().items():
        assert len(windows[name]) == 100
        assert longest_ends(windows[name], codes) == 60
        at = windows[name].tobytes().find(codes.tobytes())
        forward += at >= 0
        starts += [at] if at >= 0 else []
    assert 70 < forward < 130
    assert min(starts) < 5
    assert max(starts) > 35


def test_truncated_copies_keep_their_3_prime_end():
    windows, _ = placed(truncated=1)
    kept = np.array([longest_ends(windows[name], codes) for name, codes in elements().items()])
    assert kept.min() >= 12
    assert kept.mean() == pytest.approx(36, abs=4)
    some, _ = placed(truncated=0.3)
    whole = np.mean([longest_ends(some[name], codes) == 60 for name, codes in elements().items()])
    assert whole == pytest.approx(0.7, abs=0.1)


def test_nested_copies_are_broken_by_a_part_of_another():
    """Both parts are there, apart from each other by a fifth to a half of an element, where both are long enough."""
    windows, _ = placed(nested=1, window=200)
    broken = whole = 0
    for name, codes in elements().items():
        texts = [windows[name].tobytes(), reverse_complement(windows[name]).tobytes()]
        gaps = {
            text.find(codes[at:].tobytes(), found + at) - found - at
            for text in texts
            for at in range(12, 49)
            if (found := text.find(codes[:at].tobytes())) >= 0 and codes[at:].tobytes() in text[found + at :]
        }
        broken += any(12 <= gap <= 30 for gap in gaps)
        whole += longest_ends(windows[name], codes) == 60
    # The inserted part may end with the one base that it has before it.
    assert whole <= 4
    # 37 of the 59 places of an insertion leave 12 bases or more on both sides.
    assert broken / 200 == pytest.approx(37 / 59, abs=0.1)


def test_longer_copies_lose_both_ends_equally():
    windows, _ = placed(window=40)
    for name, codes in elements().items():
        assert windows[name].tobytes() in (codes[10:50].tobytes(), reverse_complement(codes[10:50]).tobytes())


def test_background_holds_no_element_and_has_its_composition():
    windows, background = placed(background=0.5)
    assert len(background) == 100
    assert not any(longest_ends(window, elements()["leaf0"]) > 12 for window in background.values())
    of_windows, of_background = (
        np.bincount(np.concatenate(list(each.values())), minlength=4) for each in (windows, background)
    )
    assert of_windows / of_windows.sum() == pytest.approx(of_background / of_background.sum(), abs=0.02)


def simulated(folder: Path, **changes) -> pd.DataFrame:
    files = [folder / name for name in ("sequences.tsv", "tree.nwk", "parameters.tsv")]
    simulate_phylogeny([], SETTINGS | changes, *files)
    return pd.read_csv(files[0], sep="\t")


def test_families_are_clades_and_their_windows_are_all_there(tmp_path: Path):
    table = simulated(tmp_path)
    assert table["label"].value_counts().to_dict() == dict.fromkeys(range(4), 15)
    assert set(table["sequence"].str.len()) == {120}
    without = {key: value for key, value in SETTINGS.items() if key != "copies"}
    simulate_phylogeny([], without, *[tmp_path / name for name in ("plain.tsv", "plain.nwk", "plain.parameters.tsv")])
    assert pd.read_csv(tmp_path / "plain.tsv", sep="\t")["label"].tolist() == table["label"].tolist()


def test_elements_are_labelled_apart_from_background(tmp_path: Path):
    table = simulated(tmp_path, classes="element", copies=SETTINGS["copies"] | {"background": 0.5})
    is_element = table["name"].str.startswith("leaf")
    assert (table["label"] == is_element).all()
    assert is_element.sum() == 60
    assert len(table) == 90
