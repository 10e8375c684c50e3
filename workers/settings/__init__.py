# SPDX-License-Identifier: Apache-2.0
"""What a user may set: one frozen model a section, whose fields say their default, what they mean and what
they may be.

- `section`: what a section is, and the kinds and limits of its values
- `sources`: files, environment and flags, merged into a section
- `worker_section`: `[worker]`, `[worker.batching]` and `[worker.route]`
- `kafka_section`: `[worker.kafka]`, TLS and SASL
- `learner_section`: `[learner]`, `[learner.consolidation]` and `[learner.gate]`; `authors_section`:
  `[learner.authors]`
- `console_section`: `[console]`
- `handed_on`: settings for a child process, by its environment
- `reference`: writes those sections of `configs/*.cfg`, every setting with its comment
"""

from __future__ import annotations

from .authors_section import AuthorSettings
from .console_section import ConsoleSettings, read_console_settings
from .handed_on import handed_on
from .kafka_section import KafkaSettings, read_kafka_settings
from .learner_section import ConsolidationSettings, GateSettings, TrainerSettings, read_trainer_settings
from .worker_section import (
    BatchingSettings,
    Delivery,
    InputFormat,
    OutputFormat,
    RouteSettings,
    Start,
    TenantSettings,
    Tombstones,
    UnknownAdapter,
    WorkerSettings,
    read_settings,
)

__all__ = [
    "AuthorSettings",
    "BatchingSettings",
    "ConsoleSettings",
    "ConsolidationSettings",
    "Delivery",
    "GateSettings",
    "InputFormat",
    "KafkaSettings",
    "OutputFormat",
    "RouteSettings",
    "Start",
    "TenantSettings",
    "Tombstones",
    "TrainerSettings",
    "UnknownAdapter",
    "WorkerSettings",
    "handed_on",
    "read_console_settings",
    "read_kafka_settings",
    "read_settings",
    "read_trainer_settings",
]
