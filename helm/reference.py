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
from typing import Any, get_args, get_origin

import yaml

from helm.dashboards import dashboard
from workers.settings.console_section import ConsoleSettings
from workers.settings.section import Section, kinds
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
    "console.service.type": ["ClusterIP", "NodePort", "LoadBalancer"],
}
LIMITS: Mapping[str, Schema] = {
    "topics.partitions": {"minimum": 1},
    "topics.replicas": {"minimum": 1},
    "drainTimeoutSeconds": {"minimum": 1},
    "defaults.replicas": {"minimum": 0},
    "defaults.startupSeconds": {"minimum": 1},
    "streamApp.startupSeconds": {"minimum": 1},
    "trainer.startupSeconds": {"minimum": 1},
    "defaults.gpu.count": {"minimum": 0},
    "defaults.autoscaling.minReplicas": {"minimum": 0},
    "defaults.autoscaling.maxReplicas": {"minimum": 1},
    "defaults.autoscaling.lagRecords": {"minimum": 1},
    "defaults.podDisruptionBudget.maxUnavailable": {"type": ["integer", "string"]},
    "monitoring.thresholds.deadLetterShare": {"type": "number", "minimum": 0, "maximum": 1},
    "image.digest": {"pattern": "^(sha256:[0-9a-f]{64})?$"},
    "kafka.bootstrapServers": {"pattern": "^[^/@]*$"},
    "networkPolicy.kafkaPorts": {"items": {"type": "integer", "minimum": 1, "maximum": 65535}},
    "networkPolicy.redisPorts": {"items": {"type": "integer", "minimum": 1, "maximum": 65535}},
    "topics.strimzi.apiVersion": {"pattern": "^kafka[.]strimzi[.]io/v1(beta2)?$"},
    "console.service.port": {"minimum": 1, "maximum": 65535},
}
OPEN = {
    "affinity",
    "annotations",
    "behavior",
    "dnsConfig",
    "labels",
    "limits",
    "nodeSelector",
    "overrides",
    "podAnnotations",
    "podLabels",
    "podSecurityContext",
    "resources",
    "securityContext",
    "volume",
}
"""Maps whose keys are not ours: Kubernetes' own, or names that users give."""

OLD_KEYS = ("defaults.autoscaling.prometheusAddress",)
"""Keys of former releases. The schema lets them through, so that the templates can say where they moved."""

TYPES: Mapping[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}


def values_schema(values: Mapping[str, Any]) -> Schema:
    """The closed JSON schema of the chart's values."""
    schema = _schema(values, "")
    for place in OLD_KEYS:
        _properties(schema, place.rpartition(".")[0])[place.rpartition(".")[2]] = {}
    schema["properties"]["console"]["properties"]["settings"] = _settings(ConsoleSettings)
    pool = schema["properties"]["defaults"]
    pool["properties"]["settings"] = _settings(WorkerSettings)
    pool["properties"]["topics"] = _closed(
        {name: {"type": "string", "minLength": 1} for name in ("texts", "annotations", "deadLetters")}
    )
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
        return _closed({key: _schema(each, f"{place}.{key}".lstrip(".")) for key, each in value.items()})
    found: Schema = {"type": TYPES[type(value)], **LIMITS.get(place, {})}
    return found | ({"enum": CHOICES[place]} if place in CHOICES else {})


def _closed(properties: Schema) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _properties(schema: Schema, place: str) -> Schema:
    for name in place.split("."):
        schema = schema["properties"][name]
    found: Schema = schema["properties"]
    return found


def _settings(section: type[Section]) -> Schema:
    """The settings that may be set by values, nested as in their config."""
    schema = _closed({})
    for name, kind in kinds(section).items():
        part, _, key = name.rpartition(".")
        at = schema["properties"]
        if part:
            at = at.setdefault(part, _closed({}))["properties"]
        at[key] = _setting(kind)
    return schema


def _setting(kind: Any) -> Schema:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"enum": [each.value for each in kind]}
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _setting(get_args(kind)[0])}
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
