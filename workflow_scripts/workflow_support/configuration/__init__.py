"""The configuration of a run: checked against its schema, completed with defaults, and consistent in itself."""

from .kinds import of_kind
from .locations import Location
from .resolution import Configuration, resolve, simulated_files

__all__ = ["Configuration", "Location", "of_kind", "resolve", "simulated_files"]
