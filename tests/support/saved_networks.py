"""Networks with random weights and chosen facts, saved as training leaves them; what tests read of saved ones."""

import json

import torch
from arm_networks import build_network, described_network
from safetensors.torch import load_file

from learning.models.saved import ModelDescription, library_versions, save


def save_network(folder, name, architecture, kind="binary", change=None, **facts):
    """An arm of one replicate, seed 0, as :func:`save_replicates` writes it; the network."""
    return save_replicates(folder, name, architecture, {0: facts}, kind, change)[0]


def save_replicates(folder, name, architecture, facts_of_seeds, kind="binary", change=None):
    """Write ``<name>.safetensors`` and ``<name>.json``; the networks, in evaluation mode.

    ``facts_of_seeds`` maps the seeds to what is to be said of each. Name and seed decide the weights.
    """
    replicates = []
    for seed, facts in facts_of_seeds.items():
        network = _network(architecture, kind, 1000 * seed + sum(map(ord, str(name))))
        if change is not None:
            with torch.no_grad():
                change(network)
        replicates.append((network, _description(architecture, kind, seed=seed, **facts)))
    save(folder / f"{name}.safetensors", folder / f"{name}.json", replicates)
    return [network.eval() for network, _ in replicates]


def _network(architecture, kind, seed):
    torch.manual_seed(seed)
    network = build_network(architecture, kind)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.1)
    return network


def _description(architecture, kind, **facts):
    described = {
        "kind": kind,
        "architecture": described_network(architecture, kind).to_dict(),
        "task": "planted",
        "arm": "regular",
        "size": "all",
        "training": {},
        "train_size": 100,
        "parameters": 10,
        "best_epoch": 2,
        "quality": 0.9,
        "validation": {"loss": 0.3},
        "device": "cpu",
        "versions": library_versions(),
    }
    return ModelDescription(**described | facts)


def files_of(folder, names):
    """The arguments ``weights`` and ``models`` of a script."""
    return {
        "weights": [folder / f"{name}.safetensors" for name in names],
        "models": [folder / f"{name}.json" for name in names],
    }


def bits(folder, seed):
    """The weights of a replicate in a folder of training, byte by byte."""
    state, prefix = load_file(folder / "weights.safetensors"), f"seed{seed}/"
    found = {name.removeprefix(prefix): state[name].numpy().tobytes() for name in state if name.startswith(prefix)}
    assert found
    return found


def described(folder, seed):
    """What ``models.json`` in a folder of training says of a replicate."""
    (found,) = (each for each in json.loads((folder / "models.json").read_text()) if each["seed"] == seed)
    return found
