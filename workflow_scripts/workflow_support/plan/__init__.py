"""The plan of a run: its files, settings and models, worked out from the configuration before any job starts."""

from .inputs import Inputs
from .models import Models
from .outputs import Outputs
from .profiles import Profiles
from .run import Run
from .study import Study
from .uses import Uses

__all__ = ["Inputs", "Models", "Outputs", "Profiles", "Run", "Study", "Uses"]
