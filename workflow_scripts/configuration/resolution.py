"""The resolution of a configuration: from what a user wrote to the complete settings that the workflow runs on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from workflow_support.origins import KeyPath, Origins, dotted, require_name

from .arm_checks import check_arms
from .checks import require_consistent, require_references
from .claims import check_claims, require_different_claims
from .former import require_current
from .labelled import may_be_folder
from .locations import Location, fill_placeholder, is_folder, require_file
from .matched import with_matched_arms
from .models import check_models, is_model, require_model
from .named import with_named_sets
from .phylogenies import with_draws
from .schema import read_schema, replace, require_valid, with_defaults, with_scalars_read, without_empty
from .spans import with_spanned_arms
from .study import check_combinations, check_study, with_references
from .tuning import with_trials

#: Levels of keys and lists that a configuration may have; the schema has about half as many.
DEEPEST = 20


class Configuration(NamedTuple):
    """A checked configuration.

    Parameters
    ----------
    settings
        The configuration with defaults filled in, ``{data}`` replaced, and ``windows``, ``negatives`` and ``splits``
        complete in each task. It is itself a valid configuration and resolves to itself.
    locations
        Every input file, by its key in the configuration, such as ``genomes.hg19.fasta``.
    """

    settings: dict[str, Any]
    locations: dict[str, Location]


def resolve(
    config: Mapping[str, Any], files: Iterable[Path], schema_file: Path, *, needs_inputs: bool = True
) -> Configuration:
    """Check and complete a configuration.

    Parameters
    ----------
    config
        Configuration as read from ``files``, with later files overriding earlier ones, and from the command line.
    files
        Files in which error messages look up the line of a key.
    schema_file
        JSON schema of the configuration, which also states the defaults.
    needs_inputs
        Whether local input files must exist. A finished run can be looked at without them.

    Raises
    ------
    InputError
        For the first problem found.
    """
    origins = Origins(files)
    _require_shallow(config, origins)
    schema = read_schema(schema_file)
    given = with_scalars_read(without_empty(config, schema), schema)
    require_current(given, origins)
    require_valid(given, schema, origins)
    settings = with_draws(_with_tasks_to_do(with_defaults(given, schema), origins), origins)
    locations: dict[KeyPath, Location] = {}

    def place(path: KeyPath, value: Any) -> Any:
        filled = fill_placeholder(value, path, settings.get("data"), origins)
        locations[path] = Location.of(filled)
        return filled

    settings = replace(settings, schema, "location", place)
    settings = with_named_sets(settings, origins)
    settings["study"] = with_spanned_arms(settings["study"], origins)
    check_arms(settings, origins)
    check_combinations(settings, origins)
    require_different_claims(settings["study"], origins)
    settings = with_matched_arms(settings, origins)
    settings["study"] = with_trials(settings["study"], origins)
    settings = with_references(settings)
    check_study(settings, origins)
    check_claims(settings, origins)
    check_models(settings, origins)
    require_references(settings, origins)
    settings = _with_complete_tasks(settings)
    require_consistent(settings, origins)
    if needs_inputs:
        _require_inputs(locations, settings, origins)
    return Configuration(settings, {".".join(map(str, path)): location for path, location in locations.items()})


def _require_inputs(locations: Mapping[KeyPath, Location], settings: Mapping[str, Any], origins: Origins) -> None:
    """Raise an InputError if a local input file, or one of a model, is absent; simulated ones are made by the run."""
    simulated = simulated_files(settings)
    for path, location in locations.items():
        if is_folder(location) and may_be_folder(path):
            continue
        if is_model(path):
            require_model(location, path, settings["name"], origins)
        elif not location.is_remote and location.address not in simulated:
            require_file(location.address, path, origins)


def simulated_files(settings: Mapping[str, Any]) -> set[str]:
    """Return the files of the simulated experiment and of the simulated phylogenies of ``settings``, if any."""
    factors = settings.get("simulation", {}).get("tfs", {})
    folder = f"results/{settings['name']}/simulation"
    of_reads = (".nexus.bam", ".control.bam", ".truth.plus.bw", ".truth.minus.bw")
    names = [
        f"{factor}{suffix}"
        for factor, values in factors.items()
        for suffix in (".narrowPeak", ".sites.tsv", ".bw", *(of_reads if "nexus" in values else ()))
    ]
    of_experiment = {f"{folder}/{name}" for name in ["genome.fa", *names]} if factors else set()
    return of_experiment | {
        f"results/{settings['name']}/phylogenies/{name}{suffix}"
        for name in settings["phylogenies"]
        for suffix in (".tsv", ".nwk", ".parameters.tsv")
    }


def _require_shallow(config: Mapping[str, Any], origins: Origins) -> None:
    """Raise an InputError if values are nested so deeply, perhaps in themselves, that functions could not recurse."""
    waiting: list[tuple[KeyPath, Any]] = [((), config)]
    while waiting:
        path, value = waiting.pop()
        if len(path) > DEEPEST:
            raise origins.error(
                path[:2],
                f"the value of `{dotted(path[:2])}` is nested too deeply, or in itself",
                found=f"more than {DEEPEST} levels",
                allowed="the keys of docs/configuration.md, which have fewer levels",
                fix="check the brackets, braces and anchors of the value",
            )
        if isinstance(value, Mapping):
            waiting += [((*path, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [((*path, index), item) for index, item in enumerate(value)]


def _with_tasks_to_do(settings: dict[str, Any], origins: Origins) -> dict[str, Any]:
    """Remove the tasks that ``only`` leaves out, so that their files are not needed."""
    if "only" not in settings:
        return settings
    for index, name in enumerate(settings["only"]):
        require_name(name, settings["tasks"], ("only", index), origins)
    return settings | {"tasks": {name: settings["tasks"][name] for name in settings["only"]}}


def _with_complete_tasks(settings: dict[str, Any]) -> dict[str, Any]:
    """Complete each task, prediction and set of variants with the settings of the run and of its genome."""
    tasks = {name: _complete_task(task, settings) for name, task in settings["tasks"].items()}
    predictions = {name: _complete_prediction(values, tasks) for name, values in settings["predict"].items()}
    variants = {name: _complete_variants(values, tasks) for name, values in settings["variants"].items()}
    return settings | {"tasks": tasks, "predict": predictions, "variants": variants}


def _complete_task(task: dict[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    if "genome" not in task:
        return task
    sections = {section: settings[section] | task.get(section, {}) for section in ("windows", "negatives")}
    return task | sections | {"splits": task.get("splits", settings["genomes"][task["genome"]]["splits"])}


def _complete_prediction(prediction: dict[str, Any], tasks: Mapping[str, Any]) -> dict[str, Any]:
    task = tasks.get(prediction.get("task"), {})
    if "sequences" in prediction or "genome" not in task:
        return prediction
    return {"genome": task["genome"]} | prediction


def _complete_variants(variants: dict[str, Any], tasks: Mapping[str, Any]) -> dict[str, Any]:
    task = tasks.get(variants.get("task"), {})
    return {"genomes": [task["genome"]]} | variants if "genome" in task else variants
