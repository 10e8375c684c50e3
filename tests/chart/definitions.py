# SPDX-License-Identifier: Apache-2.0
"""Schemas of other projects' kinds that the chart makes: KEDA's, the Prometheus operator's, Strimzi's.

`python -m tests.chart.definitions FOLDER` derives `schemas/` from the projects' own CRD files (all
Apache-2.0), without descriptions, and closed: a field that is not listed is an error.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

SCHEMAS = Path(__file__).parent / "schemas"
KINDS = {
    "ScaledObject",
    "TriggerAuthentication",
    "PodMonitor",
    "PrometheusRule",
    "ServiceMonitor",
    "KafkaTopic",
    "KafkaUser",
}
VERSIONED = re.compile(r"^_definitions|^[a-z]+(-(apps|autoscaling|batch|networking|policy))?-v[12].json$")
"""Files of the kinds that a chart makes."""
Schema = dict[str, Any]


def location() -> str:
    """Where kubeconform finds the schemas."""
    return f"{SCHEMAS}/{{{{.Group}}}}_{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json"


def kubernetes_location(folder: Path, version: str) -> str:
    """Where kubeconform finds Kubernetes' own schemas of a version: those of the package kubernetes-validate,
    once more in this folder, since their references begin at the root of a site."""
    name = f"v{version}.0-local-strict"
    own = folder / name
    if not own.exists():
        own.mkdir()
        there = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema" / name
        for path in (each for each in there.glob("*.json") if VERSIONED.search(each.name)):
            schema = json.loads(path.read_text(encoding="utf8"))
            del schema["$id"]  # else references begin there
            text = json.dumps(schema).replace("/api/_definitions.json", "_definitions.json")
            (own / path.name).write_text(text, encoding="utf8")
    return f"{own}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"


def definitions(*groups: str) -> Iterator[Schema]:
    """The kinds of these groups as CRD objects, for an API server."""
    for path in sorted(SCHEMAS.glob("*.json")):
        found = json.loads(path.read_text(encoding="utf8"))
        about = found.pop("x-freshet")
        if about["group"] in groups:
            yield _definition(about, _opened(found))


def derive(folder: Path) -> None:
    """Write `schemas/` from the CRD files of a folder."""
    SCHEMAS.mkdir(exist_ok=True)
    for path in sorted(folder.glob("*.yaml")):
        for found in yaml.safe_load_all(path.read_text(encoding="utf8")):
            if found and found["spec"]["names"]["kind"] in KINDS:
                for version in found["spec"]["versions"]:
                    _write(found["spec"], version)


def _write(spec: Schema, version: Schema) -> None:
    about = {
        "group": spec["group"],
        "version": version["name"],
        "kind": spec["names"]["kind"],
        "plural": spec["names"]["plural"],
        "scope": spec["scope"],
    }
    schema = {"x-freshet": about, **_closed(_bare(version["schema"]["openAPIV3Schema"]))}
    name = f"{spec['group']}_{about['kind'].lower()}_{version['name']}.json"
    text = json.dumps(schema, sort_keys=True, separators=(",", ":"))
    (SCHEMAS / name).write_text(text + "\n", encoding="utf8")


def _bare(schema: Any, is_names: bool = False) -> Any:
    """A schema without descriptions; `properties` may have one of that name."""
    if isinstance(schema, list):
        return [_bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    dropped = () if is_names else ("description", "x-kubernetes-validations")
    return {key: _bare(each, key == "properties") for key, each in schema.items() if key not in dropped}


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(each) for key, each in schema.items()}
    is_object = closed.get("type") == "object" and isinstance(closed.get("properties"), dict)
    if is_object and not closed.get("x-kubernetes-preserve-unknown-fields"):
        closed.setdefault("additionalProperties", False)
    return closed


def _opened(schema: Any) -> Any:
    """As an API server wants it, which closes by itself."""
    if isinstance(schema, list):
        return [_opened(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _opened(each) for key, each in schema.items() if (key, each) != ("additionalProperties", False)
    }


def _definition(about: Schema, schema: Schema) -> Schema:
    version = {
        "name": about["version"],
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{about['plural']}.{about['group']}"},
        "spec": {
            "group": about["group"],
            "scope": about["scope"],
            "names": {"kind": about["kind"], "plural": about["plural"]},
            "versions": [version],
        },
    }


if __name__ == "__main__":
    derive(Path(sys.argv[1]))
