"""Trainings in tf32, bf16 and float16: what is computed in them, and what they do when numbers overflow."""

from functools import partial

import numpy as np
import pytest
import torch
from arm_networks import build_network
from mean_answers import mean_logits
from planted_profiles import ARCHITECTURE as PROFILE_ARCHITECTURE
from planted_profiles import OUTPUT, WINDOW, planted_profiles
from planted_profiles import TRAINING as PROFILE_TRAINING
from planted_windows import ARCHITECTURE, TRAINING, WIDTH, planted_codes

from learning.models.classes import auroc
from learning.models.devices import describe_arithmetic, mixed_precision, select_device
from learning.models.inputs import predict_logits
from learning.models.profile_arrays import ProfileArrays
from learning.training.binary import BinaryObjective
from learning.training.checkpoints import Checkpoint
from learning.training.classification import LabelledSplit, TrainingSplits
from learning.training.labelled import LabelledObjective
from learning.training.loop import Start, train, train_together
from learning.training.options import PRECISIONS, TRAININGS
from learning.training.profiles import ProfileObjective, ProfileTrainingWindows
from learning.training.settings import Training
from workflow_support.errors import InputError

SIXTEEN_BITS = {"bf16": torch.bfloat16, "float16": torch.float16}
each_of_16_bits = pytest.mark.parametrize("precision", SIXTEEN_BITS)


def binary(precision, **changes):
    chosen = Training.of_kind("binary", TRAINING | {"precision": precision} | changes)
    splits = TrainingSplits(*(LabelledSplit(*planted_codes(size, size)) for size in (400, 80)))
    architecture = ARCHITECTURE | {"window": WIDTH, "kernel_widths": [9, 3]}
    return partial(build_network, architecture), partial(BinaryObjective, splits, chosen), chosen


def labelled(precision, curvature="flat"):
    values = {"learning_rate": 0.01, "batch_size": 16, "epochs": 2, "base_substitution": 0.1, "precision": precision}
    chosen = Training.of_kind("labelled", values)
    splits = TrainingSplits(*(LabelledSplit(planted_codes(n, n)[0], np.arange(n) % 3) for n in (60, 30)))
    architecture = {"representation": "irrep", "plus_fraction": 0.5, "kmer": 1, "channels": 8, "window": WIDTH}
    layers = {"classes": 3, "geometry": "hyperbolic", "curvature": curvature, "blocks": 2, "width": 3, "dense": 8}
    return partial(build_network, architecture | layers, "labelled"), partial(LabelledObjective, splits, chosen), chosen


def profile(precision):
    values = {"epochs": 2, "consistency": 0.5, "precision": precision}
    chosen = Training.of_kind("profile", PROFILE_TRAINING | values)
    codes, counts, _ = planted_profiles(60, seed=0)
    windows = ProfileTrainingWindows(ProfileArrays(codes, counts, {}, WINDOW, OUTPUT), *np.split(np.arange(60), [40]))
    return partial(build_network, PROFILE_ARCHITECTURE, "profile"), partial(ProfileObjective, windows, chosen), chosen


KINDS = {"binary": partial(binary, epochs=2), "labelled": labelled, "profile": profile}


@each_of_16_bits
@pytest.mark.parametrize("kind", KINDS)
def test_losses_are_near_those_of_float32(kind, precision, monkeypatch):
    """Trainings of every kind of task; from a scale at which no step of these short ones is left out."""
    monkeypatch.setattr(torch.amp, "GradScaler", partial(torch.amp.GradScaler, init_scale=8.0))
    expected, found = (train(*KINDS[kind](each), seed=1) for each in ("float32", precision))
    losses = [[epoch.train_loss for epoch in state.history] for state in (expected, found)]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)
    assert losses[0] != losses[1]
    assert all(parameter.dtype == torch.float32 for parameter in found.network.parameters())


@each_of_16_bits
def test_a_planted_motif_is_found(precision):
    trained = train(*binary(precision), seed=0)
    codes, labels = planted_codes(300, seed=3)
    assert auroc(labels, mean_logits([trained.network], codes)) > 0.9


