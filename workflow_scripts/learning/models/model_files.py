"""A model as a folder that can be sent: the networks of an arm or combination, and all that is known of them.

The folder has ``weights.safetensors`` and ``model.json``; a zip of the folder serves as well. The digests in
``model.json`` show whether either file was changed. Nothing in a folder is ever executed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from rc_equivariant.descriptions.tracks import TRACKS
from workflow_support.errors import InputError
from workflow_support.files import atomic_paths
from workflow_support.kinds import PROFILE
from workflow_support.provenance import file_digest

from .networks import architecture_of
from .saved import ModelDescription, descriptions_in, load_described, read_json, write_weights

DESCRIPTION, WEIGHTS = "model.json", "weights.safetensors"
#: The version of folders, to be raised whenever descriptions of models or of networks change their meaning.
FORMAT = 2
#: Keys of ``model.json`` and their types.
KEYS: dict[str, type | tuple[type, ...]] = {
    "format": int,
    "name": str,
    "kind": str,
    "answers": str,
    "window": int,
    "encoding": dict,
    "tracks": dict,
    "output_length": (int, type(None)),
    "classes": list,
    "average_strands": bool,
    "threshold": (int, float, type(None)),
    "evaluation": dict,
    "training_data": dict,
    "networks": list,
    "files": dict,
    "digest": str,
}
FIX = "get the folder again from where it was made"
_ALLOWED = "the model.json of a model folder"
#: A file in a zip that is larger than this may not be much larger than it is in the zip.
_LARGE, _LARGEST_RATIO = 2**24, 100


def write_model(
    folder: Path,
    replicates: Sequence[tuple[nn.Module, ModelDescription]],
    *,
    name: str,
    classes: Sequence[str],
    average_strands: bool,
    threshold: float | None,
    evaluation: Mapping[str, Any],
    training_data: Mapping[str, Any],
) -> None:
    """Write both files of a model folder.

    Parameters
    ----------
    replicates
        The networks whose mean is the answer of the model.
    classes
        The names of the classes, in the order of their indices; none for profiles.
    average_strands
        Whether answers are the mean of both strands as well.
    threshold
        The logit from which on a sequence is called one of class 1; None where there are not two classes.
    evaluation, training_data
        Metrics of the answer of the model, and the data that the networks learnt from, for readers.
    """
    kind = replicates[0][1].kind
    with atomic_paths(folder / WEIGHTS, folder / DESCRIPTION) as (weights, description):
        write_weights(weights, replicates)
        content = {
            "format": FORMAT,
            "name": name,
            "kind": kind,
            **_facts_of([network for network, _ in replicates]),
            "classes": list(classes),
            "average_strands": average_strands,
            "threshold": threshold,
            "evaluation": dict(evaluation),
            "training_data": dict(training_data),
            "networks": [asdict(each) for _, each in replicates],
            "files": {WEIGHTS: file_digest(weights)},
        }
        content["digest"] = digest_of(content)
        description.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _facts_of(networks: Sequence[nn.Module]) -> dict[str, Any]:
    """The entries of ``model.json`` that follow from the networks."""
    described = [architecture_of(network) for network in networks]
    one = described[0]
    return {
        "answers": one.answers,
        "window": one.window,
        "encoding": {"alphabet": "ACGT", "unknown": "N", "kmers": sorted({each.symmetry.kmer for each in described})},
        "tracks": {name: list(TRACKS[name].strands) for name in one.tracks},
        "output_length": one.output_length if one.answers == PROFILE else None,
    }


def digest_of(content: Mapping[str, Any]) -> str:
    """The digest of all of ``model.json`` but its own entry ``digest``, whatever the order of keys and line breaks."""
    rest = {key: value for key, value in content.items() if key != "digest"}
    return f"sha256:{hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()}"


def read_description(file: Path) -> dict[str, Any]:
    """The checked content of a ``model.json``.

    Raises
    ------
    InputError
        If it is no such file, has another format, or was changed.
    """
    content = read_json(file, _ALLOWED, FIX)
    version = content.get("format") if isinstance(content, dict) else None
    if version is None:
        raise InputError("not a model", file=file, found="no entry `format`", allowed=_ALLOWED, fix=FIX)
    if version != FORMAT:
        raise InputError(
            "the model has another format than this software reads",
            file=file,
            found=f"format {version}",
            allowed=f"format {FORMAT}",
            fix="use the version of the software that wrote the model, or train it again with this one",
        )
    wrong = [key for key, kind in KEYS.items() if key not in content or not isinstance(content[key], kind)]
    if wrong or set(content) != set(KEYS):
        raise InputError(
            "the model has not the entries of its format",
            file=file,
            found=f"missing or of another type: {', '.join(wrong) or 'none'}; unknown: "
            f"{', '.join(sorted(set(content) - set(KEYS))) or 'none'}",
            allowed=", ".join(KEYS),
            fix=FIX,
        )
    try:
        found = digest_of(content)
    except RecursionError as error:
        raise InputError(f"not readable: {error}", file=file, allowed=_ALLOWED, fix=FIX) from error
    _require_digest(file, content["digest"], found)
    return content


def load_model_networks(
    weights: Path, description: Path, device: torch.device
) -> list[tuple[nn.Module, ModelDescription]]:
    """The networks of a model, in evaluation mode on ``device``, and their descriptions.

    Raises
    ------
    InputError
        If a file is missing, damaged, changed or of another format.
    """
    content = read_description(description)
    if not weights.is_file():
        raise _lacks(weights.parent, WEIGHTS)
    _require_digest(weights, str(content["files"].get(WEIGHTS)), file_digest(weights))
    loaded = load_described(weights, descriptions_in(content["networks"], description), description, device)
    networks = [network for network, _ in loaded]
    facts = _facts_of(networks)
    stated = {key: content[key] for key in facts}
    classes = architecture_of(networks[0]).classes if facts["answers"] != PROFILE else 0
    if stated != facts or len(content["classes"]) != classes:
        raise InputError(
            "the model is not what its description says",
            file=description,
            found=f"{stated} and {len(content['classes'])} classes",
            allowed=f"{facts} and {classes} classes, as its networks have",
            fix=FIX,
        )
    return loaded


def averages_strands(descriptions: Sequence[Path]) -> bool:
    """Return True if one of these files is the ``model.json`` of a model whose answers are the mean of both strands."""
    return any(read_description(file)["average_strands"] for file in descriptions if file.name == DESCRIPTION)


@contextmanager
def model_folder(source: Path) -> Iterator[Path]:
    """Yield the folder of a model: the source itself, or a temporary folder with the files of a zip.

    Raises
    ------
    InputError
        If the source is neither a folder nor a zip with both files of a model.
    """
    if source.is_dir():
        for name in (DESCRIPTION, WEIGHTS):
            if not (source / name).is_file():
                raise _lacks(source, name)
        yield source
        return
    with tempfile.TemporaryDirectory() as folder:
        _take_out(source, Path(folder))
        yield Path(folder)


def _take_out(source: Path, folder: Path) -> None:
    """Write both files of a zip to a folder. No other entry of the zip is read, and no name in it becomes a path."""
    if not source.exists():
        raise InputError(
            "there is no such model", file=source, allowed="a model folder or a zip of one", fix="correct the path"
        )
    try:
        with zipfile.ZipFile(source) as archive:
            place = _place_in(archive, source)
            for name in (DESCRIPTION, WEIGHTS):
                entry = archive.getinfo(place + name)
                if entry.file_size > _LARGE and entry.file_size > _LARGEST_RATIO * entry.compress_size:
                    raise _not_a_zip(source, f"{name} is {entry.file_size:,} bytes, far more than in the zip")
                with archive.open(entry) as packed, (folder / name).open("wb") as out:
                    shutil.copyfileobj(packed, out)
    except KeyError:
        raise _lacks(source, WEIGHTS) from None
    # A zip that is encrypted or packed in an unknown way raises the last two.
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise _not_a_zip(source, str(error)) from error


def _place_in(archive: zipfile.ZipFile, source: Path) -> str:
    """The folder in a zip, as the beginning of names, that has the only ``model.json``."""
    found = [name for name in archive.namelist() if name.rpartition("/")[2] == DESCRIPTION]
    if not found:
        raise _lacks(source, DESCRIPTION)
    if len(found) > 1:
        raise _not_a_zip(source, f"{len(found)} files {DESCRIPTION}")
    return found[0].removesuffix(DESCRIPTION)


def _require_digest(file: Path, stated: str, found: str) -> None:
    if found != stated:
        raise InputError(
            f"the file is not the one that its digest in {DESCRIPTION} names: it was changed or damaged",
            file=file,
            found=found,
            allowed=stated,
            fix=FIX,
        )


def _lacks(source: Path, name: str) -> InputError:
    return InputError(
        f"a model lacks its {name}",
        file=source,
        found=f"no {name}",
        allowed=f"a folder, or a zip of one, with {DESCRIPTION} and {WEIGHTS}",
        fix=FIX,
    )


def _not_a_zip(source: Path, found: str) -> InputError:
    return InputError(
        "neither a model folder nor a zip of one",
        file=source,
        found=found,
        allowed="a zip of one model folder",
        fix=FIX,
    )
