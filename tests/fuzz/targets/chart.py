# SPDX-License-Identifier: Apache-2.0
"""Values of the Helm chart: what the schema lets through is rendered, or refused by the chart with a
reason."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from engine.errors import EngineError

from ..trial import Target, words_of
from .corpora import FOLDER

CHART = Path(__file__).parents[3] / "helm" / "freshet"
HELM = shutil.which("helm") or str(Path.home() / ".cache" / "freshet" / "tools" / "bin" / "helm")


class RefusedValuesError(EngineError):
    """Values that the schema or the chart refuses."""


@cache
def _schema() -> Any:
    return jsonschema.Draft7Validator(json.loads((CHART / "values.schema.json").read_text()))


@cache
def _defaults() -> Any:
    return yaml.safe_load((CHART / "values.yaml").read_text())


def _seeds() -> Sequence[bytes]:
    return [file.read_bytes() for file in sorted((CHART / "ci").glob("*-values.yaml"))]


def _tried(data: bytes) -> None:
    try:
        values = yaml.safe_load(data.decode("utf-8", "replace"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RefusedValuesError(f"no YAML: {type(error).__name__} {error}") from None
    if not isinstance(values, dict):
        return
    problem = next(iter(_schema().iter_errors(_merged(_defaults(), values))), None)
    if problem is not None:
        raise RefusedValuesError(f"{'.'.join(map(str, problem.path))}: {problem.message[:200]} is refused")
    if Path(HELM).exists():
        _rendered(values)


def _rendered(values: dict[str, Any]) -> None:
    file = FOLDER / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    run = subprocess.run(
        [HELM, "template", str(CHART), "-f", str(file)], capture_output=True, text=True, timeout=60
    )
    if run.returncode:
        assert "panic" not in run.stderr, run.stderr[:300]
        raise RefusedValuesError(run.stderr.strip() or "refused")
    for document in yaml.safe_load_all(run.stdout):
        assert document is None or {"kind", "apiVersion"} <= set(document), (
            f"no object: {str(document)[:200]}"
        )


def _merged(defaults: Any, values: Any) -> Any:
    if not isinstance(defaults, dict) or not isinstance(values, dict):
        return values
    merged = {key: _merged(defaults.get(key), item) for key, item in values.items() if item is not None}
    return {**{key: item for key, item in defaults.items() if values.get(key, 0) is not None}, **merged}


chart = Target("chart", _tried, _seeds, words_of("chart"), rounds=3)
