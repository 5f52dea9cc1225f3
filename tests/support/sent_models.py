"""Models as folders, with random weights, as `pack_model` leaves them."""

import torch
from saved_networks import files_of, save_replicates

from learning.models.model_files import write_model
from learning.models.saved import load

CPU = torch.device("cpu")


def sent_model(folder, arms, kind="binary", seeds=(0, 1), average_strands=False, classes=("unbound", "bound")):
    """Write a model of networks with these architectures by arm; the folder, and its networks."""
    folder.mkdir()
    files = folder.parent / f"files_of_{folder.name}"
    files.mkdir()
    for name, architecture in arms.items():
        save_replicates(files, name, architecture, {seed: {"arm": name} for seed in seeds}, kind)
    pairs = files_of(files, arms)
    replicates = [each for pair in zip(*pairs.values(), strict=True) for each in load(*pair, CPU)]
    write_model(
        folder,
        replicates,
        name=f"planted.{'_'.join(arms)}",
        classes=[] if kind == "profile" else list(classes),
        average_strands=average_strands,
        threshold=0.0 if kind == "binary" else None,
        evaluation={"windows": 100, "metrics": {"AUROC": {"value": 0.9, "low": 0.8, "high": 0.95}}},
        training_data={"task": "planted", "settings": {}, "windows": {}, "windows_digest": "", "inputs": {}},
    )
    return folder, [network for network, _ in replicates]
