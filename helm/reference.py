# SPDX-License-Identifier: Apache-2.0
"""The chart's README.md and values.schema.json, written from values.yaml and the settings of a worker.

`python -m helm.reference` writes them anew (`make chart`). A value's type is that of its default; what a
default cannot tell (choices, limits, maps that are Kubernetes' own) stands here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import yaml

from helm.dashboards import dashboard
from workers.settings.section import kinds
from workers.settings.worker_section import WorkerSettings

CHART = Path(__file__).parent / "freshet"
Schema = dict[str, Any]

CHOICES: Mapping[str, list[str]] = {
    "image.pullPolicy": ["Always", "IfNotPresent", "Never"],
    "kafka.security.protocol": ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
    "kafka.security.mechanism": ["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"],
    "topics.create": ["none", "job", "strimzi"],
    "defaults.kind": ["Deployment", "StatefulSet"],
    "defaults.autoscaling.by": ["none", "keda", "hpa"],
}
LIMITS: Mapping[str, Schema] = {
    "topics.partitions": {"minimum": 1},
    "topics.replicas": {"minimum": 1},
    "drainTimeoutSeconds": {"minimum": 1},
    "defaults.replicas": {"minimum": 0},
    "defaults.startupSeconds": {"minimum": 1},
    "defaults.gpu.count": {"minimum": 0},
    "defaults.autoscaling.minReplicas": {"minimum": 0},
    "defaults.autoscaling.maxReplicas": {"minimum": 1},
    "defaults.autoscaling.lagRecords": {"minimum": 1},
    "defaults.podDisruptionBudget.maxUnavailable": {"type": ["integer", "string"]},
    "monitoring.thresholds.deadLetterShare": {"type": "number", "minimum": 0, "maximum": 1},
    "image.digest": {"pattern": "^(sha256:[0-9a-f]{64})?$"},
    "kafka.bootstrapServers": {"pattern": "^[^/@]*$"},
}
OPEN = {
    "affinity",
    "annotations",
    "labels",
    "limits",
    "nodeSelector",
    "overrides",
    "podAnnotations",
    "podLabels",
    "podSecurityContext",
    "resources",
    "securityContext",
}
"""Maps whose keys are not ours: Kubernetes' own, or names that users give."""

TYPES: Mapping[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}


def values_schema(values: Mapping[str, Any]) -> Schema:
    """The closed JSON schema of the chart's values."""
    schema = _schema(values, "")
    pool = schema["properties"]["defaults"]
    pool["properties"]["settings"] = _settings()
    pool["properties"]["image"] = schema["properties"]["image"]
    named = {**pool, "properties": {**pool["properties"], "group": {"type": "string", "minLength": 1}}}
    schema["properties"]["annotators"] = {
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {"^[a-z0-9]([a-z0-9-]{0,14}[a-z0-9])?$": named},
    }
    schema["properties"]["global"] = {"type": "object"}  # Helm's own, for subcharts
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of freshet", **schema}


def readme(text: str) -> str:
    """The chart's README: how it is installed, and all values with what values.yaml says of them."""
    rows = "\n".join(f"| `{name}` | `{default}` | {about} |" for name, default, about in _rows(text))
    return (CHART / "README.head.md").read_text(encoding="utf8") + (
        f"\n## Values\n\n| value | default | meaning |\n|---|---|---|\n{rows}\n"
    )


def rewrite() -> None:
    """Write both files."""
    text = (CHART / "values.yaml").read_text(encoding="utf8")
    schema = json.dumps(values_schema(yaml.safe_load(text)), indent=1) + "\n"
    (CHART / "values.schema.json").write_text(schema, encoding="utf8")
    (CHART / "README.md").write_text(readme(text), encoding="utf8")
    (CHART / "dashboards" / "freshet.json").write_text(f"{dashboard()}\n", encoding="utf8")


def _schema(value: Any, place: str) -> Schema:
    name = place.rpartition(".")[2]
    if isinstance(value, Mapping):
        if name in OPEN:
            return {"type": "object"}
        inner = {key: _schema(each, f"{place}.{key}".lstrip(".")) for key, each in value.items()}
        return {"type": "object", "additionalProperties": False, "properties": inner}
    found: Schema = {"type": TYPES[type(value)], **LIMITS.get(place, {})}
    return found | ({"enum": CHOICES[place]} if place in CHOICES else {})


def _settings() -> Schema:
    """The worker's settings that a pool may set, nested as in its config."""
    schema: Schema = {"type": "object", "additionalProperties": False, "properties": {}}
    for name, kind in kinds(WorkerSettings).items():
        section, _, key = name.rpartition(".")
        at = schema["properties"]
        if section:
            at = at.setdefault(section, {"type": "object", "additionalProperties": False, "properties": {}})[
                "properties"
            ]
        at[key] = _setting(kind)
    return schema


def _setting(kind: Any) -> Schema:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"enum": [each.value for each in kind]}
    if kind in TYPES:
        return {"type": "number" if kind is float else TYPES[kind]}
    return {"type": sorted({TYPES.get(each, "null") for each in get_args(kind)} or {"string"})}


def _rows(text: str) -> Iterator[tuple[str, str, str]]:
    """Path, default and meaning of each value above which a comment begins with `--`."""
    path: list[tuple[int, str]] = []
    about = ""
    for line in text.splitlines():
        comment = re.match(r"\s*# (-- )?(.*)", line)
        key = re.match(r"(\s*)([A-Za-z]+):(.*)", line)
        if comment:
            about = comment[2] if comment[1] else f"{about} {comment[2]}" if about else ""
        elif key:
            indent = len(key[1])
            path = [(at, name) for at, name in path if at < indent] + [(indent, key[2])]
            if about:
                yield ".".join(name for _, name in path), key[3].strip() or "...", about
            about = ""


if __name__ == "__main__":
    rewrite()
