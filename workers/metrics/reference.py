# SPDX-License-Identifier: Apache-2.0
"""`python -m workers.metrics.reference docs`: the catalogue as a page for people, docs/metrics.md."""

from __future__ import annotations

import sys
from pathlib import Path

from .catalogue import CATALOGUE
from .metric import Metric

HEAD = """# Metrics

Written by `make schemas` from `workers/metrics/catalogue.py`, which is also what the code, the chart's
dashboards and its alerts take their names from. Names stay; new ones are added. Each worker serves its own at
`/metrics` of its health port (`FRESHET_HEALTH_HOST`, `FRESHET_HEALTH_PORT`). Times are in seconds since 1970,
so that an alert says `time() - ...` and a worker that hangs is seen.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for who, subjects in CATALOGUE.items():
        parts.append(f"\n## Of the {who}\n")
        for subject, metrics in subjects.items():
            rows = "\n".join(map(_row, metrics))
            parts.append(
                f"\n### {subject}\n\n| metric | kind | labels | meaning |\n|---|---|---|---|\n{rows}\n"
            )
    return "".join(parts)


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.about} |"


if __name__ == "__main__":
    (Path(sys.argv[1]) / "metrics.md").write_text(page(), encoding="utf-8")
