"""The configuration of a run: checked against its schema, completed with defaults, and consistent in itself."""

from .kinds import of_kind, profile_length
from .locations import Location
from .resolution import Configuration, resolve, simulated_files

__all__ = ["Configuration", "Location", "of_kind", "profile_length", "resolve", "simulated_files"]
