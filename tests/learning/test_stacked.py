"""Replicates that train as a stack end as each would alone, with data, draws and early stopping of its own."""

import logging
from functools import partial
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from arm_networks import build_network
from planted_profiles import ARCHITECTURE as PROFILE_ARCHITECTURE
from planted_profiles import OUTPUT, WINDOW, planted_profiles
from planted_profiles import TRAINING as PROFILE_TRAINING
from planted_windows import ARCHITECTURE, TRAINING, WIDTH, planted_codes

from learning.models.kmers import encode
from learning.models.profile_arrays import ProfileArrays
from learning.training import checkpoints
from learning.training import loop as training
from learning.training.binary import BinaryObjective
from learning.training.checkpoints import Checkpoint
from learning.training.classification import LabelledSplit, TrainingSplits
from learning.training.labelled import LabelledObjective
from learning.training.loop import Start, train, train_together
from learning.training.profiles import ProfileObjective, ProfileTrainingWindows
from learning.training.sampling import training_subset
from learning.training.settings import Training
from rc_equivariant import KmerEncoding
from workflow_support.errors import InputError
from workflow_support.provenance import processor_model

SEEDS = (3, 1)
#: Twenty steps in all of these trainings, in four epochs.
EPOCHS, STEPS = 4, 5

#: They shift all logits of a profile alike, on which no loss depends. Their gradient is a rounding error, which Adam
#: scales up to steps that can be seen.
IDLE = {"head.profile.bias", "head.profile_and_control.bias"}


class Killed(BaseException):
    """As an interrupt: nothing of ours catches it."""


def binary(kmer=2, conjoined=False, representation="regular", plus_fraction=None, **changes):
    """Each replicate has a subset of its own."""
    chosen = Training.of_kind(
        "binary", TRAINING | {"batch_size": 16, "epochs": EPOCHS, "steps_per_epoch": STEPS} | changes
    )
    splits = []
    for size in (120, 40):
        codes, labels = planted_codes(size, size)
        splits.append(LabelledSplit(encode(codes, KmerEncoding(kmer)), labels))
    own = {"representation": representation, "plus_fraction": plus_fraction, "conjoined": conjoined}
    architecture = ARCHITECTURE | {"window": WIDTH, "kmer": kmer, "channels": 8} | own
    return (
        "binary",
        architecture,
        chosen,
        partial(BinaryObjective, TrainingSplits(*splits, kmer=kmer), chosen),
        splits[0].labels,
    )


def labelled(classes=3, dropout=0.3, cut=0, **changes):
    """Every third sequence is ``cut`` at its right end."""
    values = {"learning_rate": 0.01, "batch_size": 14, "epochs": EPOCHS, "patience": EPOCHS, "weight_decay": 0.1}
    chosen = Training.of_kind(
        "labelled", values | {"base_substitution": 0.2, "device": "cpu", "threads": 1, "consistency": 0.1} | changes
    )
    splits = [LabelledSplit(planted_codes(size, size)[0], np.arange(size) % classes) for size in (140, 45)]
    for split in splits:
        split.sequences[::3, WIDTH - cut :] = 4
    architecture = {"representation": "irrep", "plus_fraction": 0.5, "kmer": 2, "channels": 8, "window": WIDTH}
    architecture |= {"classes": classes, "dropout": dropout, "centred": True}
    make_objective = partial(LabelledObjective, TrainingSplits(*splits), chosen)
    return "labelled", architecture, chosen, make_objective, splits[0].labels


def bag():
    _, architecture, chosen, make_objective, labels = labelled()
    layers = {"geometry": "bag", "lengths": (3, 4), "gaps": (2,)}
    return "labelled", architecture | layers, chosen, make_objective, labels


def apart(**changes):
    """Convolutions and a bag of k-mers, each with dropout."""
    _, architecture, chosen, make_objective, labels = labelled(cut=5, gradient_clipping=0.1, **changes)
    return "labelled", architecture | {"geometry": "large", "dense": 6}, chosen, make_objective, labels


def profile(control=True, **changes):
    chosen = Training.of_kind("profile", PROFILE_TRAINING | {"epochs": EPOCHS, "batch_size": 14} | changes)
    codes, counts, of_control = planted_profiles(180, seed=0)
    arrays = ProfileArrays(codes, counts, {"control": of_control} if control else {}, WINDOW, OUTPUT)
    windows = ProfileTrainingWindows(arrays, *np.split(np.arange(180), [140]))
    architecture = PROFILE_ARCHITECTURE | {"control": control}
    return "profile", architecture, chosen, partial(ProfileObjective, windows, chosen), np.zeros(140, dtype=int)


def hyperbolic(curvature, representation, head="centroid", **changes):
    _, architecture, chosen, make_objective, labels = binary(representation=representation, **changes)
    kept = {key: architecture[key] for key in ("representation", "kmer", "window")}
    own = {"channels": 9, "blocks": 2, "width": 3, "dense": 8, "head": head}
    return "binary", kept | own | {"geometry": "hyperbolic", "curvature": curvature}, chosen, make_objective, labels


