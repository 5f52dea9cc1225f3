"""Parts of the configuration schema that are generated from dataclasses, so that each option is stated only once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING
from typing import Any

from genome_data.windows.settings import NegativeSettings, WindowSettings
from learning.training.compute import ComputeSettings
from learning.training.options import TRAININGS, TUNED
from learning.training.settings import StrandSettings
from rc_equivariant.descriptions.heads import HEADS
from rc_equivariant.descriptions.networks import MEANS, NETWORKS
from rc_equivariant.descriptions.options import Limits, Option, options_of
from rc_equivariant.descriptions.symmetry import Symmetry
from rc_equivariant.descriptions.tracks import TRACKS
from rc_equivariant.descriptions.trunks import TRUNKS
from workflow_support.kinds import KINDS

Schema = dict[str, Any]

_TYPES = {int: "integer", float: "number", bool: "boolean", str: "string"}
_KEYWORDS = {"minimum": "minimum", "maximum": "maximum", "above": "exclusiveMinimum", "below": "exclusiveMaximum"}
_NAME = {"$ref": "#/$defs/name"}
#: The name that stands for the published network or training of the kind of each task.
PUBLISHED = "published"
#: The name by which arms ask for the better of the built-in trainings of the kind of a task.
DEFAULT = "default"


def option_schema(each: Option, *, with_default: bool = True) -> Schema:
    """Return the schema of one option."""
    schema: Schema = {"description": _sentence(each)}
    own = _value_schema(each)
    if each.is_list:
        schema |= {"type": "array", "items": {"description": each.doc} | own}
    else:
        schema |= own
    if with_default and each.default is not MISSING:
        schema["default"] = list(each.default) if each.is_list else each.default
    return schema


def list_or_value(each: Option) -> Schema:
    """Return the schema of an option that may also be a list, which makes one arm for each of its values."""
    own = _value_schema(each) | ({} if each.choices else {"type": _TYPES[each.type]})
    lists = {"minItems": 1, "uniqueItems": True, "items": {"description": each.doc} | own}
    schema = {"description": f"{_sentence(each)} A list makes one arm for each value."} | own | lists
    if each.choices is not None:
        del schema["enum"]
        alternatives = "|".join(each.choices)
        words = f"{', '.join(each.choices[:-1])} or {each.choices[-1]}, or a list of them"
        schema |= {"pattern": f"^({alternatives})$", "title": words}
    return schema | {"type": [_TYPES[each.type], "array"]}


def options_schema(described: Iterable[type], *, with_defaults: bool) -> dict[str, Schema]:
    """Return the schemas of the options of dataclasses by name; if several have an option, the first one counts."""
    found: dict[str, Schema] = {}
    for each in (each for part in described for each in options_of(part)):
        found.setdefault(each.name, option_schema(each, with_default=with_defaults))
    return found


def _value_schema(each: Option) -> Schema:
    schema: Schema = {"type": [_TYPES[each.type], "null"] if each.is_optional else _TYPES[each.type]}
    limits: Limits = each.limits
    schema |= {key: getattr(limits, name) for name, key in _KEYWORDS.items() if getattr(limits, name) is not None}
    if each.choices is not None:
        schema = {"enum": list(each.choices)}
    return schema


def _sentence(each: Option) -> str:
    details = [f"in {each.unit}"] if each.unit else []
    details += ["odd"] if each.limits.odd else []
    return f"{each.doc} ({', '.join(details)})" if details else each.doc


def _object(description: str, properties: Mapping[str, Schema], **more: Any) -> Schema:
    return {
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "properties": dict(properties),
    } | more


def _part(parts: Mapping[str, type], description: str) -> Schema:
    kinds = {"description": "Type of the layers; the other keys are their options.", "enum": list(parts)}
    return _object(description, {"type": kinds} | options_schema(parts.values(), with_defaults=False))


def networks() -> Schema:
    """Return the schema of the section ``networks``: named sets of layers."""
    network = _object(
        "A trunk and a head. A built-in name changes that network; any other name makes a new one.",
        {
            "like": {"description": "The network that this one starts from.", "type": "string"},
            "trunk": _part(TRUNKS, "The layers that turn the sequence into features."),
            "head": _part(HEADS, "The layers that turn features into the output."),
            "beside": {
                "description": "Another network, or a list of them, whose logits are added to those of this one. null "
                "takes away those of the network that this one starts from.",
                "type": ["string", "array", "null"],
                "items": {"type": "string"},
            },
            "apart": {
                "description": "Train each of the networks beside each other on its own loss; the answer is a weighted "
                "mean of their logits. The weights are equal, or those that `calibrated` fits.",
                "type": "boolean",
            },
        },
    )
    return {
        "description": f"Networks by name. Built in: {', '.join(NETWORKS | MEANS)}.",
        "type": "object",
        "default": {},
        "propertyNames": _NAME,
        "additionalProperties": network,
    }


def training_options(*, with_kind: bool) -> Schema:
    """Return the schema of a named training, or of an arm's changes to one."""
    own = options_schema(TRAININGS.values(), with_defaults=False)
    base = {"like": {"description": "The training that this one starts from.", "type": "string"}}
    kind = {"kind": {"description": "Kind of task that the training is for.", "enum": list(TRAININGS)}}
    return _object("Batches, optimiser and schedule.", base | (kind if with_kind else {}) | own)


