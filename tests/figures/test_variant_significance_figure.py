"""The volcano of variants: each at its difference and p value, the significant ones marked and named."""

import numpy as np
import pandas as pd

from figures.variant_significance import NAMED, variant_significance_figure


def variants() -> pd.DataFrame:
    differences = np.array([3.0, -2.5, 2.0, -1.9, 1.8, 1.7, 0.1, -0.2])
    return pd.DataFrame(
        {
            "id": ["rs1", ".", None, "rs4", "rs5", "rs6", "rs7", "rs8"],
            "contig": "chr1",
            "position": np.arange(1_000, 1_008),
            "difference": differences,
            "null_p": [0.001] * 6 + [0.9, 0.8],
            "null_q": [0.0013] * 6 + [0.9, 0.9],
        }
    )


def test_variants_stand_at_their_values_and_the_largest_significant_ones_have_names() -> None:
    (axis,) = variant_significance_figure(variants()).axes
    _, others, marked = axis.lines
    assert np.allclose(marked.get_xydata(), [(each, 3) for each in variants()["difference"][:6]])
    assert np.allclose(others.get_xydata(), [(0.1, -np.log10(0.9)), (-0.2, -np.log10(0.8))])
    assert [text.get_text() for text in axis.texts] == ["rs1", "chr1:1,001", "chr1:1,002", "rs4", "rs5"][:NAMED]


def test_variants_without_p_values_are_left_out() -> None:
    table = variants()
    table.loc[[0, 7], ["null_p", "null_q"]] = np.nan
    (axis,) = variant_significance_figure(table).axes
    assert [len(line.get_xdata()) for line in axis.lines[1:]] == [1, 5]
    (note,) = variant_significance_figure(table.assign(null_p=np.nan)).axes
    assert note.get_title(loc="left") == "no variant has a p value"