KINDS = {
    "regular": binary,
    "irrep, augmented": partial(
        binary, representation="irrep", plus_fraction=0.75, reverse_complement_augmentation=True
    ),
    "standard, consistent": partial(
        binary, representation="standard", reverse_complement_augmentation=True, consistency=0.3
    ),
    "conjoined": partial(binary, representation="standard", conjoined=True, kmer=1),
    "hyperbolic": partial(hyperbolic, "per_block", "regular", reverse_complement_augmentation=True),
    "hyperbolic, flattened": partial(hyperbolic, "single", "standard", head="flatten", kmer=1),
    "labelled": labelled,
    "two classes": partial(labelled, classes=2),
    "labelled, crossed": partial(labelled, crossover=0.5, label_smoothing=0.1, class_weights="balanced"),
    "labelled, of two lengths": partial(labelled, cut=5),
    "averaged": partial(binary, weight_average=0.8),
    "changed": partial(binary, crossover=0.5, jitter=0.1, base_substitution=0.1, class_weights="balanced"),
    "clipped": partial(binary, gradient_clipping=0.1),
    "hyperbolic, averaged": partial(hyperbolic, "per_block", "regular", weight_average=0.8),
    "bag of k-mers": bag,
    "apart": apart,
    "profile": profile,
    "profile without control": partial(profile, control=False, consistency=0.5, reverse_complement_augmentation=True),
}


def prepared(kind):
    """How networks are made, in float64, settings, and the start of a seed on half of the training windows."""
    name, architecture, chosen, make_objective, labels = KINDS[kind]()

    def start(seed, checkpoint=None, change=lambda objective: objective):
        rows = training_subset(labels, "0.5", seed)
        return Start(seed, lambda *where: change(make_objective(*where, rows=rows)), checkpoint)

    return lambda: build_network(architecture, name).double(), chosen, start


def alone(make_network, chosen, start):
    return train(make_network, start.make_objective, chosen, start.seed, start.checkpoint)


def difference(one, other, names=None):
    """The largest of any weight or running statistic of two networks, but for idle ones, or of those of ``names``."""
    first, second = one.network.state_dict(), other.network.state_dict()
    chosen = first.keys() - IDLE if names is None else first.keys() & names
    # Some layers have weights of which there are none.
    differences = [(first[name].double() - second[name].double()).abs().flatten() for name in sorted(chosen)]
    return max((each.max().item() for each in differences if each.numel()), default=0.0)


def assert_equal(trainings, others, within=1e-9):
    for one, other in zip(trainings, others, strict=True):
        assert difference(one, other) < within
        assert difference(one, other, IDLE) < 1e-6
        assert one.best.epoch == other.best.epoch
        assert [each.train_loss for each in one.history] == pytest.approx(
            [each.train_loss for each in other.history], rel=1e-9
        )


@pytest.mark.parametrize("kind", KINDS)
def test_a_stack_equals_each_training_alone(kind):
    make_network, chosen, start = prepared(kind)
    assert_equal(
        train_together(make_network, chosen, [start(seed) for seed in SEEDS]),
        [alone(make_network, chosen, start(seed)) for seed in SEEDS],
    )


def sharing_draws(drawn_steps, objectives, *others):
    """A fault: every replicate is given what the first one draws."""
    for drawn in drawn_steps(objectives, *others):
        yield tuple(part[:1].expand_as(part) for part in drawn)


@pytest.mark.parametrize("kind", ["regular", "labelled", "profile"])
def test_replicates_that_share_batches_would_be_noticed(kind, monkeypatch):
    make_network, chosen, start = prepared(kind)
    whole = alone(make_network, chosen, start(SEEDS[1]))
    monkeypatch.setattr(training, "drawn_steps", partial(sharing_draws, training.drawn_steps))
    faulty = train_together(make_network, chosen, [start(seed) for seed in SEEDS])
    assert difference(faulty[1], whole) > 1e-4


def test_replicates_that_share_dropout_would_be_noticed(monkeypatch):
    make_network, chosen, start = prepared("labelled")
    whole = [alone(make_network, chosen, start(seed)) for seed in SEEDS]
    monkeypatch.setattr(training.TrainingState, "drawing", lambda state: torch.random.fork_rng(devices=[]))
    faulty = train_together(make_network, chosen, [start(seed) for seed in SEEDS])
    assert difference(faulty[0], whole[0]) > 1e-4


