"""The configuration of a run: checked against its schema, completed with defaults, and consistent in itself."""

from .locations import Location
from .resolution import Configuration, resolve, simulated_files

__all__ = ["Configuration", "Location", "resolve", "simulated_files"]
