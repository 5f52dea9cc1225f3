"""Networks that begin with the weights of a trained model instead of random ones, and layers that keep them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rc_equivariant.descriptions.networks import NetworkDescription
from workflow_support.errors import InputError
from workflow_support.job import logger

from ..models.model_files import load_model_networks, read_description
from ..models.networks import architecture_of, innermost

#: The head in the names of tensors, which may differ from those of the model: of a network, or of each of several
#: beside each other.
_HEAD = re.compile(r"(members\.\d+\.)?head\.")


@dataclass(frozen=True, eq=False)
class Origin:
    """The networks of a model with whose weights replicates begin.

    Parameters
    ----------
    file, digest
        The description of the model, and the digest that names the model.
    networks
        Its networks, or those of the same fold if it has folds. The replicate in place i begins as network i, or as
        network i modulo their number.
    frozen
        Names of layers or tensors that training leaves as they are, such as ``trunk`` or ``trunk.first``.
    """

    file: Path
    digest: str
    networks: Sequence[nn.Module]
    frozen: tuple[str, ...] = ()

    @classmethod
    def of(cls, description: Path, weights: Path, frozen: Sequence[str], fold: int | None = None) -> Origin:
        """The origin in the files of a model for networks of a fold; raises as :func:`load_model_networks` does."""
        loaded = load_model_networks(weights, description, torch.device("cpu"))
        # Of a model with folds, they alone have not seen the windows that the fold is tested on.
        own = [network for network, described in loaded if fold is not None and described.fold == fold]
        networks = own or [network for network, _ in loaded]
        return cls(description, read_description(description)["digest"], networks, tuple(frozen))

    def facts(self) -> dict[str, Any]:
        """The origin of a network as its description states it, on which its checkpoints depend."""
        return {"model": self.digest, "frozen": list(self.frozen)}

    def require_fitting(self, described: NetworkDescription) -> None:
        """Raise an InputError unless networks of this description have the trunk and symmetry of the model."""
        for network in self.networks:
            own = architecture_of(network)
            parts = {
                name: (getattr(own, name), getattr(described, name))
                for name in ("symmetry", "trunk")
                if getattr(own, name) != getattr(described, name)
            }
            for name, (of_model, of_arm) in parts.items():
                raise InputError(
                    f"the arm has another {name} than the model that it starts from",
                    file=self.file,
                    found=of_arm,
                    allowed=of_model,
                    fix="give the arm the representation, k-mers, channels and trunk of the model",
                )

    def begin(self, network: nn.Module, place: int) -> None:
        """Give a network the weights of the model, and freeze layers.

        Tensors of the head that have another shape than those of the model, as for other classes, stay random.

        Raises
        ------
        InputError
            If a tensor outside of the head does not fit, or a frozen name is that of no layer.
        """
        inside = innermost(network)
        given, own = innermost(self.networks[place % len(self.networks)]).state_dict(), inside.state_dict()
        fitting = {name: value for name, value in given.items() if name in own and own[name].shape == value.shape}
        others = sorted(name for name in own.keys() | given.keys() if name not in fitting)
        if misfits := [name for name in others if not _HEAD.match(name)]:
            raise InputError(
                f"{len(misfits)} tensors of the arm do not fit the model that it starts from, first {misfits[0]}",
                file=self.file,
                found=_shape(own, misfits[0]),
                allowed=_shape(given, misfits[0]),
                fix="give the arm the representation, k-mers, channels and trunk of the model",
            )
        inside.load_state_dict(fitting, strict=False)
        new = [name for name in others if name in own]
        logger.info("Begins with %d tensors of the model; new are: %s.", len(fitting), ", ".join(new) or "none")
        for name in self.frozen:
            _freeze(inside, name)
        if not any(parameter.requires_grad for parameter in inside.parameters()):
            raise InputError(
                "start_from: frozen leaves nothing to train",
                found=", ".join(self.frozen),
                allowed="names of some layers",
                fix="leave out one of them, or use the model as it is under predict",
            )


def _freeze(network: nn.Module, name: str) -> None:
    modules, parameters = dict(network.named_modules()), dict(network.named_parameters())
    if name in modules:
        for module in modules[name].modules():
            _stay_in_evaluation(module)
    inside = [parameter for each, parameter in parameters.items() if each == name or each.startswith(f"{name}.")]
    if not inside:
        raise InputError(
            f"start_from: frozen names no layer of the network: {name}",
            found=name,
            allowed=", ".join(each for each in modules if any(n.startswith(f"{each}.") for n in parameters)),
            fix="use one of these names, or that of a tensor",
        )
    for parameter in inside:
        parameter.requires_grad_(False)


def _stay_in_evaluation(module: nn.Module) -> None:
    """Keep a module in evaluation mode, so that its running statistics stay and it draws no random numbers."""
    module.eval()
    module.train = _Ignored(module)


class _Ignored:
    """A method ``train`` that changes nothing; a copy of the module gets one of its own."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module

    def __call__(self, mode: bool = True) -> nn.Module:
        return self._module


def _shape(state: Mapping[str, Tensor], name: str) -> str:
    return f"{name} {tuple(state[name].shape)}" if name in state else f"no {name}"
