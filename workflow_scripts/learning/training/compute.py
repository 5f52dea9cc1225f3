"""The device of a training and its threads, importable without torch; the names are those of the configuration."""

from __future__ import annotations

from dataclasses import dataclass

from rc_equivariant.descriptions.options import check_options, option


@dataclass(frozen=True, kw_only=True)
class ComputeSettings:
    """The device of a training, and what else changes results by no more than rounding."""

    device: str = option("cpu", "Where networks are trained and applied.", choices=("cpu", "cuda"))
    threads: int = option(1, "Threads of one training on the CPU.", minimum=1)
    deterministic: bool = option(
        False,
        "Make a training on a GPU repeat bit by bit, at the cost of time; on the CPU it always does.",
    )
    stacked_replicates: int | None = option(
        None,
        "Seeds of an arm that train at once, as stacked models; by default (null) all of them on a GPU, where fewer "
        "take less memory, and one on a CPU. It changes results by rounding alone.",
        minimum=1,
    )

    def __post_init__(self) -> None:
        check_options(self)

    def replicates_together(self, replicates: int) -> int:
        """The number of replicates that train together, out of this number in all."""
        if self.stacked_replicates is not None:
            return self.stacked_replicates
        # A CPU gains nothing from larger steps, and one by one a replicate has the same bits whatever is beside it.
        return replicates if self.device == "cuda" else 1
