"""A finished run as an RO-Crate: ``python -m study.export_crate NAME [LICENCE]`` writes ``ro-crate-metadata.json``.

The folder of the results becomes the crate (RO-Crate 1.1, with the action of a Process Run Crate): its files, the
inputs that they were made from, and the software that made them, all as ``provenance.json`` records them. Who ran it is
not recorded, and so the crate names no agent.
"""

from __future__ import annotations

import json
import mimetypes
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from workflow_support.errors import InputError
from workflow_support.files import atomic_path
from workflow_support.provenance import file_digest

METADATA = "ro-crate-metadata.json"
#: Digests are a term of Workflow Run Crates, and none of the context of RO-Crate 1.1.
CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"},
]
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
#: Folders of the results that say how the run went, and are none of its results.
LEFT_OUT = ("logs", "benchmarks", "checkpoints", "downloads")
FORMATS = {
    ".tsv": "text/tab-separated-values", ".md": "text/markdown", ".yaml": "application/yaml", ".rst": "text/x-rst",
    ".bw": "application/octet-stream", ".npy": "application/octet-stream", ".safetensors": "application/octet-stream",
    ".fa": "text/x-fasta", ".fai": "text/tab-separated-values", ".bed": "text/tab-separated-values",
    ".sizes": "text/tab-separated-values", ".meme": "text/plain",
}  # fmt: skip
Entity = dict[str, Any]


def export_crate(results: Path, licence: str | None = None) -> Path:
    """Write the metadata of the crate into the folder of a run, and return their path.

    Parameters
    ----------
    licence
        URL of the licence of the results; if none is given, the crate says so.

    Raises
    ------
    InputError
        If the run is not finished.
    """
    record = results / "provenance.json"
    if not record.is_file():
        raise InputError(
            f"{results} is no finished run",
            found="no provenance.json",
            allowed="a folder below results/ whose run is finished",
            fix="give the name of the run, NAME=gata1, or finish it by `make run`",
        )
    provenance = json.loads(record.read_text(encoding="utf-8"))
    files = [_file(results, path) for path in _files(results)]
    inputs = list(_inputs(provenance))
    packages = [_package(name, version) for name, version in provenance["software"]["packages"].items()]
    when = datetime.fromtimestamp(record.stat().st_mtime, UTC)
    graph = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": provenance["name"],
            "description": "Networks that learn the binding of transcription factors, with tables and figures of their "
            f"evaluation: the run {provenance['name']} of the workflow rc-equivariant.",
            "datePublished": when.isoformat(timespec="seconds"),
            "license": {"@id": licence} if licence else "No licence of these results was stated.",
            "conformsTo": {"@id": PROFILE},
            "hasPart": _references(files),
            "mentions": {"@id": "#run"},
        },
        {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        *([{"@id": licence, "@type": "CreativeWork", "name": licence}] if licence else []),
        {
            "@id": "#run",
            "@type": "CreateAction",
            "name": f"Run {provenance['name']}",
            "endTime": when.isoformat(timespec="seconds"),
            "instrument": {"@id": "#workflow"},
            "object": _references(inputs),
            "result": _references(files),
        },
        _workflow(provenance, packages),
        *packages,
        *inputs,
        *files,
    ]
    with atomic_path(results / METADATA) as partial:
        text = json.dumps({"@context": CONTEXT, "@graph": graph}, indent=2, ensure_ascii=False)
        partial.write_text(text + "\n", encoding="utf-8")
    return results / METADATA


def _files(results: Path) -> Iterator[Path]:
    """The results of the run, in alphabetical order.

    Links are left out: a genome that runs share lies beside them, and is an input of which the crate has the digest.
    """
    for path in sorted(results.rglob("*")):
        inside = path.relative_to(results)
        is_hidden = path.is_symlink() or any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not is_hidden and inside.parts[0] not in LEFT_OUT and inside.name != METADATA:
            yield path


def _file(results: Path, path: Path) -> Entity:
    kind = FORMATS.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    inside = path.relative_to(results).as_posix()
    return {
        "@id": quote(inside),
        "@type": "File",
        "name": inside,
        "encodingFormat": kind,
        "contentSize": str(path.stat().st_size),
        "sha256": file_digest(path).removeprefix("sha256:"),
    }


def _inputs(provenance: Entity) -> Iterator[Entity]:
    """The inputs, which lie outside of the crate: by their key in the configuration, their name and their digest."""
    for key, given in provenance["inputs"].items():
        yield {
            "@id": f"#input/{quote(key)}",
            "@type": "CreativeWork",
            "name": Path(given["file"]).name,
            "description": f"The input file of {key} in the configuration.",
            "sha256": given["digest"].removeprefix("sha256:"),
        }


def _package(name: str, version: str) -> Entity:
    return {"@id": f"#package/{name}", "@type": "SoftwareApplication", "name": name, "softwareVersion": version}


def _workflow(provenance: Entity, packages: Sequence[Entity]) -> Entity:
    entity = {
        "@id": "#workflow",
        "@type": "SoftwareApplication",
        "name": "rc-equivariant",
        "softwareVersion": provenance["version"],
        "softwareRequirements": _references(packages),
    }
    git = provenance["git"]
    if git:
        entity["description"] = f"Commit {git['commit']}" + (", with changes" if git["modified"] else "")
    return entity


def _references(entities: Sequence[Entity]) -> list[Entity]:
    return [{"@id": entity["@id"]} for entity in entities]


def main(arguments: Sequence[str]) -> None:
    try:
        print(export_crate(Path("results") / arguments[0], arguments[1] if arguments[1:] else None))
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