@pytest.mark.parametrize("precision", PRECISIONS)
def test_steps_are_in_the_precision_and_validation_is_in_float32(precision, monkeypatch):
    if precision == "tf32":
        monkeypatch.setattr(Training, "__post_init__", lambda self: None)
        monkeypatch.setattr("learning.models.devices._require_precision", lambda *_: None)
    make_network, make_objective, chosen = binary(precision, epochs=1, steps_per_epoch=2)
    seen = {True: set(), False: set()}

    def watched():
        network = make_network()
        last = list(network.trunk.features)[-1].convolution
        convolve = last.with_operands

        def watching(*inputs):
            y = convolve(*inputs)
            seen[network.training].add(y.dtype)
            return y

        last.with_operands = watching
        return network

    train(watched, make_objective, chosen, seed=0)
    assert seen == {True: {SIXTEEN_BITS.get(precision, torch.float32)}, False: {torch.float32}}


def test_hyperbolic_layers_train_in_float32_to_the_bit():
    states = [train(*labelled(precision, curvature="single"), seed=1) for precision in ("float32", "bf16")]
    weights = [state.network.state_dict() for state in states]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_step_that_overflows_is_left_out_and_the_scale_halved():
    """The first steps have a scale with which some gradients are infinite in float16; the weights stay finite."""
    make_network, make_objective, chosen = binary("float16", epochs=1, steps_per_epoch=6)
    factors = []

    def objective(*where):
        made = make_objective(*where)
        of_batch = made.loss
        made.loss = lambda *batch: of_batch(*batch) * (factors.append(None) or (1e30 if len(factors) == 1 else 1.0))
        return made

    state = train(make_network, objective, chosen, seed=0)
    assert state.scaler.get_scale() == 2**15
    steps = {int(values["step"]) for values in state.optimiser.state.values()}
    assert steps == {5}
    assert all(value.isfinite().all() for value in state.network.state_dict().values())


def test_the_scale_is_part_of_a_checkpoint(tmp_path, monkeypatch):
    """Even where it changes at every other step, a training that goes on has the scale of one that was whole."""
    original = torch.amp.GradScaler
    monkeypatch.setattr(torch.amp, "GradScaler", lambda *a, **o: original(*a, **o, growth_interval=2, init_scale=8.0))
    monkeypatch.setattr("learning.training.checkpoints.SECONDS_BETWEEN", 0.0)
    make_network, make_objective, chosen = binary("float16", epochs=4, steps_per_epoch=3)
    whole = train(make_network, make_objective, chosen, seed=1)

    class Killed(BaseException):
        pass

    def killed(*where):
        objective, steps = make_objective(*where), iter(range(7))
        of_batch = objective.loss

        def loss(*batch):
            if next(steps, None) is None:
                raise Killed
            return of_batch(*batch)

        objective.loss = loss
        return objective

    checkpoint = Checkpoint(tmp_path / "seed1.safetensors", "identity")
    with pytest.raises(Killed):
        train(make_network, killed, chosen, 1, checkpoint)
    resumed = train(make_network, make_objective, chosen, 1, checkpoint)
    assert resumed.scaler.state_dict() == whole.scaler.state_dict()
    assert whole.scaler.get_scale() == 8.0 * 2**6
    assert resumed.history == whole.history


def test_a_scale_of_another_precision_is_refused():
    make_network, make_objective, chosen = binary("float16", epochs=1, steps_per_epoch=2)
    tensors, notes = train(make_network, make_objective, chosen, seed=1).everything()
    others = [{}, notes["scaler"] | {"scale": "1"}, notes["scaler"] | {"scale": float("inf")}]
    for scaler in others:
        other = train(make_network, make_objective, chosen, seed=1)
        other.history.clear()
        with pytest.raises(ValueError, match=r"scale of the loss|no finite number"):
            other.restore_everything(tensors, notes | {"scaler": scaler})


