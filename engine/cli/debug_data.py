# SPDX-License-Identifier: Apache-2.0
"""Both corpora of a config read as a training would read them, counted, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass

from confection import Config

from ..config.config import interpolate_config
from ..pipeline.build import from_config
from ..training.data_findings import Finding, findings_of, wanted_of
from ..training.debug_data import CorpusSummary, summarize
from ..training.train import resolve_corpora, training_settings


@dataclass(frozen=True, slots=True)
class DataReport:
    """Counts of the corpora `train` and `dev`, and what to look at."""

    summaries: dict[str, CorpusSummary]
    findings: list[Finding]


def debug_data(config: Config) -> DataReport:
    """Read the corpora of a complete config. Raises: ConfigError, and EngineError at what cannot be read."""
    pipeline = from_config(config)
    corpora = resolve_corpora(config, training_settings(pipeline))
    summaries = {name: summarize(corpus(pipeline)) for name, corpus in corpora.items()}
    values = interpolate_config(pipeline.config)
    frozen = set(values.get("training", {}).get("frozen_components", ()))
    learning = [name for name in pipeline.names if name not in frozen]
    wanted = wanted_of(values.get("components", {}), learning)
    return DataReport(summaries, findings_of(summaries["train"], summaries["dev"], wanted))
