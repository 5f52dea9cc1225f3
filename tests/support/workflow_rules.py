"""The rules of the workflow as Snakemake reads them, and its plan."""

from __future__ import annotations

import os
from contextlib import chdir
from functools import cache
from pathlib import Path
from unittest import mock

import yaml
from snakemake.api import ConfigSettings, OutputSettings, ResourceSettings, SnakemakeApi
from snakemake.rules import Rule
from snakemake.settings.enums import Quietness

from configuration import resolve
from plan import Plan

ROOT = Path(__file__).parents[2]


@cache
def rules_of(config: str, device: str = "cpu") -> dict[str, Rule]:
    """The rules that a configuration, a path from the root of the checkout, gives on a device, by name."""
    with (
        chdir(ROOT),
        mock.patch.dict(os.environ),
        SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api,
    ):
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(configfiles=[Path(config)], config={"compute": {"device": device}}),
            snakefile=ROOT / "Snakefile",
        )
        return {rule.name: rule for rule in workflow._workflow.rules}


def plan_of(config: str, more: dict | None = None) -> Plan:
    """The plan of a configuration, with more keys at its top."""
    settings = yaml.safe_load((ROOT / config).read_text()) | (more or {})
    with chdir(ROOT):
        return Plan(*resolve(settings, [ROOT / config], ROOT / "resources/schemas/config.schema.json"))
