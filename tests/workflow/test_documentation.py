"""What the documentation shows is run as it stands."""

import re
from pathlib import Path

import pytest
import yaml
from torch import nn

from rc_equivariant import Conv1d, Representation
from workflow_support.configuration import resolve
from workflow_support.configuration.documentation import SCHEMA_FILE, page

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


def test_the_page_of_the_configuration_is_current():
    written = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    assert page() == written, "run `make docs`, which writes docs/configuration.md again"


def test_the_examples_of_the_configuration_are_a_run(tmp_path):
    """All examples together are one configuration, which resolves as it stands."""
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    examples = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    config = {key: value for example in examples for key, value in example.items()}
    assert len(config) == sum(map(len, examples)) > 10
    for file in ("hg38.fa.gz", "GATA1.narrowPeak.gz"):
        (tmp_path / file).touch()
    settings, locations = resolve(config | {"data": str(tmp_path)}, [], SCHEMA_FILE)
    assert set(locations) == {"genomes.hg38.fasta", "tasks.GATA1.peaks"}
    assert set(config) <= set(settings)