def trainings() -> Schema:
    """Return the schema of the section ``trainings``: named sets of training options."""
    return {
        "description": f"Trainings by name. Built in: {', '.join(TRAININGS)}, each for the kind of task of that name; "
        f"{', '.join(TUNED)}.",
        "type": "object",
        "default": {},
        "propertyNames": _NAME,
        "additionalProperties": training_options(with_kind=True),
    }


def windows() -> Schema:
    """Return the schema of the section ``windows``."""
    return _object("The windows of binary tasks.", options_schema([WindowSettings], with_defaults=True), default={})


def windows_of_task() -> Schema:
    """Return the schema of a task's changes to ``windows``."""
    return _object("Options of ``windows`` for this task.", options_schema([WindowSettings], with_defaults=False))


def negatives() -> Schema:
    """Return the schema of the section ``negatives``."""
    return _object("The sampling of negatives.", options_schema([NegativeSettings], with_defaults=True), default={})


def negatives_of_task() -> Schema:
    """Return the schema of a task's changes to ``negatives``."""
    return _object("Options of ``negatives`` for this task.", options_schema([NegativeSettings], with_defaults=False))


def compute() -> Schema:
    """Return the schema of the section ``compute``."""
    return _object(
        "The device on which networks are trained and applied.",
        options_schema([ComputeSettings], with_defaults=True),
        default={},
    )


