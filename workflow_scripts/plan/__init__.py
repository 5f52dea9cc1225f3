"""The plan of a run: its files, settings and models, worked out from the configuration before any job starts."""

from __future__ import annotations

from collections.abc import Mapping

from configuration import Location

from .costs import Costs
from .inputs import Inputs
from .model_files import ModelFiles
from .models import Models
from .outputs import Outputs
from .profiles import Profiles
from .run import Run, Settings
from .sent_models import SentModels
from .sizes import Sizes
from .study import Study
from .uses import Uses

__all__ = ["Plan"]


class Plan:
    """The parts of the plan; see :class:`Run` for the parameters."""

    def __init__(self, settings: Settings, locations: Mapping[str, Location]) -> None:
        self.run = Run(settings, locations)
        self.inputs, self.models, self.profiles = Inputs(self.run), Models(self.run), Profiles(self.run)
        self.sent = SentModels(self.run)
        self.uses = Uses(self.run, self.models, self.profiles, self.sent)
        self.study = Study(self.run, self.models)
        self.model_files = ModelFiles(self.run, self.models)
        self.outputs = Outputs(self.run, self.models, self.profiles, self.study, self.model_files, self.sent)
        self.sizes = Sizes(self.run, self.inputs, self.models)
        self.costs = Costs(self.run, self.sizes)
