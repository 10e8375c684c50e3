# SPDX-License-Identifier: Apache-2.0
"""What the components of a pipeline set and need of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from .factories import FactoryMeta

Analysis: TypeAlias = dict[str, Any]


def analyze(metas: Mapping[str, FactoryMeta], keys: Sequence[str]) -> Analysis:
    """`summary` by component, `problems` (needed, but set by none before) by component, `attrs` by
    attribute: who sets and who needs it."""
    summary = {name: {key: _value(meta, key) for key in keys} for name, meta in metas.items()}
    problems: dict[str, list[str]] = {}
    attrs: dict[str, dict[str, list[str]]] = {}
    assigned: set[str] = set()
    for name, meta in metas.items():
        problems[name] = [attribute for attribute in meta.requires if attribute not in assigned]
        assigned.update(meta.assigns)
        for role, attributes in (("assigns", meta.assigns), ("requires", meta.requires)):
            for attribute in attributes:
                attrs.setdefault(attribute, {"assigns": [], "requires": []})[role].append(name)
    return {"summary": summary, "problems": problems, "attrs": attrs}


def _value(meta: FactoryMeta, key: str) -> Any:
    value = getattr(meta, key)
    return list(value) if isinstance(value, tuple) else value


def print_analysis(analysis: Analysis, keys: Sequence[str]) -> None:
    """Print a table of the components, and the problems under it."""
    header = ["#", "Component", *(key.capitalize() for key in keys)]
    rows = [header, *_rows(analysis["summary"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    lines = ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, "   ".join("-" * width for width in widths))
    print("\n============================= Pipeline Overview =============================\n")
    print("\n".join(line.rstrip() for line in lines))
    print("\n" + _problems(analysis["problems"]))


def _rows(summary: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """A line a value, the component's name on the first."""
    rows = []
    for number, (name, values) in enumerate(summary.items()):
        columns = [
            [str(item) for item in value] if isinstance(value, list) else [str(value)]
            for value in values.values()
        ]
        for line in range(max(1, *(len(column) for column in columns)) if columns else 1):
            cells = [column[line] if line < len(column) else "" for column in columns]
            rows.append([str(number), name, *cells] if line == 0 else ["", "", *cells])
        rows.append([""] * (2 + len(columns)))
    return rows


def _problems(problems: Mapping[str, Sequence[str]]) -> str:
    found = {name: attributes for name, attributes in problems.items() if attributes}
    if not found:
        return "No problems found."
    lines = [f"'{name}' requirements not met: {', '.join(found[name])}" for name in found]
    return "\n".join([f"{len(found)} component(s) with requirements that are not met", *lines])
