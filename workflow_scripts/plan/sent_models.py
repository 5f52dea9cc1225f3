"""Models that were sent, which a run uses in place of networks of its own."""

from __future__ import annotations

from pathlib import Path

from configuration import MODEL, MODEL_FILES
from workflow_support.provenance import file_digest

from .run import Run


class SentModels:
    """The models that entries of the sections ``predict``, ``attribute`` and ``variants`` name.

    A rule opens each of them before anything else is done, so that a damaged one is noticed early. A model is known by
    the digest of its description, or of its zip, and not by its date: another one in its place is opened again.

    Attributes
    ----------
    used
        The key of each model in the configuration, such as ``predict.enhancers.model``.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.used = [key for key in run.locations if key.endswith(f".{MODEL}")]

    def opened(self, key: str = "{sent}") -> list[str]:
        """The paths of the description and the weights of a model once it is opened; by default with a wildcard."""
        return [self.run.path(f"opened/{key}/{file}") for file in MODEL_FILES]

    def sources(self, key: str) -> list[str]:
        """The files of a model where they lie or are fetched to: two of a folder, or a zip."""
        return self._local_sources(self.run.local_path(key))

    def digest(self, key: str) -> str | None:
        """The digest of a local model; None of one that is fetched, which its address and checksum name."""
        location = self.run.locations[key]
        return None if location.is_remote else file_digest(Path(self._local_sources(location.address)[0]))

    def _local_sources(self, address: str) -> list[str]:
        """Both files of a folder, the description first; or the zip at this path."""
        source = Path(address)
        return [str(source / file) for file in MODEL_FILES] if source.is_dir() else [address]
