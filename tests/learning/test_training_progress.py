"""The progress of training: which epochs are told, how long is left, and a table of epochs that grows."""

import logging
from types import SimpleNamespace

import pandas as pd
import pytest
from interrupted_trainings import EPOCHS, Killed, binary

from learning.training import replicates
from learning.training.checkpoints import checkpoint_file, seconds_of
from learning.training.loop import Start, train_together
from learning.training.progress import SECONDS_BETWEEN, Progress, duration
from learning.training.replicates import Arm, CheckpointFolder, TrainingData
from learning.training.state import EpochRecord


@pytest.fixture(autouse=True)
def _messages(caplog):
    caplog.set_level(logging.INFO, logger="rc")


def state(seed, epochs, seconds, is_finished=False):
    history = [EpochRecord(epoch, 1 / epoch, {"loss": 0.5, "AUROC": 0.1 * epoch}) for epoch in range(1, epochs + 1)]
    return SimpleNamespace(seed=seed, history=history, seconds=seconds, is_finished=is_finished)


def lines(caplog):
    return [record.getMessage() for record in caplog.records if ": epoch " in record.getMessage()]


def test_a_line_has_the_epoch_the_time_left_and_the_metrics(tmp_path, caplog):
    """Two seconds an epoch: four epochs of this seed are left, and two other seeds of ten."""
    Progress("CTCF, rcps, size all", 3, 10, tmp_path / "history.tsv").after_epoch([state(7, 6, 12.0)])
    assert lines(caplog) == [
        "CTCF, rcps, size all, seed 7: epoch 6 of 10, about 48 s left for all 3 seeds; train loss 0.1667, "
        "validation loss 0.5000, AUROC 0.6000."
    ]


def test_seeds_that_train_together_are_told_of_together(tmp_path, caplog):
    """One has lost its patience; the two others have metrics 0.4 and 0.2, an epoch of one second and 5 and 7 left."""
    progress = Progress("a", 3, 9, tmp_path / "history.tsv")
    progress.after_epoch([state(1, 3, 3.0, is_finished=True), state(2, 4, 4.0), state(3, 2, 2.0)])
    assert lines(caplog)[0].startswith("a, seed 2, 3: epoch 2 of 9, about 12 s left for all 3 seeds; train loss 0.375")
    assert lines(caplog)[0].endswith("AUROC 0.3000.")


def test_seeds_that_were_finished_before_are_not_waited_for(tmp_path, caplog):
    progress = Progress("a", 2, 5, tmp_path / "history.tsv")
    progress.add([state(1, 5, 50.0, is_finished=True)])
    progress.after_epoch([state(2, 1, 3.0)])
    assert "about 12 s left" in lines(caplog)[0]
    assert list(pd.read_csv(tmp_path / "history.tsv", sep="\t")["seed"]) == 5 * [1] + [2]


def test_the_first_and_last_epochs_are_told_and_others_after_some_seconds(tmp_path, caplog):
    now = [0.0]
    progress = Progress("a", 1, 6, tmp_path / "history.tsv", clock=lambda: now[0])
    told = []
    for epoch, step in zip(range(1, 7), [0, 1, SECONDS_BETWEEN, 1, 1, 1], strict=True):
        now[0] += step
        progress.after_epoch([state(1, epoch, 1.0)])
        if len(lines(caplog)) > len(told):
            told.append(epoch)
            assert len(pd.read_csv(tmp_path / "history.tsv", sep="\t")) == epoch
    assert told == [1, 3, 6]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_durations_have_two_units_at_most(seconds, text):
    assert duration(seconds) == text


def test_the_loop_tells_of_every_epoch():
    make_network, make_objective, settings = binary()
    seen = []
    train_together(
        make_network,
        settings,
        [Start(seed, make_objective) for seed in (1, 2)],
        lambda states: seen.append([len(each.history) for each in states]),
    )
    assert seen == [[epoch, epoch] for epoch in range(1, EPOCHS + 1)]


def trained(folder, seeds, objective=None):
    make_network, make_objective, settings = binary()
    data = TrainingData(
        labels=make_objective.args[0].train.labels,
        digest="data",
        objective=lambda streams, device, rows: (objective or make_objective)(streams, device),
        network=SimpleNamespace(to_dict=dict),
    )
    arm = Arm(kind="binary", task="CTCF", name="rcps", size="all", settings=settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replicates, "build_network", lambda description: make_network())
        patch.setattr(
            replicates, "_description", lambda arm, data, state, size: SimpleNamespace(fold=None, seed=state.seed)
        )
        return replicates.train_replicates(arm, data, seeds, CheckpointFolder(folder, "code"))


def test_the_table_of_epochs_grows_while_a_job_trains_and_its_outputs_replace_it(tmp_path, caplog):
    """The second seed stops in its second epoch: the table has the four epochs of the first, and one of the second."""
    _, make_objective, _ = binary()
    left = iter(range(3 * EPOCHS + 4))

    def stopping(streams, device):
        objective = make_objective(streams, device)
        of_batch = objective.loss

        def loss(network, drawn):
            if next(left, None) is None:
                raise Killed
            return of_batch(network, drawn)

        objective.loss = loss
        return objective

    with pytest.raises(Killed):
        trained(tmp_path, [1, 2], stopping)
    growing = pd.read_csv(tmp_path / "history.tsv", sep="\t")
    assert list(zip(growing["seed"], growing["epoch"], strict=True)) == [
        *((1, epoch + 1) for epoch in range(4)),
        (2, 1),
    ]
    assert "validation_loss" in growing.columns
    assert [line.partition(": ")[2].partition(",")[0] for line in lines(caplog)] == [
        f"epoch {epoch} of {EPOCHS}" for epoch in (1, EPOCHS, 1)
    ]

    done = trained(tmp_path, [1, 2])
    assert not (tmp_path / "history.tsv").exists()
    assert seconds_of(checkpoint_file(tmp_path, 1)) > 0
    assert seconds_of(checkpoint_file(tmp_path, 3)) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replicates, "save", lambda *arguments: None)
        replicates.write_replicates(done, tmp_path / "w", tmp_path / "m", tmp_path / "final.tsv")
    final = pd.read_csv(tmp_path / "final.tsv", sep="\t")
    pd.testing.assert_frame_equal(final.iloc[: len(growing)], growing)
