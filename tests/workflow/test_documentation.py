"""The code on the pages runs as it stands, and the configurations on them are accepted."""

import copy
import re
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config
from torch import nn

from configuration import documentation, resolution, resolve
from configuration.former import require_current
from rc_equivariant import Conv1d, Representation
from workflow_support.origins import Origins

ROOT = Path(__file__).parents[2]
SCHEMA = documentation.SCHEMA_FILE
#: The pages, without docs/results.md, which `make page` writes, and docs/extending.md, which test_extending.py follows.
PAGES = [
    "README.md",
    *(
        f"docs/{page.name}"
        for page in sorted((ROOT / "docs").glob("*.md"))
        if page.stem not in ("results", "extending")
    ),
]
#: What an example leaves out because another on its page, or the reader's own file, has it.
SURROUNDINGS = {
    "name": "example",
    "data": "data",
    "genomes": {
        name: {"fasta": f"{name}.fa", "splits": {"validation": ["chr1"], "test": ["chr2"]}}
        for name in ("hg19", "hg38", "mm10")
    },
    "tasks": {"GATA1": {"genome": "hg19", "peaks": "GATA1.narrowPeak"}},
    "study": {
        "arms": {
            name: {"representation": name.removesuffix("_k3"), "kmer": 3, "channels": 32} | options
            for name, options in {"regular_k3": {}, "irrep_k3": {"plus_fraction": 0.75}}.items()
        }
        | {"default": {"network": "default", "representation": "regular", "kmer": 3, "channels": 64}},
        "combinations": {"mixed_pair": {"arms": ["regular_k3", "irrep_k3"]}},
        "seeds": [1, 2, 3],
    },
}


def fenced(language, document):
    text = (ROOT / document).read_text(encoding="utf-8")
    return [re.sub(r"^ *", "", code, count=1) for code in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)]


def configurations():
    """Every example of a configuration on the pages."""
    known = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["properties"]
    for page in PAGES:
        for number, code in enumerate(fenced("yaml", page), 1):
            example = yaml.safe_load(code)
            if set(example) & set(known):
                yield pytest.param(example, id=f"{page}-{number}")


def with_surroundings(example):
    """``example`` with all that it leaves out."""
    config = copy.deepcopy(SURROUNDINGS)
    if "tasks" in example:
        del config["tasks"]
    if "arms" in example.get("study", {}):
        del config["study"]["arms"], config["study"]["combinations"]
    update_config(config, example)
    return config


@pytest.mark.parametrize("example", list(configurations()))
def test_every_configuration_shown_is_accepted(example, monkeypatch):
    for check in ("require_file", "require_model"):
        monkeypatch.setattr(resolution, check, lambda *_: None)
    assert resolve(with_surroundings(example), [], SCHEMA).settings["study"]["arms"]


@pytest.mark.parametrize("page", PAGES)
def test_no_key_in_a_sentence_is_a_former_one(page):
    prose = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    for code in re.findall(r"`(\w+: [^`\n]+)`", prose):
        try:
            keys = yaml.safe_load(code)
        except yaml.YAMLError:
            continue
        arm = {key: value for key, value in keys.items() if key == "geometry"}
        require_current(keys | {"study": {"arms": {"arm": arm}}}, Origins([]))


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_exists(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link}
    named = re.findall(r"`((?:resources|workflow_scripts|rules|tests|slurm|benchmarks|envs)/[\w./-]*)`", text)
    files = [(ROOT / page).parent / link for link in links] + [ROOT / name for name in named]
    assert [file for file in files if not file.exists()] == []


@pytest.mark.parametrize("document", ["README.md", "docs/layers.md"])
def test_the_networks_shown_do_not_see_the_strand(document, capsys):
    exec(next(code for code in fenced("python", document) if ".abs().max()" in code), {})
    assert float(re.search(r"tensor\((\S+?)[,)]", capsys.readouterr().out)[1]) < 1e-4


def test_the_kit_passes_an_equivariant_layer_and_no_other():
    (check,) = [block for block in fenced("python", "docs/layers.md") if "my_layer" in block]
    of_type, to_type = Representation(regular=8), Representation(trivial=4, sign=4)
    exec(check, {"my_layer": Conv1d(of_type, to_type, 5)})
    with pytest.raises(AssertionError, match="Conv1d"):
        exec(check, {"my_layer": nn.Conv1d(of_type.size, to_type.size, 5)})


def test_the_page_of_the_configuration_is_current():
    written = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    assert documentation.page() == written, "run `make docs`, which writes docs/configuration.md again"


def test_the_examples_of_the_configuration_are_a_run(tmp_path):
    """All examples together are one configuration, which resolves as it stands."""
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    examples = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    config = {key: value for example in examples for key, value in example.items()}
    assert len(config) == sum(map(len, examples)) > 10
    for file in ("hg38.fa.gz", "GATA1.narrowPeak.gz"):
        (tmp_path / file).touch()
    settings, locations = resolve(config | {"data": str(tmp_path)}, [], SCHEMA)
    assert set(locations) == {"genomes.hg38.fasta", "tasks.GATA1.peaks"}
    assert set(config) <= set(settings)


def test_every_measurement_names_its_command() -> None:
    sections = re.split(r"^##+ ", (ROOT / "docs/measurements.md").read_text(), flags=re.MULTILINE)[1:]
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert len(sections) > 10
    for section in sections:
        assert "```console\n$ " in section, section.splitlines()[0]
        for target in re.findall(r"(?:`|\$ |do |; |time )make (?!run-)([a-z]+)", section):
            assert target in targets, target
