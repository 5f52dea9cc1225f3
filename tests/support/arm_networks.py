"""Networks from flat options, which are those of an arm and of its layers."""

from rc_equivariant.descriptions.networks import NetworkDescription
from rc_equivariant.networks.network import build


def described_network(options, kind="binary"):
    """The description; ``geometry`` names a network not of the kind, ``head`` its pooling, ``control`` a track."""
    own = dict(options)
    geometry = own.pop("geometry", "euclidean")
    name = kind if geometry == "euclidean" else geometry
    if "head" in own:
        own["pooling"] = own.pop("head")
    if own.pop("control", False):
        own["tracks"] = ("control",)
    return NetworkDescription.named(name, **own)


def network_content(options, kind="binary"):
    """The content that training scripts take, which is without the window, the classes and the tracks of a task."""
    content = described_network({"window": 10**6} | options, kind).to_dict()
    return {key: value for key, value in content.items() if key not in ("window", "classes", "tracks")}


def build_network(options, kind="binary"):
    """The network with random weights."""
    return build(described_network(options, kind))
