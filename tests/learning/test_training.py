"""Training finds what was planted, depends on its seed alone and keeps the best epoch."""

from functools import partial

import numpy as np
import pytest
import torch
from arm_networks import build_network
from mean_answers import mean_logits
from planted_windows import ARCHITECTURE, TRAINING, WIDTH, planted_codes
from torch import nn

from learning.models.classes import auroc
from learning.models.inputs import predict_logits
from learning.models.kmers import encode
from learning.training.binary import BinaryObjective
from learning.training.classification import LabelledSplit, TrainingSplits
from learning.training.loop import train
from learning.training.settings import Training
from learning.training.state import EpochRecord, RandomStreams, TrainingState
from rc_equivariant import KmerEncoding, Ordinary
from workflow_support.errors import InputError


class LinearOnFirstBases(nn.Module):
    """The least that training asks of a network; it remembers the batches that it was trained on."""

    def __init__(self):
        super().__init__()
        self.in_type, self.out_type = KmerEncoding(1), Ordinary(1)
        self.linear = nn.Linear(WIDTH, 1)
        self.seen = []

    def forward(self, kmers):
        if self.training:
            self.seen.append(kmers.clone())
        return self.linear(kmers.float()).squeeze(1)


def labelled(windows, seed, kmer=1):
    codes, labels = planted_codes(windows, seed)
    return LabelledSplit(encode(codes, KmerEncoding(kmer)), labels)


def planted_windows(train_size=200, validation_size=80):
    return TrainingSplits(labelled(train_size, seed=1), labelled(validation_size, seed=2))


def settings(**changes):
    return Training.of_kind("binary", (TRAINING | changes))


def network():
    return build_network(ARCHITECTURE | {"window": WIDTH})


def trained_on(windows, make_network, chosen, seed):
    return train(make_network, partial(BinaryObjective, windows, chosen), chosen, seed)


def auroc_of_a_planted_motif(device):
    trained = trained_on(
        planted_windows(2000, 200), network, settings(epochs=12, steps_per_epoch=30, device=device), seed=0
    )
    codes, labels = planted_codes(400, seed=3)
    return auroc(labels, mean_logits([trained.network], codes))


def short_linear_training(seed, **changes):
    chosen = settings(epochs=2, steps_per_epoch=3, **changes)
    return trained_on(planted_windows(), LinearOnFirstBases, chosen, seed).network


def test_a_planted_motif_is_found():
    assert auroc_of_a_planted_motif("cpu") > 0.93


def test_shuffled_labels_leave_chance():
    """The standard error is that of the Mann-Whitney statistic without ties."""
    generator = np.random.default_rng(0)
    shuffled = [
        LabelledSplit(windows.sequences, generator.permutation(windows.labels))
        for windows in (labelled(300, seed=1), labelled(200, seed=2))
    ]
    trained = trained_on(TrainingSplits(*shuffled), network, settings(), seed=0)
    codes, labels = planted_codes(600, seed=3)
    standard_error = np.sqrt((600 + 1) / (12 * 300 * 300))
    reached = auroc(generator.permutation(labels), mean_logits([trained.network], codes))
    assert abs(reached - 0.5) < 3 * standard_error


def test_one_seed_is_one_result_to_the_bit():
    first, second = (trained_on(planted_windows(), network, settings(epochs=2), seed=5) for _ in range(2))
    assert first.history == second.history
    for name, value in first.network.state_dict().items():
        assert torch.equal(value, second.network.state_dict()[name])


def test_replicates_differ_in_initialisation_and_in_order():
    initial = []

    def remembering_its_start():
        made = LinearOnFirstBases()
        initial.append(made.linear.weight.detach().clone())
        return made

    networks = [
        trained_on(planted_windows(), remembering_its_start, settings(epochs=1, steps_per_epoch=1), seed).network
        for seed in (0, 1)
    ]
    assert not torch.equal(*initial)
    assert not torch.equal(networks[0].seen[0], networks[1].seen[0])


