# SPDX-License-Identifier: Apache-2.0
"""What annotations say, as sets of units, and what is counted from them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from engine import Example
from engine.scoring.unit_pairs import unit_pairs
from engine.scoring.units import Counts, Unit, count_labels, f1, units_of_json
from engine.tokenizers import tokenizer_for

TEXT = "Ada met Bo"
COLUMNS = {"start": [0, 4, 8], "end": [3, 7, 10], "tag": ["NNP", "VBD", "NNP"], "head": [1, 1, 1]}


def test_both_written_forms_say_the_same() -> None:
    """Tokens as columns, as in a message, or as a list, as in `Doc.to_json`."""
    rows = [dict(zip(COLUMNS, values, strict=True)) for values in zip(*COLUMNS.values(), strict=True)]
    rest = {"text": TEXT, "ents": [{"start": 0, "end": 3, "label": "PER"}], "cats": {"a": 0.5, "b": 0.4}}
    units = units_of_json({"tokens": COLUMNS, **rest})
    assert units == units_of_json({"tokens": rows, **rest})
    assert units["ents"] == {Unit("ents", "PER", 0, 3)}
    assert units["cats"] == {Unit("cats", "a")}
    assert Unit("head", "met", 0, 3, 1) in units["head"]


def test_a_layer_that_is_not_there_has_no_units() -> None:
    """It is missing; an empty one says that there is nothing."""
    assert units_of_json({"text": TEXT, "ents": []}) == {"ents": set()}


def test_f1_of_arrays_is_that_of_each_number() -> None:
    """One formula for sums, faded sums and resamples; nothing said is 0."""
    counts = np.array([[2.0, 1, 1], [0, 0, 0], [0.1, 0.2, 0.0]])
    assert f1(*counts.T).tolist() == [Counts(*row).f1 for row in counts.tolist()]


def test_labels_are_counted_apart() -> None:
    """A label that one side says alone is superfluous or missing."""
    predicted, gold = {Unit("ents", "A", 0, 1), Unit("ents", "B", 1, 2)}, {Unit("ents", "A", 0, 1)}
    assert count_labels(predicted, gold) == {"A": Counts(tp=1), "B": Counts(fp=1)}


def test_pairs_have_the_layers_that_gold_has() -> None:
    """What people left out is not compared, whatever is predicted there."""
    tokenize = tokenizer_for("en")
    predicted, reference = tokenize(TEXT), tokenize(TEXT)
    predicted.set_ents([(0, 1, "PER")])
    assert unit_pairs(Example(predicted, reference)) == {}
    reference.set_ents([(2, 3, "PER")])
    pair = unit_pairs(Example(predicted, reference))["ents"]
    assert pair == ({Unit("ents", "PER", 0, 1)}, {Unit("ents", "PER", 2, 3)})


def test_comparing_written_annotations_needs_no_engine() -> None:
    """Workers without models import it: no Thinc, no Numba, no NumPy."""
    code = "import engine.scoring.units, sys; assert not {'thinc', 'numba', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
