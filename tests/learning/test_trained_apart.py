"""Networks that are trained apart, as members of one, end as each would alone."""

from dataclasses import replace
from functools import partial
from itertools import chain

import pytest
import torch
from arm_networks import described_network
from interrupted_trainings import labelled
from plain_trainings import with_options
from planted_windows import ARCHITECTURE, WIDTH

from learning.models.networks import build_network, trained_apart
from learning.training import stacks
from learning.training.loop import Start, train_together
from rc_equivariant import Centred, NetworkDescription, StrandAverage
from rc_equivariant.descriptions.heads import BagHead
from rc_equivariant.descriptions.networks import Layers
from rc_equivariant.descriptions.trunks import BagTrunk

#: Without dropout, because members draw one after the other from the stream from which each would draw alone.
BAG = Layers(BagTrunk(lengths=(2, 3)), BagHead(dense=6, dropout=0.0))
STANDARD = {"representation": "standard", "window": WIDTH}


def described(classes: int = 2, **changes: bool) -> NetworkDescription:
    """Convolutions, the same once more, and a bag of k-mers."""
    first = described_network(ARCHITECTURE | STANDARD | {"channels": 6, "classes": classes})
    return replace(first, beside=(Layers(first.trunk, first.head), BAG), apart=True, **changes)


#: The twelve steps of one epoch, whose weights are kept whatever they are worth.
ONE_EPOCH = {"epochs": 1, "steps_per_epoch": 12, "weight_decay": 0.1, "base_substitution": 0.1}
CASES = {
    "binary": ("binary", None, ONE_EPOCH, {}),
    "averaged": ("binary", None, ONE_EPOCH | {"weight_average": 0.8}, {}),
    "clipped": ("binary", None, ONE_EPOCH | {"gradient_clipping": 0.01}, {}),
    "conjoined": ("binary", None, ONE_EPOCH | {"crossover": 0.5}, {"conjoined": True}),
    "labelled": (
        "labelled",
        labelled,
        {"epochs": 1, "consistency": 0.3, "gradient_clipping": 0.02},
        {"classes": 3, "centred": True},
    ),
}


def trained(description, make_objective, settings, begin=lambda network: None):
    """The network after its training, in float64, and its weights before."""
    before = {}

    def prepare(network):
        begin(network)
        before.update({name: value.clone() for name, value in network.state_dict().items()})

    start = Start(1, make_objective, prepare=prepare)
    (state,) = train_together(lambda: build_network(description.to_dict()).double(), settings, [start])
    return state, before


def of_member(state, number):
    """The tensors of a member, by the names that they have in a network of their own."""
    own = f"members.{number}."
    return {name.replace(own, ""): value for name, value in state.items() if own in name}


def largest_difference(case, change=lambda description: description):
    """The largest difference of a weight of a member from that of the member alone, and the states of all."""
    kind, make, options, own = CASES[case]
    _, make_objective, settings = with_options(kind, make, **options)
    description = described(**own)
    together, before = trained(change(description), make_objective, settings)
    alone, differences = [], []
    for number, member in enumerate(description.members):
        begin = partial(torch.nn.Module.load_state_dict, state_dict=of_member(before, number))
        single, _ = trained(member, make_objective, settings, begin)
        alone.append(single)
        found = of_member(together.network.state_dict(), number)
        expected = single.network.state_dict()
        assert found.keys() == expected.keys()
        differences += [(found[name] - value).abs().max().item() for name, value in expected.items()]
        moved = [(value - of_member(before, number)[name]).abs().max().item() for name, value in expected.items()]
        assert max(moved) > 1e-3
    return max(differences), together, alone


@pytest.mark.parametrize("case", CASES)
def test_each_network_ends_as_it_would_alone(case):
    difference, together, alone = largest_difference(case)
    assert difference < 1e-12
    losses = [each.history[0].train_loss for each in alone]
    assert together.history[0].train_loss == pytest.approx(sum(losses) / 3)


@pytest.mark.parametrize("case", ["binary", "labelled"])
def test_networks_that_share_a_loss_would_be_noticed(case):
    assert largest_difference(case, lambda description: replace(description, apart=False))[0] > 1e-3


def test_networks_that_are_clipped_together_would_be_noticed(monkeypatch):
    of_members = stacks._gradients_of
    monkeypatch.setattr(stacks, "_gradients_of", lambda optimiser: [list(chain(*of_members(optimiser)))])
    assert largest_difference("clipped")[0] > 1e-6


def test_networks_apart_have_the_averages_of_the_whole_around_them():
    network = build_network(described(conjoined=True, centred=True).to_dict()).double()
    kmers = network.in_type.indices(torch.randint(0, 4, (4, WIDTH)))
    kmers[:, :3] = network.in_type.size
    for mode in (True, False):
        network.train(mode)
        apart = trained_apart(network)
        for each in apart:
            assert isinstance(each, Centred)
            assert isinstance(each.network, StrandAverage)
            assert [each.training, each.network.training, each.network.network.training] == [mode] * 3
        torch.testing.assert_close(network(kmers), sum(each(kmers) for each in apart) / 3)
    whole = build_network(described().members[0].to_dict())
    assert trained_apart(whole) == [whole]
    added = build_network(replace(described(), apart=False).to_dict())
    assert trained_apart(added) == [added]