def arm() -> Schema:
    """Return the schema of one arm of a study."""
    symmetry = {
        each.name: list_or_value(each) if each.name in SPANNED else option_schema(each, with_default=False)
        for each in options_of(Symmetry)
    }
    of_trunk = {
        each.name: list_or_value(each) if each.name in SPANNED else option_schema(each, with_default=False)
        for trunk in TRUNKS.values()
        for each in options_of(trunk)
        if each.per_arm
    }
    strands = options_schema([StrandSettings], with_defaults=False)
    network = {
        "description": f"Name of a network, or a list of names; {PUBLISHED} is the published one for the kind of task.",
        "type": ["string", "array"],
        "minItems": 1,
        "uniqueItems": True,
        "items": {"description": "Name of a network.", "type": "string"},
        "default": PUBLISHED,
    }
    training = training_options(with_kind=False) | {
        "description": f"Name of a training, or options that differ from the {PUBLISHED} one; {DEFAULT} is "
        f"{', '.join(TUNED)} or, for other kinds of task, the {PUBLISHED} one.",
        "type": ["string", "object"],
        "default": PUBLISHED,
    }
    kinds = {
        "description": "Kinds of task that the arm serves; by default all that its network and training can serve.",
        "type": "array",
        "minItems": 1,
        "uniqueItems": True,
        "items": {"description": "Kind of task.", "enum": list(KINDS)},
    }
    conjoined = {
        "description": "Train and apply the mean of the outputs on both strands; for representation standard.",
        "type": "boolean",
    }
    return _object(
        "A network, a symmetry and a training.",
        {
            "network": network,
            **symmetry,
            **of_trunk,
            "conjoined": conjoined,
            **strands,
            "training": training,
            "start_from": _start_from(),
            "kinds": kinds,
            "train_sizes": {"$ref": "#/$defs/train_sizes"},
            "family": {"description": "Name of the arm with lists or trials from which this arm was made."} | _NAME,
            "trial": {
                "description": "Number of the trial that this arm is; made from study.tuning.",
                "type": "integer",
                "minimum": 1,
            },
            "matched": _matched(),
        },
        required=["representation", "kmer", "channels"],
    )


def _start_from() -> Schema:
    frozen = {
        "description": "Names of layers that keep the weights and running statistics of the model, such as trunk.",
        "type": "array",
        "minItems": 1,
        "uniqueItems": True,
        "items": {"description": "Name of a layer.", "type": "string"},
    }
    model = {"description": "The folder of a model, or a zip of it.", "$ref": "#/$defs/location"}
    return _object(
        "The model with whose weights networks begin, in place of random ones. Its trunk and symmetry must be those of "
        "the arm; tensors of the head that do not fit, as for other classes, begin at random.",
        {"model": model, "frozen": frozen},
        required=["model"],
    )


def _matched() -> Schema:
    return _object(
        "The arm or combination whose cost this arm gets; its channels are found for each task. Made for at_equal of "
        "a claim.",
        {
            "to": {"description": "Name of an arm or combination.", "type": "string"},
            "by": {"description": "Measure of cost.", "enum": ["parameters", "multiply_adds"]},
            "times": {
                "description": "Number of times that the arm's own cost counts in one answer.",
                "type": "integer",
                "minimum": 1,
            },
        },
        required=["to", "by", "times"],
    )


def reference() -> Schema:
    """Return the schema of the reference arms, one for each kind of task."""
    name = {"description": "Name of an arm or combination.", "type": "string"}
    return _object(
        "The arm or combination over which figures and tables show the gain, for each kind of task; by default the "
        "first arm that serves the kind.",
        dict.fromkeys(KINDS, name),
        default={},
    )


def kind() -> Schema:
    """Return the schema of the kind of a task."""
    sentences = " ".join(f"{each.name}: {each.doc}" for each in KINDS.values())
    return {"description": sentences, "enum": list(KINDS), "default": "binary"}


def model_kind() -> Schema:
    """Return the schema of the kind of task that a model is for."""
    return {"enum": list(KINDS)}


def tracks() -> dict[str, Schema]:
    """Return the schemas of a task's input tracks, by key."""
    types = {True: "#/$defs/stranded", False: "#/$defs/location"}
    return {name: {"description": each.doc, "$ref": types[each.is_stranded]} for name, each in TRACKS.items()}


#: Options for which an arm may give a list, with the suffix that each value adds to the name of the arm.
SPANNED = {"kmer": "_k{:g}", "plus_fraction": "_p{:g}", "network": "_{}", "curvature": "_{}", "linear_map": "_{}"}

#: Every generated part by name; the schema file refers to it as ``generated:<name>``.
PARTS: dict[str, Callable[[], Schema]] = {
    each.__name__: each
    for each in (
        windows,
        windows_of_task,
        negatives,
        negatives_of_task,
        networks,
        trainings,
        compute,
        arm,
        reference,
        kind,
        model_kind,
        tracks,
    )
}
