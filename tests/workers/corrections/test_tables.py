# SPDX-License-Identifier: Apache-2.0
"""Windowed counts: each record once, bounded, and the drift between windows."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import Correction, LabelledSpan, Layer, Source
from workers.corrections.label_drift import jensen_shannon, population_stability
from workers.corrections.tables import WindowSettings, count_once, measure_drift, report, sum_windows

WINDOWS = WindowSettings(seconds=10, n_windows=3, max_labels=3)


def correction(*labels: str) -> Correction:
    """A correction of entities with these labels."""
    spans = [LabelledSpan(2 * i, 2 * i + 1, label) for i, label in enumerate(labels)]
    return Correction(
        "c",
        "ada",
        "",
        "m",
        "a " * len(labels),
        {"ents": Layer("complete", spans)},
        source=Source("texts", 0, 1),
        model_version="3",
    )


def after(*rows: tuple[int, int, tuple[str, ...]]) -> dict[str, object]:
    """The tables after rows of offset, second, labels."""
    tables: dict[str, object] | None = None
    for offset, second, labels in rows:
        tables = count_once(
            tables,
            correction(*labels),
            {"ents": {"A": [1, 0, 2]}},
            Source("corrections", 0, offset),
            second * 1000,
            WINDOWS,
        )
    assert tables is not None
    return orjson.loads(orjson.dumps(tables))  # type: ignore[no-any-return]  # the same dictionary


def test_corrections_are_counted_by_window() -> None:
    """By label, topic and model version, with what was changed."""
    assert after((0, 5, ("A", "B")), (1, 9, ("A",)), (2, 10, ("B",)))["windows"] == {
        "0": {
            "corrections": 2,
            "topics": {"texts": 2},
            "models": {"3": 2},
            "labels": {"ents": {"A": 2, "B": 1}},
            "changes": {"3": {"ents": {"A": [2, 0, 4]}}},
            "authors": {"ada": {"corrections": 2, "model": {"ents": [2, 0, 4]}, "others": {}}},
        },
        "10": {
            "corrections": 1,
            "topics": {"texts": 1},
            "models": {"3": 1},
            "labels": {"ents": {"B": 1}},
            "changes": {"3": {"ents": {"A": [1, 0, 2]}}},
            "authors": {"ada": {"corrections": 1, "model": {"ents": [1, 0, 2]}, "others": {}}},
        },
    }


def test_authors_are_told_with_how_far_they_agree() -> None:
    """With the annotations that they corrected, over all windows."""
    told = report([after((0, 5, ("A", "B")), (1, 9, ("A",)), (2, 10, ("B",)))])["authors"]
    assert told == {"ada": {"corrections": 3, "model": {"ents": [0.5, 9]}, "others": {}}}


def test_only_the_latest_windows_are_kept() -> None:
    """What comes too late for them is counted nowhere."""
    tables = after(*((i, 10 * i, ("A",)) for i in range(5)), (5, 0, ("A",)))
    assert list(tables["windows"]) == ["20", "30", "40"]  # type: ignore[call-overload]  # a dictionary


def test_labels_beyond_the_limit_are_counted_together() -> None:
    """Somebody's thousand labels cannot make the tables grow for ever."""
    (window,) = after((0, 0, ("A", "B", "C", "D")), (1, 0, ("E", "A")))["windows"].values()  # type: ignore[attr-defined]  # a dictionary
    assert window["labels"]["ents"] == {"A": 2, "B": 1, "C": 1, "...": 2}


@given(st.lists(st.sampled_from("ABC"), min_size=1, max_size=12), st.lists(st.integers(0, 12), max_size=3))
def test_records_that_are_read_again_are_counted_once(labels: list[str], crashes: list[int]) -> None:
    """The value says how far it has counted, so going back changes nothing."""
    rows = [(i, i, (label,)) for i, label in enumerate(labels)]
    again = [row for crash in crashes for row in rows[crash % len(rows) :]]
    assert after(*rows, *again) == after(*rows)


def test_partitions_are_summed_in_order_of_time() -> None:
    """Each has windows of its own."""
    both = sum_windows([after((0, 20, ("A",))), after((7, 5, ("B",)), (8, 25, ("A",)))])
    assert list(both) == ["0", "20"]
    assert both["20"]["labels"]["ents"] == {"A": 2}
    assert both["20"]["changes"]["3"]["ents"]["A"] == [2, 0, 4]


def test_drift_compares_the_latest_window_with_all_before() -> None:
    """Layer by layer, with the numbers that it rests on."""
    same = measure_drift(sum_windows([after((0, 0, ("A", "B")), (1, 10, ("A", "B")), (2, 20, ("A", "B")))]))[
        "ents"
    ]
    moved = measure_drift(sum_windows([after((0, 0, ("A", "A")), (1, 10, ("A", "A")), (2, 20, ("B", "B")))]))[
        "ents"
    ]
    assert same == {"psi": pytest.approx(0.0, abs=0.05), "js": 0.0, "before": 4, "latest": 2}
    assert moved["js"] == 1.0
    assert moved["psi"] > 0.25
    assert measure_drift(sum_windows([after((0, 0, ("A",)))])) == {}
    assert set(report([after((0, 0, ("A",)))])) == {"windows", "drift", "authors"}


counts = st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 50), max_size=5)


@given(counts, counts)
def test_distances_are_symmetric_and_zero_only_for_the_same(
    left: dict[str, int], right: dict[str, int]
) -> None:
    """Both are, and the Jensen-Shannon divergence is at most one bit."""
    assert jensen_shannon(left, right) == pytest.approx(jensen_shannon(right, left))
    assert population_stability(left, right) == pytest.approx(population_stability(right, left))
    assert -1e-9 <= jensen_shannon(left, right) <= 1 + 1e-9
    assert jensen_shannon(left, left) == pytest.approx(0)
    assert population_stability(left, right) >= -1e-9
