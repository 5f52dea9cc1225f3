"""Changes of windows in training: known answers, the same on both strands, and nothing drawn for what is not asked."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from plain_trainings import objective_of, with_options

from learning.training.losses import class_loss
from learning.training.options import TUNED, BinaryTrainingSettings
from learning.training.settings import Training
from learning.training.window_changes import WindowChanges, crossed, moved
from rc_equivariant import KmerEncoding

SINGLE = KmerEncoding(1)
BATCHES = st.tuples(st.integers(1, 6), st.integers(2, 20), st.integers(0, 1000)).map(
    lambda drawn: torch.randint(0, 5, drawn[:2], generator=torch.Generator().manual_seed(drawn[2]))
)


def changes(generator=None, classes=3, bases=50, kind="binary", **options):
    return WindowChanges(
        Training.of_kind(kind, options).schedule, generator or np.random.default_rng(0), bases, classes
    )


def test_moved_windows_lose_one_end_and_are_unknown_at_the_other():
    codes = torch.tensor([[0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3]])
    expected = [[0, 1, 2, 3], [1, 2, 3, 4], [4, 4, 0, 1]]
    assert moved(codes, torch.tensor([0, 1, -2])).tolist() == expected


def test_crossed_windows_have_the_left_part_of_one_and_the_right_part_of_another():
    codes = torch.tensor([[0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [4, 2, 2, 4, 4]])
    joined, own = crossed(codes, torch.tensor([1, 2, 0]), torch.tensor([2, 5, 3]))
    assert joined.tolist() == [[0, 0, 1, 1, 1], [1, 1, 1, 1, 1], [4, 2, 2, 0, 0]]
    assert own.tolist() == pytest.approx([2 / 5, 1, 2 / 4])
    assert crossed(torch.full((1, 3), 4), torch.tensor([0]), torch.tensor([1]))[1].tolist() == [1.0]


@given(codes=BATCHES, data=st.data())
def test_changes_of_reverse_complements_are_reverse_complements(codes, data):
    """Of windows moved the other way, and of windows crossed at the mirrored position, with exchanged parts."""
    windows, bases = codes.shape
    numbers = partial(st.lists, min_size=windows, max_size=windows)
    shifts = torch.tensor(data.draw(numbers(st.integers(-bases, bases))))
    assert torch.equal(moved(SINGLE.act(codes), -shifts), SINGLE.act(moved(codes, shifts)))
    partners = data.draw(st.permutations(range(windows)))
    cuts = torch.tensor(data.draw(numbers(st.integers(1, bases - 1))))
    joined, own = crossed(codes, torch.tensor(partners), cuts)
    for row in range(windows):
        pair = SINGLE.act(codes[[partners[row], row]])
        mirrored, other = crossed(pair, torch.tensor([1, 1]), bases - cuts[[row, row]])
        assert torch.equal(mirrored[0], SINGLE.act(joined[[row]])[0])
        if (joined[row] < 4).any():
            assert other[0] == pytest.approx(1 - own[row].item())


@pytest.mark.parametrize(("name", "value"), [("jitter", 0.06), ("crossover", 0.5), ("base_substitution", 0.1)])
def test_nothing_is_drawn_or_changed_unless_it_is_asked_for(name, value):
    generator = np.random.default_rng(0)
    before = generator.bit_generator.state
    assert changes(generator).draw(8) == ()
    assert generator.bit_generator.state == before
    codes, labels = torch.zeros(8, 50, dtype=torch.int64), torch.arange(8) % 3
    assert all(map(torch.equal, changes(generator).applied(codes, labels, ()), (codes, labels)))
    changed = changes(generator, **{name: value})
    assert len(changed.draw(8)) in (1, 2)
    assert generator.bit_generator.state != before


def test_shifts_and_cuts_are_uniform_and_as_many_windows_are_crossed_as_asked_for():
    """Within five standard errors, of 20,000 windows."""
    shifts, partners, cuts = changes(bases=5, jitter=0.4, crossover=0.4).draw(20_000)
    assert np.array_equal(np.sort(partners), np.arange(20_000))
    found, counts = np.unique(shifts, return_counts=True)
    assert found.tolist() == [-2, -1, 0, 1, 2]
    assert np.abs(counts - 4000).max() < 5 * (20_000 * 0.2 * 0.8) ** 0.5
    found, counts = np.unique(cuts, return_counts=True)
    assert found.tolist() == [1, 2, 3, 4, 5]
    assert np.abs(counts[:4] - 2000).max() < 5 * (20_000 * 0.1 * 0.9) ** 0.5


@pytest.mark.parametrize("classes", [2, 3])
def test_the_loss_of_crossed_windows_is_that_of_both_classes_by_their_shares(classes):
    changed = changes(classes=classes, crossover=1.0)
    codes = torch.randint(0, 4, (6, 50), generator=torch.Generator().manual_seed(0))
    labels = torch.arange(6) % classes
    drawn = tuple(map(torch.from_numpy, changed.draw(6)))
    joined, targets = changed.applied(codes, labels, drawn)
    partners, cuts = drawn
    assert torch.equal(joined, crossed(codes, partners, cuts)[0])
    logits = torch.randn(6, classes if classes > 2 else 1, generator=torch.Generator().manual_seed(1)).squeeze(1)
    expected = 0.0
    for row in range(6):
        own = cuts[row].item() / 50
        for share, label in ((own, labels[row]), (1 - own, labels[partners[row]])):
            expected += share * class_loss(logits[[row]], label[None], 0.1).item() / 6
    assert class_loss(logits, targets, 0.1).item() == pytest.approx(expected, rel=1e-5)


def test_the_weight_of_a_crossed_window_is_that_of_its_classes_by_their_shares():
    weights, logits = torch.tensor([1.0, 3.0]), torch.tensor([0.7])
    plain = class_loss(logits, torch.tensor([0.25])).item()
    assert class_loss(logits, torch.tensor([0.25]), weights=weights).item() == pytest.approx(1.5 * plain)
    three, target = torch.tensor([[0.1, 0.4, -0.2]]), torch.tensor([[0.5, 0.25, 0.25]])
    weighted = class_loss(three, target, weights=torch.tensor([1.0, 3.0, 5.0])).item()
    assert weighted == pytest.approx(2.5 * class_loss(three, target).item())


class Listener(torch.nn.Module):
    """Answers 0 for every window and keeps what it is asked."""

    def __init__(self, like):
        super().__init__()
        self.in_type, self.out_type, self.heard = like.in_type, like.out_type, []
        self.answer = torch.nn.Parameter(torch.zeros(like.out_type.size))

    def forward(self, kmers):
        self.heard.append(kmers)
        return (self.answer * torch.ones(len(kmers), 1)).squeeze(1)


@pytest.mark.parametrize(
    ("kind", "options"),
    [("binary", {"jitter": 0.2, "crossover": 0.5, "base_substitution": 0.2}), ("labelled", {"crossover": 0.5})],
)
def test_training_reads_changed_windows_with_their_reverse_complements_and_validation_does_not(kind, options):
    make_network, make_objective, _ = with_options(kind, reverse_complement_augmentation=True, **options)
    plain, changed = objective_of(with_options(kind, base_substitution=0.0)[1]), objective_of(make_objective)
    listener = Listener(make_network())
    drawn = tuple(map(torch.from_numpy, changed.draw()))
    changed.loss(listener, drawn)
    forward, reverse = listener.heard.pop().chunk(2)
    assert torch.equal(reverse, SINGLE.act(forward))
    splits = make_objective.args[0]
    original = torch.from_numpy(splits.train.sequences[drawn[0].numpy()]).long()
    expected, _ = changed._changes.applied(original, torch.zeros(len(original), dtype=torch.int64), drawn[1:])
    assert torch.equal(forward, expected)
    assert not torch.equal(forward, original)
    seen = []
    for objective in (plain, changed):
        objective.validate(listener)
        seen.append(torch.cat(listener.heard))
        listener.heard.clear()
    assert torch.equal(*seen)


def test_only_binary_trainings_are_moved_within_their_windows():
    """Labelled sequences need not fill their windows; profile tasks have a margin to move in."""
    with pytest.raises(TypeError, match="jitter"):
        Training.of_kind("labelled", {"jitter": 0.1})
    with pytest.raises(TypeError, match="crossover"):
        Training.of_kind("profile", {"crossover": 0.1})


@pytest.mark.parametrize(
    ("bases", "jitter", "reach"), [(200, 0.2, 40), (201, 0.1, 20), (1_000, 0.49, 490), (4, 0.1, 0)]
)
def test_jitter_is_a_share_of_the_window_in_whole_bases(bases, jitter, reach):
    drawn = changes(bases=bases, jitter=jitter).draw(20_000)
    assert (len(drawn) == 0) == (reach == 0)
    if reach:
        assert (drawn[0].min(), drawn[0].max()) == (-reach, reach)


def test_the_default_training_of_peaks_moves_windows_and_the_published_one_does_not():
    """docs/measurements.md has what the share was chosen by."""
    assert TUNED["default_binary"].jitter == 0.1
    assert BinaryTrainingSettings().jitter == 0
