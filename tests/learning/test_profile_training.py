"""Profile networks learn a planted footprint; jitter, order and the best epoch follow the seed and the validation."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from arm_networks import build_network
from planted_profiles import ARCHITECTURE, JITTER, OUTPUT, TRAINING, WINDOW, planted_profiles
from torch import nn

from learning.evaluation.combinations import Combination
from learning.evaluation.predict import predict_profiles
from learning.evaluation.profiles import average_profile, measure_windows, summarise_windows
from learning.models.kmers import encode
from learning.models.profile_arrays import ProfileArrays, ProfileTensors
from learning.training.loop import train
from learning.training.losses import count_loss, profile_loss
from learning.training.profiles import ProfileObjective, ProfileTrainingWindows
from learning.training.settings import Training
from learning.training.state import RandomStreams
from rc_equivariant import KmerEncoding, Representation
from workflow_support.errors import InputError

CPU = torch.device("cpu")
STRANDS = Representation(regular=1)


def settings(**changes):
    return Training.of_kind("profile", (TRAINING | changes))


def planted_windows(train_size=64, validation_size=32, kmer=1, control=False, seed=0):
    codes, counts, of_control = planted_profiles(train_size + validation_size, seed)
    kmers = encode(codes, KmerEncoding(kmer))
    arrays = ProfileArrays(kmers, counts, {"control": of_control} if control else {}, WINDOW - kmer + 1, OUTPUT)
    return ProfileTrainingWindows(arrays, *np.split(np.arange(len(codes)), [train_size]))


def network(**changes):
    return build_network(ARCHITECTURE | changes, "profile")


def trained_on(windows, make_network, chosen, seed):
    return train(make_network, partial(ProfileObjective, windows, chosen), chosen, seed)


class Remembering(nn.Module):
    """The least that training asks of a network; it remembers what it was trained on."""

    def __init__(self):
        super().__init__()
        self.in_type, self.out_type = (KmerEncoding(1), STRANDS), (STRANDS, STRANDS)
        self.weight = nn.Parameter(torch.zeros(1))
        self.seen = []

    def forward(self, kmers, control=None):
        if self.training:
            self.seen.append((kmers.clone(), control))
        return self.weight * torch.ones(len(kmers), 2, OUTPUT), self.weight * torch.ones(len(kmers), 2)


def seen(seed=0, epochs=1, control=False, **changes):
    windows = planted_windows(control=control)
    chosen = settings(epochs=epochs, **changes)
    return windows, trained_on(windows, Remembering, chosen, seed).network.seen


def starts_of(kmers, windows):
    """Row and shift of every sequence of a batch, by search."""
    views = np.lib.stride_tricks.sliding_window_view(windows.arrays.sequences, WINDOW, axis=1)
    return [tuple(np.argwhere((views == sequence.numpy()).all(axis=2))[0]) for sequence in kmers]


def test_a_planted_footprint_is_learnt_far_beyond_the_average_profile():
    codes, counts, control = planted_profiles(800, seed=0)
    arrays = ProfileArrays(codes, counts, {"control": control}, WINDOW, OUTPUT)
    train_rows, validation, test = np.split(np.arange(800), [500, 600])
    chosen = settings()
    windows = ProfileTrainingWindows(arrays, train_rows, validation)
    trained = trained_on(windows, partial(network, control=True), chosen, seed=0)
    alone = Combination([trained.network], [], replicates=[[0]], average_strands=False, qualities=[{}])
    ((measured, _),) = next(measure_windows(alone, arrays, test, average_profile(arrays, train_rows)))
    values, counted = summarise_windows(measured)
    assert values["JSD"] < values["JSD floor"] / 5
    assert values["JSD"] < 1.2 * values["JSD ceiling"]
    assert values["Pearson 1 bp"] > 0.9
    assert counted["test"] == 200


def test_one_seed_is_one_result_to_the_bit_and_another_is_not():
    runs = [trained_on(planted_windows(), network, settings(epochs=2), seed) for seed in (5, 5, 6)]
    assert runs[0].history == runs[1].history != runs[2].history
    for name, value in runs[0].network.state_dict().items():
        assert torch.equal(value, runs[1].network.state_dict()[name])


def test_an_epoch_is_one_pass_and_every_draw_has_a_shift_of_its_own():
    windows, batches = seen(epochs=3)
    assert len(batches) == 3 * 2
    passes = [starts_of(torch.cat([batches[i][0], batches[i + 1][0]]), windows) for i in (0, 2, 4)]
    for of_pass in passes:
        assert sorted(row for row, _ in of_pass) == windows.train.tolist()
    shifts = [dict(of_pass) for of_pass in passes]
    assert shifts[0] != shifts[1] != shifts[2]
    drawn = [shift for of_pass in shifts for shift in of_pass.values()]
    assert set(drawn) == set(range(2 * JITTER + 1))


def test_jitter_follows_the_seed_alone():
    def inputs(**chosen):
        return [kmers for kmers, _ in seen(**chosen)[1]]

    for one, other in zip(inputs(epochs=2), inputs(epochs=2), strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(inputs(seed=0)[0], inputs(seed=1)[0])


def test_sequence_reads_and_control_are_moved_together():
    codes, counts, control = planted_profiles(4, seed=0)
    arrays = ProfileArrays(codes, counts, {"control": control}, WINDOW, OUTPUT)
    rows, shifts = np.array([2, 0, 3]), np.array([0, 5, 2 * JITTER])
    tensors = ProfileTensors.of(arrays, np.arange(4), CPU)
    (sequences, of_control), of_counts = tensors.moved(torch.from_numpy(rows), torch.from_numpy(shifts))
    for i, (row, shift) in enumerate(zip(rows, shifts, strict=True)):
        assert np.array_equal(sequences[i], codes[row, shift : shift + WINDOW])
        assert np.array_equal(of_counts[i], counts[row, :, shift : shift + OUTPUT])
        assert np.array_equal(of_control[i], control[row, :, shift : shift + OUTPUT])
    centred = arrays.centred(rows)
    assert np.array_equal(centred.counts, counts[rows][:, :, JITTER:-JITTER])
    assert np.array_equal(centred.sequences, codes[rows][:, JITTER:-JITTER])


def test_augmentation_adds_the_reverse_complement_of_sequence_and_control():
    plain, augmented = (seen(control=True, reverse_complement_augmentation=augment)[1] for augment in (False, True))
    for (kmers, control), (both_kmers, both_controls) in zip(plain, augmented, strict=True):
        assert torch.equal(both_kmers, torch.cat([kmers, 3 - kmers.flip(1)]))
        assert torch.equal(both_controls, torch.cat([control, control.flip(1, 2)]))


def test_augmentation_changes_nothing_for_an_equivariant_network():
    """Reads are reverse complemented with their sequences: the loss of a batch and its mirror image is the batch's."""
    windows, losses = planted_windows(control=True), []
    for augment in (False, True):
        torch.manual_seed(0)
        made = network(control=True)
        streams = RandomStreams(np.random.default_rng(0), np.random.default_rng(1))
        objective = ProfileObjective(windows, settings(reverse_complement_augmentation=augment), streams, CPU)
        losses.append(objective.loss(made, tuple(map(torch.from_numpy, objective.draw()))).item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_validation_losses_are_those_of_the_centred_windows():
    windows = planted_windows(validation_size=70)
    trained = trained_on(windows, network, settings(epochs=3, learning_rate=0.003), seed=1)
    batch = windows.arrays.centred(windows.validation)
    counts = torch.from_numpy(batch.counts.astype(np.float32))
    with torch.inference_mode():
        logits, log_totals = trained.network.eval()(torch.from_numpy(batch.sequences.astype(np.int64)))
    found = trained.best.validation
    assert found["profile_loss"] == pytest.approx(profile_loss(logits, counts).item(), rel=1e-5)
    assert found["count_loss"] == pytest.approx(count_loss(log_totals, counts).item(), rel=1e-5)
    assert found["loss"] == pytest.approx(found["profile_loss"] + TRAINING["count_weight"] * found["count_loss"])
    assert found["loss"] == min(record.validation["loss"] for record in trained.history)


def test_training_ends_when_patience_does():
    """Windows of validation without the motif's sequence get worse as soon as training fits what it sees."""
    windows = planted_windows()
    shuffled = windows.arrays.counts.copy()
    shuffled[windows.validation] = np.random.default_rng(0).permuted(shuffled[windows.validation], axis=2)
    windows = replace(windows, arrays=replace(windows.arrays, counts=shuffled))
    trained = trained_on(windows, network, settings(epochs=60, patience=2), seed=0)
    assert len(trained.history) == trained.best.epoch + 2 < 60


def overflowing():
    made = network()
    for parameter in made.parameters():
        torch.nn.init.constant_(parameter, 1e30)
    return made


def test_divergence_is_a_clear_error():
    with pytest.raises(InputError, match=r"training of seed \d+ diverged in epoch 1"):
        trained_on(planted_windows(), overflowing, settings(), seed=0)


@pytest.mark.parametrize("representation", ["rcps", "regular", "irrep"])
def test_outputs_of_the_other_strand_are_exchanged_exactly_with_the_control(representation):
    fraction = 0.75 if representation == "irrep" else None
    windows = planted_windows(control=True)
    make = partial(network, representation=representation, control=True, plus_fraction=fraction)
    trained = trained_on(windows, make, settings(epochs=1), seed=0).network
    batch = windows.arrays.centred(windows.validation)
    outputs = predict_profiles(trained, batch.sequences, batch.tracks)
    other = predict_profiles(trained, 3 - batch.sequences[:, ::-1], {"control": batch.tracks["control"][:, ::-1, ::-1]})
    for one, mirrored in zip(map(torch.from_numpy, outputs), map(torch.from_numpy, other), strict=True):
        error = (STRANDS.act(mirrored) - one).abs().max() / one.abs().max()
        assert error <= 1e-5


@pytest.mark.parametrize("kmer", [2, 3])
def test_wider_kmers_train_too(kmer):
    trained = trained_on(planted_windows(kmer=kmer), partial(network, kmer=kmer), settings(epochs=1), seed=0)
    assert np.isfinite(trained.best.validation["loss"])


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_without_windows_is_refused(split):
    with pytest.raises(InputError, match=f"the {split} split holds no windows"):
        replace(planted_windows(), **{split: np.empty(0, dtype=int)})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"length": WINDOW - 1}, "sequences"),
        ({"length": WINDOW + 2 * JITTER + 2}, "sequences"),
        ({"output": OUTPUT - 2}, "counts"),
        ({"tracks": {"control": np.zeros((96, 2, OUTPUT))}}, "control"),
    ],
)
def test_arrays_that_do_not_fit_are_named(changes, words):
    with pytest.raises(InputError, match=f"the {words} of a task do not fit"):
        replace(planted_windows().arrays, **changes)
