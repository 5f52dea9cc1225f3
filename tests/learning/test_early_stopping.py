"""Training ends when no epoch has been better for as long as its patience, for every kind of task."""

from functools import partial

import numpy as np
import pytest
from interrupted_trainings import EPOCHS, binary
from plain_trainings import KINDS, with_options
from planted_windows import TRAINING, planted_codes

from learning.training.binary import BinaryObjective
from learning.training.classification import LabelledSplit, TrainingSplits
from learning.training.loop import train
from learning.training.options import TRAININGS
from learning.training.settings import Training


def worse_every_epoch(make_objective):
    """An objective whose first epoch is the best."""

    def make(*where):
        objective = make_objective(*where)
        epochs = iter(range(0, -1000, -1))
        objective.validate = lambda network: {"loss": 1.0, "auroc": float(next(epochs))}
        objective.quality = lambda validation: validation["auroc"]
        return objective

    return make


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("patience", "epochs"), [(1, 2), (2, 3), (None, EPOCHS)])
def test_training_ends_after_its_patience_and_null_trains_all_epochs(kind, patience, epochs):
    make_network, make_objective, settings = with_options(kind, patience=patience)
    trained = train(make_network, worse_every_epoch(make_objective), settings, seed=1)
    assert len(trained.history) == epochs
    assert trained.best.epoch == 1


def test_a_binary_training_on_noise_ends_early_with_its_best_epoch():
    generator = np.random.default_rng(0)
    splits = TrainingSplits(
        *(LabelledSplit(planted_codes(size, size)[0], generator.integers(0, 2, size)) for size in (80, 60))
    )
    settings = Training.of_kind("binary", TRAINING | {"epochs": 100, "steps_per_epoch": 3, "patience": 4})
    trained = train(binary()[0], partial(BinaryObjective, splits, settings), settings, seed=1)
    assert len(trained.history) == trained.best.epoch + 4 < 100


@pytest.mark.parametrize("kind", TRAININGS)
def test_no_patience_is_refused(kind):
    with pytest.raises(ValueError, match="patience is 0: it must be at least 1"):
        Training.of_kind(kind, {"patience": 0})
