"""Networks of several seeds, saved as training saves them."""

import pytest
import torch
from arm_networks import described_network
from planted_windows import ARCHITECTURE, TRAINING, WIDTH

from learning.models.networks import build_network
from learning.models.saved import ModelDescription, library_versions, load, save
from workflow_support.errors import InputError

CPU = torch.device("cpu")


def description(**changes):
    return ModelDescription(
        kind="binary",
        architecture=described_network(ARCHITECTURE | {"window": WIDTH} | changes).to_dict(),
        task="planted",
        arm="regular",
        size="all",
        seed=3,
        training=TRAINING,
        train_size=200,
        parameters=10,
        best_epoch=2,
        quality=0.9,
        validation={"loss": 0.3, "auroc": 0.9},
        device="cpu",
        versions=library_versions(),
    )


SEEDS = (3, 11, 1)


def made(seed, described=None):
    torch.manual_seed(seed)
    network = build_network((described or description()).architecture)
    network(torch.randint(0, 4, (20, WIDTH)))  # running statistics of the batch norms leave their initial values
    return network


def written(folder, *replicates):
    folder.mkdir(exist_ok=True)
    paths = folder / "weights.safetensors", folder / "models.json"
    save(*paths, replicates)
    return paths


def refused(weights, models):
    with pytest.raises(InputError) as error:
        load(weights, models, CPU)
    assert error.value.fix
    return error.value
