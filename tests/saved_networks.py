"""Networks with random weights and chosen facts, saved as training leaves them; for tests of what reads them."""

import torch

from learning.architectures import build_network, complete_architecture
from learning.saved_models import ModelDescription, library_versions, save


def save_network(folder, name, architecture, kind="binary", change=None, **facts):
    """Write ``<name>.safetensors`` and ``<name>.json``; the network, in evaluation mode. The name seeds its weights."""
    torch.manual_seed(sum(map(ord, str(name))))
    network = build_network(architecture, kind)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.1)
        if change is not None:
            change(network)
    described = {
        "kind": kind,
        "architecture": complete_architecture(architecture, kind),
        "task": "planted",
        "arm": "regular",
        "size": "all",
        "seed": 0,
        "training": {},
        "train_size": 100,
        "parameters": 10,
        "best_epoch": 2,
        "quality": 0.9,
        "validation": {"loss": 0.3},
        "seconds": 1.5,
        "device": "cpu",
        "versions": library_versions(),
    }
    save(folder / f"{name}.safetensors", folder / f"{name}.json", network, ModelDescription(**described | facts))
    return network.eval()


def files_of(folder, names):
    """The arguments ``weights`` and ``models`` of a script."""
    return {
        "weights": [folder / f"{name}.safetensors" for name in names],
        "models": [folder / f"{name}.json" for name in names],
    }
