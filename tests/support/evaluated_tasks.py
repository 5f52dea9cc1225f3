"""Tasks with classes of planted windows, and what the evaluation of their networks and baselines writes."""

import json

import numpy as np
import pandas as pd
import torch
from encode_kmers import encode_kmers
from evaluate import evaluate as evaluate_script
from fit_kmer_baseline import fit_kmer_baseline
from planted_windows import ARCHITECTURE, WIDTH, planted_codes
from saved_networks import files_of

from genome_data.windows.table import write_windows

WINDOWS, TEST = 300, 100
REGULAR = ARCHITECTURE | {"window": WIDTH}
STANDARD = REGULAR | {"representation": "standard"}
THREE_MERS = STANDARD | {"kmer": 3, "channels": 6}
LABELLED = {"representation": "standard", "kmer": 1, "channels": 8, "window": WIDTH}
METRICS = ["AUROC", "AUPRC", "MCC", "Brier", "ECE"]


def write_planted_task(folder):
    """Windows with planted motifs, the last of which has unknown bases."""
    codes, labels = planted_codes(WINDOWS, seed=0)
    codes[-1, :5] = 4
    write_task(folder, codes, labels)


def write_task(folder, codes, labels):
    table = pd.DataFrame({"contig": "chrA", "start": np.arange(WINDOWS) * 100, "label": labels, "gc": 0.5})
    table = table.assign(end=table["start"] + WIDTH, name=[f"window_{row}" for row in table.index])
    table["split"] = np.repeat(["train", "validation", "test"], WINDOWS // 3)
    write_windows(table, folder / "windows.tsv")
    np.save(folder / "codes.npy", codes)
    np.save(folder / "near_copies.npy", np.zeros(WINDOWS, dtype=bool))


def evaluate(task, names, candidates=((0,),), seeds=((0,),), **changes):
    """What the files say of each replicate, and its rows of the predictions."""
    arguments = {"kind": "binary", "task": "planted", "arm": "some", "size": "all", "average_strands": False}
    evaluate_script(
        windows=task / "windows.tsv",
        sequences=task / "codes.npy",
        extras=[],
        extra_names=[],
        near_copies=task / "near_copies.npy",
        surroundings=[],
        **files_of(task, names),
        candidates=[list(candidate) for candidate in candidates],
        seeds=[list(group) for group in seeds],
        device="cpu",
        threads=1,
        evaluation=task / "evaluation.json",
        predictions=task / "predictions.tsv",
        **arguments | changes,
    )
    return read_replicates(task / "evaluation.json", task / "predictions.tsv")


def read_replicates(evaluation, predictions):
    records, table = json.loads(evaluation.read_text()), pd.read_csv(predictions, sep="\t")
    assert table["seed"].tolist() == [record["seed"] for record in records for _ in range(TEST)]
    of_replicates = [table.iloc[first : first + TEST] for first in range(0, len(table), TEST)]
    return [(record, rows.reset_index(drop=True)) for record, rows in zip(records, of_replicates, strict=True)]


def baseline(task, kind="binary"):
    encode_kmers(task / "codes.npy", 6, task / "kmers.k6.npy")
    fit_kmer_baseline(
        windows=task / "windows.tsv",
        kmers=task / "kmers.k6.npy",
        near_copies=task / "near_copies.npy",
        task="planted",
        kind=kind,
        size="all",
        seeds=[0],
        trials=5,
        evaluation=task / "baseline.json",
        predictions=task / "baseline.tsv",
    )
    (found,) = read_replicates(task / "baseline.json", task / "baseline.tsv")
    return found


def mark_near_copies(task, rows):
    near_copies = np.zeros(WINDOWS, dtype=bool)
    near_copies[rows] = True
    np.save(task / "near_copies.npy", near_copies)


def on_both_strands(network, codes):
    """Logits of windows and of their reverse complements."""
    codes = torch.from_numpy(np.asarray(codes, dtype=np.int64))
    with torch.inference_mode():
        return network(codes).numpy(), network(torch.where(codes == 4, 4, 3 - codes).flip(1)).numpy()


def without_last_base(network, codes):
    """Logits of the windows without their last base, and of their reverse complements: the mean of both places."""
    shorter = codes[:, :-1]
    turned = np.where(shorter == 4, 4, 3 - shorter)[:, ::-1]
    logits = []
    for strand in (shorter, turned):
        places = [np.pad(strand, ((0, 0), each), constant_values=4) for each in ((0, 1), (1, 0))]
        logits.append(sum(on_both_strands(network, place)[0] for place in places) / 2)
    return logits
