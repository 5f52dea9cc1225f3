"""Networks that train in several processes at once, and what one of the processes does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import hyperbolic_registry
import rc_registry
import torch
from rc_registry import Case, as_tuple, inputs_of, raw_inputs
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

#: Networks of ordinary layers, which the registries lack, as they do not commute with reverse complement.
STANDARD_NETWORKS = {
    "standard binary network": Case(lambda: rc_registry.binary("standard", 41), ((41,),)),
    **{
        f"standard hyperbolic network, {curvature}": Case(
            lambda curvature=curvature: hyperbolic_registry.network("standard", curvature),
            ((hyperbolic_registry.WINDOW,),),
        )
        for curvature in ("flat", "single")
    },
}
#: One of each kind.
NETWORKS_OF_PROCESSES = {
    **{name: case for name, case in rc_registry.NETWORKS.items() if name in rc_registry.ONE_OF_EACH},
    **{name: case for name, case in rc_registry.NETWORKS.items() if "a=0, 41 bp" in name},
    **{name: case for name, case in hyperbolic_registry.NETWORKS.items() if "per_block" in name or "flat," in name},
    **STANDARD_NETWORKS,
}
STEPS = 3


def inputs_of_network(name: str, network: nn.Module) -> list[Tensor]:
    """The inputs of all processes together."""
    return inputs_of(network, raw_inputs(network, NETWORKS_OF_PROCESSES[name].positions[0], torch.float64))


def run_process(rank: int, folder: str) -> None:
    """Train every network on half of its windows and write gradients and trained parameters to ``folder``.

    The first gradients are those in evaluation mode, where batch norm takes no statistics of a batch.
    """
    torch.set_num_threads(1)
    store = distributed.FileStore(str(Path(folder) / "store"), 2)
    distributed.init_process_group("gloo", store=store, rank=rank, world_size=2, timeout=timedelta(seconds=120))
    found = {}
    for name, case in NETWORKS_OF_PROCESSES.items():
        network = case.module(torch.float64)
        own = [x[rank::2] for x in inputs_of_network(name, network)]
        parallel = DistributedDataParallel(network)
        _loss(parallel.eval(), own).backward()
        gradients = [parameter.grad.clone() for parameter in network.parameters()]
        optimiser = torch.optim.SGD(network.parameters(), lr=1e-3)
        for _ in range(STEPS):
            optimiser.zero_grad()
            _loss(parallel.train(), own).backward()
            optimiser.step()
        trained = torch.cat([parameter.detach().flatten() for parameter in network.parameters()])
        found[name] = {"gradients": gradients, "trained": trained}
    torch.save(found, Path(folder) / f"{rank}.pt")
    distributed.destroy_process_group()


def _loss(network: nn.Module, inputs: list[Tensor]) -> Tensor:
    return sum(y.square().mean() for y in as_tuple(network(*inputs)))