def test_the_order_does_not_depend_on_what_initialisation_draws():
    class Larger(LinearOnFirstBases):
        def __init__(self):
            nn.Linear(100, 100)
            super().__init__()

    larger = trained_on(planted_windows(), Larger, settings(epochs=2, steps_per_epoch=3), seed=0).network
    for one, other in zip(short_linear_training(seed=0).seen, larger.seen, strict=True):
        assert torch.equal(one, other)


def test_augmentation_adds_the_reverse_complement_of_every_window():
    plain = short_linear_training(seed=0).seen
    augmented = short_linear_training(seed=0, reverse_complement_augmentation=True).seen
    for batch, doubled in zip(plain, augmented, strict=True):
        assert torch.equal(doubled, torch.cat([batch, 3 - batch.flip(1)]))


def test_the_schedule_is_epochs_times_steps():
    assert len(short_linear_training(seed=0).seen) == 2 * 3


def test_the_best_epoch_is_kept_and_the_earliest_of_equals():
    linear, chosen = LinearOnFirstBases(), settings()
    streams = RandomStreams(np.random.default_rng(0), np.random.default_rng(1))
    objective = BinaryObjective(planted_windows(), chosen, streams, torch.device("cpu"))
    state = TrainingState(linear, None, objective, streams, torch.device("cpu"), seed=1)
    for epoch, reached in enumerate([0.6, 0.8, 0.8, 0.7], start=1):
        nn.init.constant_(linear.linear.bias, epoch)
        state.record(EpochRecord(epoch, 1.0, {"loss": 1.0, "auroc": reached}))
    assert state.best.epoch == 2
    assert state.best_weights["linear.bias"].item() == 2


def test_returned_weights_are_those_of_the_best_epoch():
    windows = planted_windows()
    trained = trained_on(windows, network, settings(learning_rate=0.05), seed=2)
    logits = predict_logits(trained.network, torch.from_numpy(windows.validation.sequences))
    assert auroc(windows.validation.labels, logits) == trained.best.validation["auroc"]
    assert trained.best.validation["auroc"] == max(record.validation["auroc"] for record in trained.history)


def test_losses_are_those_of_torch():
    windows = planted_windows()
    trained = trained_on(windows, network, settings(epochs=1), seed=0)
    logits = torch.from_numpy(predict_logits(trained.network, torch.from_numpy(windows.validation.sequences)))
    labels = torch.from_numpy(windows.validation.labels).float()
    expected = nn.functional.binary_cross_entropy_with_logits(logits, labels)
    assert trained.history[0].validation["loss"] == pytest.approx(expected.item(), rel=1e-5)


def overflowing():
    made = LinearOnFirstBases()
    torch.nn.init.constant_(made.linear.weight, 1e38)
    return made


def test_divergence_is_a_clear_error():
    with pytest.raises(InputError, match=r"training of seed \d+ diverged in epoch 1") as error:
        trained_on(planted_windows(), overflowing, settings(), seed=0)
    assert "learning_rate" in error.value.fix


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_an_absent_gpu_is_an_error_and_never_the_cpu():
    with pytest.raises(InputError, match="torch sees no GPU") as error:
        trained_on(planted_windows(), network, settings(device="cuda"), seed=0)
    assert "device: cpu" in error.value.fix


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
def test_a_planted_motif_is_found_on_a_gpu():
    assert auroc_of_a_planted_motif("cuda") > 0.93


def test_mean_logits_are_the_mean_of_plain_forward_passes():
    networks = [short_linear_training(seed) for seed in (0, 1)]
    codes, _ = planted_codes(20, seed=3)
    expected = sum(each.linear(torch.from_numpy(codes).float()) for each in networks).squeeze(1) / 2
    assert np.allclose(mean_logits(networks, codes), expected.detach().numpy(), atol=1e-6)


@pytest.mark.parametrize("kmer", [1, 2, 4])
def test_wider_kmers_train_too(kmer):
    windows = TrainingSplits(labelled(40, 1, kmer), labelled(20, 2, kmer))
    trained = trained_on(
        windows, lambda: build_network(ARCHITECTURE | {"window": WIDTH, "kmer": kmer}), settings(epochs=1), seed=0
    )
    assert np.isfinite(trained.best.validation["loss"])
