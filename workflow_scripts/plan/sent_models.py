"""Models that were sent, which a run uses in place of networks of its own."""

from __future__ import annotations

import hashlib
from pathlib import Path

from configuration import MODEL, MODEL_FILES, START, Location
from workflow_support.provenance import file_digest

from .run import Run, Settings


class SentModels:
    """The models with which arms begin, and those that predictions, attributions and sets of variants use.

    A rule opens each of them before anything else is done, so that a damaged one is noticed early. A model is known by
    the digest of its description, or of its zip, and not by its date: another one in its place is opened again.

    Attributes
    ----------
    keys
        The key in the configuration, such as ``predict.enhancers.model``, by the folder of an opened model.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.keys: dict[str, str] = {}
        for key in run.locations:
            *others, name = key.split(".")
            if name == MODEL:
                self.keys.setdefault(self._of_start(run.locations[key]) if others[-1] == START else key, key)

    def opened(self, folder: str = "{sent}") -> list[str]:
        """The paths of the description and the weights of a model once it is opened; by default with a wildcard."""
        return [self.run.path(f"opened/{folder}/{file}") for file in MODEL_FILES]

    def of_arm(self, task: str, arm: str) -> list[str]:
        """The description and the weights of the model with which the networks of an arm begin, if there is one."""
        given = self._start(arm)
        return self.opened(self._of_start(Location.of(given[MODEL]))) if given else []

    def frozen(self, task: str, arm: str) -> list[str]:
        """The layers of an arm that keep the weights of this model."""
        return self._start(arm).get("frozen", [])

    def sources(self, folder: str) -> list[str]:
        """The files of a model where they lie or are fetched to: two of a folder, or a zip."""
        return _files_at(self.run.local_path(self.keys[folder]))

    def digest(self, folder: str) -> str | None:
        """The digest of a local model, or "absent"; None of a fetched one, which its address and checksum name."""
        location = self.run.locations[self.keys[folder]]
        if location.is_remote:
            return None
        file = Path(_files_at(location.address)[0])
        return file_digest(file) if file.exists() else "absent"

    def _start(self, arm: str) -> Settings:
        return self.run.settings["study"]["arms"][arm].get(START, {})

    def _of_start(self, location: Location) -> str:
        """The folder of a model with which arms begin; the trials of an arm, and its values of a list, share it."""
        return f"{START}.{hashlib.sha256(location.address.encode()).hexdigest()[:16]}"


def _files_at(address: str) -> list[str]:
    """Both files of a folder, the description first; or the zip at this path."""
    source = Path(address)
    return [str(source / file) for file in MODEL_FILES] if source.is_dir() else [address]
