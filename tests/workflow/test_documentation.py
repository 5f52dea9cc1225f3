"""What the documentation shows is run as it stands."""

import re
from pathlib import Path

import pytest
from torch import nn

from rc_equivariant import Conv1d, Representation

ROOT = Path(__file__).parents[2]


def python_in(document):
    return re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("document", ["README.md", "docs/layers.md"])
def test_the_networks_shown_do_not_see_the_strand(document, capsys):
    exec(python_in(document)[0], {})
    assert float(re.search(r"tensor\((\S+?)[,)]", capsys.readouterr().out)[1]) < 1e-4


def test_the_kit_passes_an_equivariant_layer_and_no_other():
    _, check = python_in("docs/layers.md")
    of_type, to_type = Representation(regular=8), Representation(trivial=4, sign=4)
    exec(check, {"my_layer": Conv1d(of_type, to_type, 5)})
    with pytest.raises(AssertionError, match="Conv1d"):
        exec(check, {"my_layer": nn.Conv1d(of_type.size, to_type.size, 5)})
