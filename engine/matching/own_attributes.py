# SPDX-License-Identifier: Apache-2.0
"""Conditions on attributes of one's own: `{"_": {"is_fruit": True}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..doc.doc import Doc
from ..doc.token import Token
from .attributes import TokenValues
from .errors import PatternError
from .fuzzy import FuzzyCompare
from .predicates import Test, all_of, make_test


class OwnAttribute:
    """A test of an attribute that `Token.set_extension` added, asked of each token when matching."""

    def __init__(self, name: str, test: Test) -> None:
        self.name = name
        self.test = test

    def hits(self, values: TokenValues) -> npt.NDArray[np.bool_]:
        """Which tokens pass. Raises: PatternError where there is no such attribute.

        Shape: `(len(values),)`.
        """
        if not Token.has_extension(self.name):
            raise PatternError(
                f"expected an attribute of Token._, got {self.name!r}; add it by Token.set_extension"
            )
        batch, first = values.batch, values.rows.start
        rows = np.arange(first, first + len(values))
        docs = np.searchsorted(batch.doc_offsets, rows, side="right") - 1
        views = {doc: Doc(batch, doc) for doc in np.unique(docs).tolist()}
        places = zip(docs.tolist(), (rows - batch.doc_offsets[docs]).tolist(), strict=True)
        passed = (self.test(Token(views[doc], i)._.get(self.name)) for doc, i in places)
        return np.fromiter(passed, dtype=np.bool_, count=len(rows))


def own_attributes(values: Any, compare: FuzzyCompare, where: str) -> list[OwnAttribute]:
    """The conditions of a pattern's `_`. Raises: PatternError, which says `where`."""
    if not isinstance(values, Mapping):
        raise PatternError(f"{where}: expected a map from attributes of Token._ to values, got {values!r}")
    return [OwnAttribute(name, _test(value, compare, f"{where}, {name}")) for name, value in values.items()]


def _test(value: Any, compare: FuzzyCompare, where: str) -> Test:
    if not isinstance(value, Mapping):
        return lambda own: bool(own == value)
    parts = [_predicate(str(name).upper(), item, compare, where) for name, item in value.items()]
    return all_of(parts)


def _predicate(name: str, item: Any, compare: FuzzyCompare, where: str) -> Test:
    number = isinstance(item, int | float) or (
        isinstance(item, list | tuple) and bool(item) and all(isinstance(each, int) for each in item)
    )
    return make_test("_", "number" if number else "text", name, item, compare, where)