def test_stacked_replicates_train_in_bf16_as_they_do_alone():
    make_network, make_objective, chosen = binary("bf16", epochs=2, steps_per_epoch=4)
    stacked = train_together(make_network, chosen, [Start(seed, make_objective) for seed in (0, 1)])
    for seed, state in enumerate(stacked):
        alone = train(make_network, make_objective, chosen, seed)
        losses = [[epoch.train_loss for epoch in each.history] for each in (state, alone)]
        assert losses[0] == pytest.approx(losses[1], rel=0.02)


def test_float16_trains_one_by_one():
    chosen = Training.of_kind("binary", TRAINING | {"device": "cuda", "precision": "float16"})
    assert chosen.replicates_together(10) == 1
    with pytest.raises(InputError, match="float16 train one by one"):
        Training.of_kind("binary", TRAINING | {"precision": "float16", "stacked_replicates": 2})


@pytest.mark.parametrize("kind", TRAININGS)
def test_every_kind_of_training_has_the_precisions(kind):
    assert Training.of_kind(kind, {}).schedule.precision == "float32"
    assert Training.of_kind(kind, {"precision": "bf16"}).to_dict()["precision"] == "bf16"
    with pytest.raises(ValueError, match="unknown precision 'half': choose from float32, tf32, bf16, float16"):
        Training.of_kind(kind, {"precision": "half"})
    with pytest.raises(InputError, match="tf32 is arithmetic of NVIDIA GPUs"):
        Training.of_kind(kind, {"precision": "tf32", "device": "cpu"})
    assert Training.of_kind(kind, {"precision": "tf32", "device": "cuda"}).schedule.precision == "tf32"


@pytest.fixture
def gpu(monkeypatch):
    """A GPU that says what it can do; what a test sets is set back."""
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    monkeypatch.setattr("learning.models.devices._require_gpu", lambda: None)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA V100")
    yield lambda *capability: monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


@pytest.mark.parametrize("precision", ["tf32", "bf16"])
def test_a_gpu_without_the_arithmetic_is_refused(precision, gpu):
    gpu(7, 0)
    with pytest.raises(InputError, match=f"no arithmetic in {precision}") as error:
        select_device("cuda", 1, precision=precision)
    assert "V100), compute capability 7.0" in str(error.value)
    assert "float32" in error.value.fix
    gpu(8, 6)
    assert select_device("cuda", 1, precision=precision).type == "cuda"


def test_tf32_is_used_if_it_was_asked_for_alone(gpu):
    gpu(9, 0)
    for precision, is_allowed in (("tf32", True), ("float32", False), ("tf32", True), ("bf16", False)):
        device = select_device("cuda", 1, precision=precision)
        assert torch.backends.cudnn.allow_tf32 == torch.backends.cuda.matmul.allow_tf32 == is_allowed
        said = "TF32 in convolutions, TF32 in matrix products" if is_allowed else "no TF32"
        assert said in describe_arithmetic(device, precision)


def test_a_cpu_has_no_tf32_and_says_so():
    with pytest.raises(InputError, match="no arithmetic in tf32"):
        select_device("cpu", 1, precision="tf32")


@pytest.mark.parametrize(
    ("precision", "said"),
    [
        ("float32", "float32"),
        ("bf16", "bf16 in products, else float32"),
        ("float16", "float16 in products, else float32"),
    ],
)
def test_the_arithmetic_is_said(precision, said):
    cpu = torch.device("cpu")
    assert describe_arithmetic(cpu, precision) == said
    with mixed_precision(cpu, precision):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == SIXTEEN_BITS.get(precision, torch.float32)


def test_a_trained_network_predicts_in_float32():
    make_network, make_objective, chosen = binary("bf16", epochs=1, steps_per_epoch=2)
    trained = train(make_network, make_objective, chosen, seed=0)
    codes, _ = planted_codes(20, seed=5)
    logits = predict_logits(trained.network, torch.from_numpy(codes))
    twice = predict_logits(trained.network.double(), torch.from_numpy(codes))
    assert logits.dtype == np.float32
    assert np.abs(logits - twice).max() < 1e-4 * np.abs(twice).max()
