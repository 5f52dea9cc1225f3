"""The answers of a run: for each task its data, the recommended arm against the floor, its motifs and its scores."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist

import pandas as pd

from workflow_support.kinds import basis_of
from workflow_support.metrics import BASELINE_ARM, BASELINE_KMER, gain_sign

from .formatting import count, interval, number, p_value, scope_words
from .motifs import Explained, motifs_text
from .tables import rows_with

BEST_NETWORK, BEST_TRAINING = "large", "default"
"""The network and the training to try where another network was used."""
_ADVICE = {
    "binary": "more peaks (a weaker threshold when they are called, or a larger `strongest`), wider windows or, if "
    "peaks have summits, narrower ones, or more `epochs`. Check that peaks and genome are of one build.",
    "labelled": "more sequences, or more `epochs`. Check that labels and sequences belong together.",
}


def answers_text(
    tasks: pd.DataFrame,
    peaks: Mapping[str, pd.DataFrame],
    validation: pd.DataFrame,
    intervals: pd.DataFrame,
    comparisons: pd.DataFrame,
    claims: pd.DataFrame,
    metrics: Mapping[str, str],
    networks: Mapping[str, str],
    explained: Sequence[Explained],
    scores: Mapping[str, Mapping[str, Sequence[str]]],
) -> str:
    """The answers as Markdown, one section per task, and one of the claims if there are any.

    Parameters
    ----------
    tasks
        ``task, kind, width, train, validation, test, folds``: bases per window, numbers of windows, which are means
        over folds, and the number of folds, 0 without folds.
    peaks
        ``peak_counts.tsv`` of each task with peaks.
    validation, intervals, comparisons, claims
        Tables of the study.
    metrics
        The study metric of each task.
    networks
        The named network of each arm; combinations have none.
    explained
        The entries of ``attribute``.
    scores
        For each task and arm, the files with its scores, relative to the page: of the test windows, and then of the
        predictions that were asked for.
    """
    sections = []
    for task in tasks.itertuples():
        name, basis = task.task, basis_of(task.kind)
        of_task, metric = rows_with(validation, {"task": name}), metrics[name]
        size, arm = largest_sizes(of_task)[name], recommended_arm(of_task)
        # Only windows on a genome can be explained.
        motifs = "" if basis == "labelled" else motifs_text([each for each in explained if each.task == name], arm)
        warning = _below_floor(name, size, metric, comparisons, basis, networks)
        paragraphs = [
            f"**Data.** {_data(task, peaks.get(name))}",
            f"**Recommended:** `{arm}`. {_choice(of_task, arm, basis)} "
            f"{_against_floor(name, size, arm, metric, intervals, comparisons)}",
            f"**Warning.** {warning}" if warning else "",
            f"**Motifs.** {motifs}" if motifs else "",
            f"**Scores.** {_scores(scores[name], arm)}",
        ]
        sections.append("\n\n".join([f"### {name}", *filter(None, paragraphs)]))
    if not claims.empty:
        sections.append(f"### Claims\n\n{_verdicts(claims)}")
    return "\n\n".join(sections)


def as_restructured_text(answers: str) -> str:
    """The Markdown of :func:`answers_text` as reStructuredText, which the report shows."""
    return re.sub(r"^### (.+)$", r"**\1**", answers.replace("`", "``"), flags=re.MULTILINE) + "\n"


def largest_sizes(table: pd.DataFrame) -> dict[str, str]:
    """The size with the most training windows of each task, from rows with ``task, size, train_size``."""
    largest = table.sort_values("train_size", ascending=False, kind="stable").drop_duplicates("task")
    return dict(zip(largest["task"], largest["size"], strict=True))


def recommended_arm(validation: pd.DataFrame) -> str:
    """The network of a task with the best mean quality on the validation split, at the largest size; the first on ties.

    The test split has no part in it, so that the metric of the recommended arm is as unbiased as any other.

    Parameters
    ----------
    validation
        ``arm, train_size, seed, quality`` of the replicates of the task.
    """
    return _qualities(validation).mean().idxmax()


def floor_warnings(
    comparisons: pd.DataFrame,
    sizes: Mapping[str, str],
    metrics: Mapping[str, str],
    kinds: Mapping[str, str],
    networks: Mapping[str, str],
) -> dict[str, str]:
    """One line by task on the networks that are below the floor in the mean, at the largest size.

    Tasks without such networks are absent.

    Parameters
    ----------
    comparisons
        The table of the study, in which every arm is compared with the floor.
    sizes, metrics, kinds
        The largest size, the study metric and the kind of each task.
    networks
        The named network of each arm; combinations have none.
    """
    lines = {
        task: _below_floor(task, sizes[task], metric, comparisons, basis_of(kinds[task]), networks)
        for task, metric in metrics.items()
    }
    return {task: line for task, line in lines.items() if line}


def _data(task: tuple, peaks: pd.DataFrame | None) -> str:
    are = "sequences" if basis_of(task.kind) == "labelled" else "windows"
    total = task.test if task.folds else task.train + task.validation + task.test
    splits = (
        f"{count(task.train)} for training, {count(task.validation)} for validation, {count(task.test)} for the test"
    )
    if task.folds:
        splits = (
            f"{task.folds} folds take turns at being tested, each by networks that learned from about "
            f"{count(task.train)} others, and every window is scored once"
        )
    used = f"The task has {count(total)} {are} of {task.width} bases: {splits}."
    if peaks is None:
        return used
    rows = peaks.set_index("reason")["rows"]
    dropped = rows.drop(["in", "kept"]).loc[lambda left_out: left_out > 0]
    reasons = ", ".join(f"{count(number_of)} `{reason}`" for reason, number_of in dropped.items())
    kept = f"{count(rows['kept'])} of {count(rows['in'])} rows of the file of peaks were kept"
    return f"{kept} (left out: {reasons}). {used}" if reasons else f"{kept}. {used}"


def _qualities(validation: pd.DataFrame) -> pd.DataFrame:
    """The quality of each network at the largest size, one row per seed and one column per arm, in their order."""
    networks = validation[validation["arm"] != BASELINE_ARM]
    at_largest = networks[networks["train_size"] == networks["train_size"].max()]
    return at_largest.pivot(index="seed", columns="arm", values="quality")[at_largest["arm"].unique()]


def _choice(validation: pd.DataFrame, arm: str, basis: str) -> str:
    """Why the arm is recommended, and how sure the choice is: the next best arm, seed by seed."""
    of_seeds = _qualities(validation)
    means = of_seeds.mean()
    rest = means.drop(arm).sort_values(ascending=False, kind="stable")
    if rest.empty:
        return "It is the only network that was trained."
    pairs = of_seeds[[arm, rest.index[0]]].dropna()
    ahead = int((pairs[arm] > pairs[rest.index[0]]).sum())
    name, sign = ("loss", -1) if basis == "profile" else ("AUROC", 1)
    ours, theirs = (number(sign * value) for value in (means[arm], rest.iloc[0]))
    next_best = (
        f"`{rest.index[0]}` is next with {theirs}, and `{arm}` is ahead of it with {ahead} of {len(pairs)} seeds"
    )
    return f"Of {len(means)} networks it is the best on the validation split: mean {name} {ours}. {next_best}."


def _against_floor(
    task: str, size: str, arm: str, metric: str, intervals: pd.DataFrame, comparisons: pd.DataFrame
) -> str:
    """The metric of an arm on the test split and its difference from the floor, each with its interval."""
    ours, floor = (
        rows_with(intervals, {"task": task, "size": size, "arm": name}).to_dict("records")
        for name in (arm, BASELINE_ARM)
    )
    own = f"{metric} on the test split: {_with_interval(ours[0])}." if ours else ""
    if not floor:
        return f"{own} Tasks of this kind have no floor of {BASELINE_KMER}-mers to compare it with."
    keys = {"task": task, "size": size, "arm": arm, "reference": BASELINE_ARM}
    (difference,) = rows_with(comparisons, keys).to_dict("records") or [None]
    own += f" The floor, logistic regression on {BASELINE_KMER}-mers, has {_with_interval(floor[0])}."
    if difference is None:
        return own
    low, high, over = difference["low"], difference["high"], ""
    if low != low and difference["pairs"] == 1:
        reach = NormalDist().inv_cdf(0.975) * difference["window_error"]
        low, high = difference["difference"] - reach, difference["difference"] + reach
        over = " over test windows alone, for there is one seed"
    compared = f"Difference: {number(difference['difference'], sign=True)}"
    if low != low:
        return f"{own} {compared}; no interval of it is known, so how sure it is remains open."
    gains = sorted(gain_sign(metric) * bound for bound in (low, high))
    if gains[0] > 0:
        verdict = "it excludes 0, so the network is better than the floor"
    elif gains[1] < 0:
        verdict = "it excludes 0, so the network is worse than the floor"
    else:
        verdict = "it includes 0, so it is not certain which of the two is better"
    return f"{own} {compared} (95 % {interval(low, high)}{over}): {verdict}."


def _with_interval(row: Mapping) -> str:
    bounds = interval(row["low"], row["high"], sign=False)
    return number(row["mean"]) + (f" (95 % {bounds})" if bounds else "")


def _below_floor(
    task: str, size: str, metric: str, comparisons: pd.DataFrame, basis: str, networks: Mapping[str, str]
) -> str:
    """One line on the arms whose mean is below the floor, with advice; empty if there are none."""
    against = rows_with(comparisons, {"task": task, "size": size, "reference": BASELINE_ARM})
    below = against[against["difference"] * gain_sign(metric) < 0]
    if below.empty:
        return ""
    arms = ", ".join(
        f"`{row.arm}` ({number(row.mean_arm)} against {number(row.mean_reference)})" for row in below.itertuples()
    )
    advice = _advice(below["arm"], basis, networks)
    return f"Below the floor of {BASELINE_KMER}-mers in mean {metric} on the test split: {arms}. {advice}"


def _advice(arms: Iterable[str], basis: str, networks: Mapping[str, str]) -> str:
    """Words on what to try for arms below the floor: another network only where one of them is not the best already."""
    others = any(networks.get(arm) != BEST_NETWORK for arm in arms if arm in networks)
    first = f"`network: {BEST_NETWORK}` with `training: {BEST_TRAINING}`, " if others else ""
    return f"Try {first}{_ADVICE[basis]}"


def _scores(of_arms: Mapping[str, Sequence[str]], arm: str) -> str:
    """The files of the recommended arm's test windows and of all predictions, with the arm of those of another one."""
    predictions = [
        f"`{file}`" + (f" (of `{name}`)" if name != arm else "")
        for name, (_, *files) in sorted(of_arms.items(), key=lambda each: each[0] != arm)
        for file in files
    ]
    return f"Test windows: `{of_arms[arm][0]}`." + (f" Predictions: {', '.join(predictions)}." if predictions else "")


def _verdicts(claims: pd.DataFrame) -> str:
    """One line per claim: its verdict for each task, or for tasks together."""
    lines = []
    for claim, rows in claims.groupby("claim", sort=False):
        words = [f"`{scope_words(row.scope, row.tasks)}`: **{row.verdict}**{_why(row)}" for row in rows.itertuples()]
        lines.append(f"- `{claim}`. {'; '.join(words)}.")
    return "\n".join(lines)


def _why(row: tuple) -> str:
    """The gain of a claim with its interval and corrected p value, or the reason why it was not tested."""
    if row.why:
        return f" ({row.why})"
    return (
        f" (gain {number(row.difference, sign=True)}, 95 % {interval(row.low, row.high)}, Holm p {p_value(row.holm_p)})"
    )
