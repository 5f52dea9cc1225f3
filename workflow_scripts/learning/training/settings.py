"""All settings of a training, importable without torch; the names are those of the configuration.

They have three parts: optimiser and schedule, which depend on the kind of task; the use of both strands; the device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from rc_equivariant.descriptions.options import check_options, option
from workflow_support.errors import InputError
from workflow_support.kinds import basis_of

from .compute import ComputeSettings
from .options import TRAININGS, TrainingSettings


@dataclass(frozen=True, kw_only=True)
class StrandSettings:
    """The use that training makes of the reverse complements of its windows."""

    reverse_complement_augmentation: bool = option(
        False, "Train on both strands of every batch; for representation standard.", per_arm=True
    )
    consistency: float = option(
        0.0,
        "Weight of the divergence between the answers on both strands, added to the loss; 0, the default, adds none; "
        "for representation standard.",
        minimum=0,
        per_arm=True,
    )

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True, kw_only=True)
class Training:
    """All settings of one training.

    Raises
    ------
    InputError
        If the device has no arithmetic of the precision, or cannot train several replicates in it.
    """

    schedule: TrainingSettings
    strands: StrandSettings = field(default_factory=StrandSettings)
    compute: ComputeSettings = field(default_factory=ComputeSettings)

    def __post_init__(self) -> None:
        precision, together = self.schedule.precision, self.compute.stacked_replicates
        if precision == "tf32" and self.compute.device == "cpu":
            raise InputError(
                "tf32 is arithmetic of NVIDIA GPUs",
                found="training: {precision: tf32} with compute: {device: cpu}",
                allowed="float32, bf16 or float16 on a CPU",
                fix="set precision: float32, or compute: {device: cuda}",
            )
        if precision == "float16" and together is not None and together > 1:
            raise InputError(
                "replicates in float16 train one by one, because each scales its loss by a factor of its own",
                found=f"training: {{precision: float16}} with compute: {{stacked_replicates: {together}}}",
                allowed="stacked_replicates: 1 or null for float16; any number for other precisions",
                fix="set precision: bf16, or stacked_replicates: null",
            )

    def replicates_together(self, replicates: int) -> int:
        """The number of replicates that train together, out of this number in all."""
        return 1 if self.schedule.precision == "float16" else self.compute.replicates_together(replicates)

    @classmethod
    def of_kind(cls, kind: str, values: Mapping[str, Any]) -> Training:
        """The settings of a training for a kind of task, from one flat mapping; those left out take their defaults.

        Raises
        ------
        TypeError, ValueError
            If a name is unknown or a value is not allowed.
        """
        own, parts = dict(values), []
        for described in (StrandSettings, ComputeSettings):
            names = {each.name for each in fields(described)} & own.keys()
            parts.append(described(**{name: own.pop(name) for name in names}))
        strands, compute = parts
        return cls(schedule=TRAININGS[basis_of(kind)](**own), strands=strands, compute=compute)

    def to_dict(self) -> dict[str, Any]:
        """All settings as one flat mapping."""
        return asdict(self.schedule) | asdict(self.compute) | asdict(self.strands)