def test_the_windows_of_all_replicates_are_one_tensor_and_their_rows_are_their_own():
    _, _, start = prepared("regular")
    streams = training.RandomStreams(np.random.default_rng(0), np.random.default_rng(1))
    one, other = (start(seed).make_objective(streams, torch.device("cpu")) for seed in SEEDS)
    assert one._sequences.data_ptr() == other._sequences.data_ptr()
    drawn = [np.unique(np.concatenate([objective.draw()[0] for _ in range(9)])) for objective in (one, other)]
    assert [len(rows) for rows in drawn] == [60, 60]
    assert not np.array_equal(*drawn)


def ending_after(epochs):
    """An objective whose quality falls, with patience for so many epochs."""

    def change(objective):
        objective.patience, objective.quality = epochs, lambda validation: 0.0
        return objective

    return change


def test_each_replicate_stops_when_its_own_patience_ends():
    make_network, chosen, start = prepared("labelled")
    starts = [start(seed, change=ending_after(epochs)) for seed, epochs in zip((3, 1, 4), (1, 3, 2), strict=True)]
    together = train_together(make_network, chosen, starts)
    assert [len(each.history) for each in together] == [2, 4, 3]
    assert_equal(together, [alone(make_network, chosen, each) for each in starts])


def killed_after(steps):
    """An objective that stops its process in the step after so many."""

    def change(objective):
        loss, left = objective.loss, iter(range(steps))

        def of_batch(*batch):
            if next(left, None) is None:
                raise Killed
            return loss(*batch)

        objective.loss = of_batch
        return objective

    return change


@pytest.mark.parametrize("kind", ["irrep, augmented", "labelled", "averaged", "profile"])
def test_a_stack_that_was_interrupted_ends_as_one_that_was_not(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    make_network, chosen, start = prepared(kind)
    whole = train_together(make_network, chosen, [start(seed) for seed in SEEDS])

    def starts(change=lambda objective: objective):
        files = [Checkpoint(tmp_path / f"seed{seed}.safetensors", "identity") for seed in SEEDS]
        return [start(seed, file, change) for seed, file in zip(SEEDS, files, strict=True)]

    with pytest.raises(Killed):
        train_together(make_network, chosen, starts(killed_after(2 * STEPS + 1)))
    assert_equal(train_together(make_network, chosen, starts(killed_after(2 * STEPS))), whole, within=1e-12)
    assert_equal(train_together(make_network, chosen, starts(killed_after(0))), whole, within=1e-12)


def test_replicates_at_different_epochs_come_together_again(tmp_path, monkeypatch):
    """The first had trained alone for an epoch, the second for none; the third was finished."""
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    make_network, chosen, start = prepared("labelled")
    seeds = (3, 1, 4)
    files = [Checkpoint(tmp_path / f"seed{seed}.safetensors", "identity") for seed in seeds]
    with pytest.raises(Killed):
        alone(make_network, chosen, start(seeds[0], files[0], killed_after(STEPS + 2)))
    alone(make_network, chosen, start(seeds[2], files[2]))
    sizes, steps_of = [], training.steps_of
    monkeypatch.setattr(training, "steps_of", lambda states: sizes.append(len(states)) or steps_of(states))
    together = train_together(make_network, chosen, [start(*each) for each in zip(seeds, files, strict=True)])
    assert sizes == [1, 2]
    assert_equal(together, [alone(make_network, chosen, start(seed)) for seed in seeds])


def test_the_log_names_device_precision_and_the_speed_of_all(monkeypatch, caplog):
    """By a clock that advances a second each time it is read: at the beginning and at the end of an epoch."""
    make_network, chosen, start = prepared("regular")
    monkeypatch.setattr(training, "time", SimpleNamespace(perf_counter=count().__next__))
    with caplog.at_level(logging.INFO, "rc"):
        train_together(make_network, chosen, [start(seed) for seed in SEEDS])
    speed = len(SEEDS) * STEPS * chosen.schedule.batch_size
    assert f"Trained 2 replicates together on cpu ({processor_model()}), float32" in caplog.text
    assert f", in {EPOCHS}.0 s: {speed} windows a second" in caplog.text


@pytest.mark.parametrize(
    ("device", "stacked", "together"), [("cpu", None, 1), ("cuda", None, 10), ("cpu", 4, 4), ("cuda", 3, 3)]
)
def test_all_replicates_of_an_arm_train_together_on_a_gpu_and_one_by_one_on_a_cpu(device, stacked, together):
    chosen = Training.of_kind("binary", TRAINING | {"device": device, "stacked_replicates": stacked})
    assert chosen.replicates_together(10) == together


def test_a_gpu_that_is_too_small_is_reported_with_a_number_to_try(monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 80.00 GiB.\nMore.")

    monkeypatch.setattr(training, "steps_of", full)
    make_network, chosen, start = prepared("regular")
    with pytest.raises(InputError, match="the memory of the GPU does not hold") as error:
        train_together(make_network, chosen, [start(seed) for seed in (1, 2, 3, 4)])
    assert "4 replicates together; CUDA out of memory." in error.value.found
    assert error.value.fix == "set compute: {stacked_replicates: 2}"
