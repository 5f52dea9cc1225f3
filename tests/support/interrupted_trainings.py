"""Small trainings of every kind that stop in a chosen step, and what is asked of those that went on."""

import json
from functools import partial

import numpy as np
import torch
from arm_networks import build_network
from planted_profiles import ARCHITECTURE as PROFILE_ARCHITECTURE
from planted_profiles import OUTPUT, WINDOW, planted_profiles
from planted_profiles import TRAINING as PROFILE_TRAINING
from planted_windows import ARCHITECTURE, TRAINING, WIDTH, planted_codes

from learning.models.profile_arrays import ProfileArrays
from learning.training import checkpoints
from learning.training.binary import BinaryObjective
from learning.training.classification import LabelledSplit, TrainingSplits
from learning.training.labelled import LabelledObjective
from learning.training.loop import train
from learning.training.profiles import ProfileObjective, ProfileTrainingWindows
from learning.training.settings import Training

EPOCHS = 4


class Killed(BaseException):
    """As an interrupt: nothing of ours catches it."""


def binary(precision="float32", **changes):
    options = {"epochs": EPOCHS, "steps_per_epoch": 3, "reverse_complement_augmentation": True, "precision": precision}
    settings = Training.of_kind("binary", TRAINING | options | changes)
    windows = TrainingSplits(*(LabelledSplit(*planted_codes(size, size)) for size in (90, 40)))
    make = partial(build_network, ARCHITECTURE | {"window": WIDTH, "representation": "standard"})
    return make, partial(BinaryObjective, windows, settings), settings


def labelled(classes=3, **layers):
    settings = Training.of_kind(
        "labelled",
        {
            "learning_rate": 0.01,
            "batch_size": 16,
            "epochs": EPOCHS,
            "patience": EPOCHS,
            "weight_decay": 0.1,
            "base_substitution": 0.2,
            "device": "cpu",
            "threads": 1,
        },
    )
    splits = []
    for size in (90, 45):
        codes, _ = planted_codes(size, size)
        splits.append(LabelledSplit(codes, np.arange(size) % classes))
    data = TrainingSplits(*splits)
    architecture = {"representation": "regular", "kmer": 1, "channels": 8, "window": WIDTH, "classes": classes}
    architecture |= layers
    return partial(build_network, architecture, "labelled"), partial(LabelledObjective, data, settings), settings


def profile():
    settings = Training.of_kind("profile", PROFILE_TRAINING | {"epochs": EPOCHS, "consistency": 0.5})
    codes, counts, _ = planted_profiles(60, seed=0)
    arrays = ProfileArrays(codes, counts, {}, WINDOW, OUTPUT)
    windows = ProfileTrainingWindows(arrays, *np.split(np.arange(60), [40]))
    return (
        partial(build_network, PROFILE_ARCHITECTURE, "profile"),
        partial(ProfileObjective, windows, settings),
        settings,
    )


HYPERBOLIC = {"geometry": "hyperbolic", "curvature": "per_block", "blocks": 2, "width": 3, "dense": 8}
KINDS = {
    "binary": binary,
    "labelled": labelled,
    "two classes": partial(labelled, 2),
    "hyperbolic": partial(labelled, 2, **HYPERBOLIC),
    "profile": profile,
    "bf16": partial(binary, "bf16"),
    "float16": partial(binary, "float16"),
    "averaged": partial(binary, weight_average=0.8),
    "apart": partial(labelled, 2, geometry="large", dense=8),
}


def killed_after(steps, make_objective):
    """An objective that stops its process in the step after so many."""

    def make(*where):
        objective, left = make_objective(*where), iter(range(steps))
        of_batch = objective.loss

        def loss(network, drawn):
            value = of_batch(network, drawn)
            if next(left, None) is None:
                raise Killed
            return value

        objective.loss = loss
        return objective

    return make


def forbidden(make_objective):
    return killed_after(0, make_objective)


def same(one, other):
    assert one.history == other.history
    assert one.best == other.best
    assert one.quality == other.quality
    for name, value in one.network.state_dict().items():
        assert torch.equal(value, other.network.state_dict()[name]), name


def make_objective_steps(make_objective):
    streams = type("Streams", (), {"order": np.random.default_rng(0), "jitter": np.random.default_rng(0)})
    return make_objective(streams, torch.device("cpu")).steps_per_epoch


def retrained(checkpoint):
    """Whether the file is left unused."""
    make_network, make_objective, settings = binary()
    try:
        train(make_network, forbidden(make_objective), settings, 1, checkpoint)
    except Killed:
        whole = train(make_network, make_objective, settings, 1)
        same(whole, train(make_network, make_objective, settings, 1, checkpoint))
        return True
    return False


def notes_of(path):
    with checkpoints.safe_open(path, framework="pt") as file:
        return json.loads(file.metadata()["training"])
