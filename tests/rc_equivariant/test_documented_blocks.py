"""The blocks that docs/layers.md shows run as they stand, and are exact, exported and counted like all others."""

from __future__ import annotations

import re

import pytest
import torch
from checkout import ROOT
from exported_networks import one_hot_nucleotides
from torch import Tensor, nn
from torch.func import functional_call

from rc_equivariant import KmerEncoding, Ordinary, export
from rc_equivariant.cost import multiply_adds
from rc_equivariant.testing import assert_equivariant, random_features

PAGE = (ROOT / "docs/layers.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^### (.+?)\n.*?```python\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE))
EXACT = 1e-12


class Example:
    """An example after it ran: its network in float64, and a batch of inputs of the space that it reads."""

    def __init__(self, name: str) -> None:
        torch.manual_seed(0)
        self.names: dict = {}
        exec(EXAMPLES[name], self.names)
        self.network: nn.Module = self.names["network"].double()
        layers = self.network if isinstance(self.network, nn.Sequential) else [self.network]
        self.in_type = layers[0].in_type
        self.out_type = getattr(self.network, "out_type", Ordinary(1))
        length = self.names["kmers" if "kmers" in self.names else "x"].shape[-1]
        generator = torch.Generator().manual_seed(0)
        self.inputs: Tensor = random_features(self.in_type, 6, length, generator, torch.float64)

    def parameters_move(self) -> None:
        with torch.no_grad():
            for parameter in self.network.parameters():
                parameter.add_(torch.randn_like(parameter), alpha=0.1)


def test_the_page_shows_three():
    assert set(EXAMPLES) == {"Attention", "A network like LegNet", "A network like ConvNova"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_is_equivariant(name, capsys):
    example = Example(name)
    shown = re.findall(r"tensor\((\S+?)[,)]", capsys.readouterr().out)
    assert shown
    assert all(float(error) < 1e-4 for error in shown)
    example.parameters_move()
    assert_equivariant(example.network, example.inputs, in_type=example.in_type, out_type=example.out_type)


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_exports_alike(name):
    example = Example(name)
    example.parameters_move()
    inputs = example.inputs
    if isinstance(example.in_type, KmerEncoding):
        codes = torch.randint(5, (6, inputs.shape[1] + example.in_type.k - 1))
        inputs = example.in_type.indices(codes)
    expected = example.network.eval()(inputs)
    read = one_hot_nucleotides(codes, torch.float64) if isinstance(example.in_type, KmerEncoding) else inputs
    assert (export(example.network)(read) - expected).abs().max() <= EXACT * expected.abs().max()


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "Attention"])
def test_the_networks_cost_what_their_plain_form_does(name):
    """But for the first convolution, which is dense in the plain form and looks up in ours."""
    example = Example(name)
    k, length = example.in_type.k, example.inputs.shape[1]
    first = next(layer for layer in example.network.modules() if hasattr(layer, "tying"))
    positions, row = length - first.kernel_size + 1, first.out_type.size * first.kernel_size
    plain = multiply_adds(export(example.network), torch.zeros(1, 4, length + k - 1, dtype=torch.float64))
    to_kmers = 0 if k == 1 else 4**k * 4 * k * length
    assert multiply_adds(example.network, example.inputs) == plain - to_kmers - positions * row * (4**k - 1)


@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.parametrize("name", EXAMPLES)
def test_it_trains_as_a_stack(name):
    """Two copies that share their steps have the gradients of each alone."""
    example = Example(name)
    network = example.network.train()
    own = dict(network.state_dict(keep_vars=True))
    parameters = {name: p for name, p in network.named_parameters() if p.numel()}
    stack = {name: torch.stack([value.detach()] * 2).requires_grad_(name in parameters) for name, value in own.items()}
    together = torch.vmap(lambda values: functional_call(network, values, (example.inputs,)))(stack)
    together.square().sum().backward()
    network(example.inputs).square().sum().backward()
    for name, parameter in parameters.items():
        for gradient in stack[name].grad:
            assert torch.allclose(
                gradient, parameter.grad, rtol=1e-7, atol=1e-9 * float(parameter.grad.abs().max() + 1)
            )
