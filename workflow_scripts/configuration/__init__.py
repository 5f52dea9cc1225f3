"""The configuration of a run: it is validated against a schema, completed with defaults and checked for consistency."""

from .arms import arms_for, kinds_of_arm, network_of, training_of
from .locations import Location
from .models import MODEL, MODEL_FILES, START
from .resolution import Configuration, resolve, simulated_files
from .study import (
    Replicates,
    candidates_of,
    chooses,
    contestants,
    contestants_for,
    kinds_of,
    members_of,
    replicates_of,
    sizes_of_task,
    train_sizes,
)
from .tasks import kind_used
from .windows import profile_length

__all__ = [
    "MODEL",
    "MODEL_FILES",
    "START",
    "Configuration",
    "Location",
    "Replicates",
    "arms_for",
    "candidates_of",
    "chooses",
    "contestants",
    "contestants_for",
    "kind_used",
    "kinds_of",
    "kinds_of_arm",
    "members_of",
    "network_of",
    "profile_length",
    "replicates_of",
    "resolve",
    "simulated_files",
    "sizes_of_task",
    "train_sizes",
    "training_of",
]
