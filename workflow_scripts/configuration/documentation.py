"""The page ``docs/configuration.md``, which documents every key of a configuration and is generated from the schema.

Write it with ``python -m configuration.documentation docs/configuration.md config/README.md``: the second is where the
Snakemake Workflow Catalog looks for the same page.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import MISSING
from pathlib import Path
from typing import Any

from learning.training.options import TRAININGS
from rc_equivariant.descriptions.heads import HEADS
from rc_equivariant.descriptions.options import Option, options_of
from rc_equivariant.descriptions.trunks import TRUNKS
from workflow_support.files import atomic_path

from .generated import option_schema
from .schema import read_schema
from .values import describe_value

Schema = Mapping[str, Any]
#: Key, meaning, default and allowed values.
Row = tuple[str, str, str, str]

#: Parts whose options depend on their type; the page has a table for each type.
WITH_OWN_TABLES = ("networks.<name>.trunk", "networks.<name>.head", "trainings.<name>")
SCHEMA_FILE = Path(__file__).parents[2] / "resources/schemas/config.schema.json"

INTRODUCTION = """# Configuration

One YAML file describes a run, or several files, of which later ones override earlier ones:
`--configfile study.yaml my.yaml`. This page lists every key with its default and its allowed values. `make docs`
generates it from the definitions that the workflow uses.

You choose the names of genomes, tasks, arms and so on; this page writes them as `<name>`. A location is a path, a URL
(http, https or ftp) or `{location: ..., checksum: ...}`, where the checksum is `sha256:` or `md5:` and the digest. In a
location, `{data}` stands for the folder given as `data`.
"""

#: The headings of the page, each with its keys and an example.
SECTIONS: dict[str, tuple[list[str], str]] = {
    "The run": (
        ["name", "data", "only"],
        "name: gata1            # results go to results/gata1/\ndata: /path/to/files   # what {data} stands for",
    ),
    "Genomes": (
        ["genomes"],
        'genomes:\n  hg38:\n    fasta: "{data}/hg38.fa.gz"\n'
        '    splits: {validation: [chr1], test: [chr2, "chr3:1-50000000"]}',
    ),
    "Tasks": (
        ["tasks"],
        'tasks:\n  GATA1:\n    genome: hg38\n    peaks: "{data}/GATA1.narrowPeak.gz"\n    strongest: 5000',
    ),
    "Windows and negatives": (
        ["windows", "negatives", "profile"],
        "windows: {width: 500}\nnegatives: {ratio: 2, margin: 500}",
    ),
    "Networks": (
        ["networks"],
        "networks:\n  binary: {trunk: {kernel_widths: [12, 9]}}       # changes a built-in network\n"
        "  deep: {like: labelled, trunk: {dilations: [1, 2, 4]}}   # a new one",
    ),
    "Trainings": (
        ["trainings", "compute"],
        "trainings:\n  binary: {epochs: 40}\n  slow: {like: binary, learning_rate: 0.0003}\ncompute: {device: cuda}",
    ),
    "The study": (
        ["study"],
        "study:\n  arms:\n    standard: {representation: standard, kmer: 1, channels: 16}\n"
        "    irrep: {representation: irrep, kmer: [1, 3], channels: 32, plus_fraction: 0.75}\n"
        "    deep: {representation: rcps, kmer: 1, channels: 32, network: labelled, training: {epochs: 20}}\n"
        "  seeds: [1, 2, 3]\n  claims: [{better: irrep_k3, than: standard}]",
    ),
    "Uses of trained networks": (
        ["predict", "attribute", "variants"],
        "predict:\n  chr22: {task: GATA1, arm: irrep_k3, contigs: [chr22], stride: 20}",
    ),
    "Further measurements and simulations": (
        ["hyperbolicity", "simulation", "phylogenies"],
        "hyperbolicity: {points: 80}",
    ),
}


def page() -> str:
    """Return the whole page as Markdown."""
    schema = read_schema(SCHEMA_FILE)
    parts = [INTRODUCTION]
    for heading, (keys, example) in SECTIONS.items():
        parts.append(f"## {heading}\n\n```yaml\n{example}\n```\n")
        parts += [_section(key, schema["properties"][key]) for key in keys]
        if heading == "Networks":
            parts += [_options(f"Options of trunk `{kind}`", part) for kind, part in TRUNKS.items()]
            parts += [_options(f"Options of head `{kind}`", part) for kind, part in HEADS.items()]
        if heading == "Trainings":
            parts += [_options(f"Options of trainings for {kind} tasks", part) for kind, part in TRAININGS.items()]
    return "\n".join(parts)


def _section(key: str, schema: Schema) -> str:
    rows = list(_rows(key, schema))
    return f"**`{key}`**: {schema['description']}\n\n" + (_table(rows) if rows else f"Allowed: {_allowed(schema)}.\n")


def _rows(path: str, schema: Schema) -> Iterator[Row]:
    """Yield one row for each key below ``path``: key, meaning, default and allowed values."""
    if path.endswith(".training") or schema.get("title") == "location":
        return
    required = schema.get("required", [])
    for key, child in schema.get("properties", {}).items():
        if path not in WITH_OWN_TABLES or key in ("type", "like", "kind", "trunk", "head"):
            yield from _row(f"{path}.{key}", child, key in required)
    if isinstance(others := schema.get("additionalProperties"), Mapping):
        yield from _row(f"{path}.<name>", others, False)


def _row(path: str, schema: Schema, is_required: bool) -> Iterator[Row]:
    yield path, schema.get("description", ""), "**required**" if is_required else _default(schema), _allowed(schema)
    yield from _rows(path, schema)
    if isinstance(items := schema.get("items"), Mapping):
        yield from _rows(f"{path}[]", items)


def _options(heading: str, described: type) -> str:
    rows = [
        (each.name, each.doc, _option_default(each), _allowed(option_schema(each))) for each in options_of(described)
    ]
    return f"**{heading}**: {_first_line(described)}\n\n{_table(rows)}"


def _option_default(each: Option) -> str:
    if each.default is MISSING:
        return "**required**"
    return _value(list(each.default) if each.is_list else each.default) + (f" {each.unit}" if each.unit else "")


def _default(schema: Schema) -> str:
    return _value(schema["default"]) if schema.get("default") not in (None, {}) else ""


def _value(value: Any) -> str:
    return f"`{json.dumps(value)}`"


def _allowed(schema: Schema) -> str:
    if schema.get("title") == "location":
        return "a location"
    items = schema.get("items", {})
    if schema.get("type") == "array" and "properties" not in items:
        return f"a list, each item {_allowed(items)}"
    return describe_value(schema)


def _first_line(described: type) -> str:
    return (described.__doc__ or "").partition("\n")[0]


def _table(rows: list[tuple[str, str, str, str]]) -> str:
    lines = ["| key | meaning | default | allowed |", "|---|---|---|---|"]
    lines += [
        "| " + " | ".join((f"`{key}`", *(text.replace("|", "\\|") for text in others))) + " |" for key, *others in rows
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for file in sys.argv[1:]:
        with atomic_path(Path(file)) as partial:
            partial.write_text(page(), encoding="utf-8")
