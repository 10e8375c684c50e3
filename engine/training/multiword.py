# SPDX-License-Identifier: Apache-2.0
"""Multiword tokens of CoNLL-U (`1-2 du`, then `de` and `le`): words that a text writes as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .conllu_columns import FEATS, FORM, HEAD, ID, LEMMA, MISC, XPOS, is_number


@dataclass(frozen=True, slots=True)
class Row:
    """The columns of a line and its number in the file; `last`: the number of its last line, of several."""

    number: int
    columns: list[str]
    last: int


def words_of(rows: Sequence[Row], *, merge: bool = False) -> list[Row]:
    """The rows of words, numbered from 1: those of a multiword token become one where their characters are
    not those of the text, or, with `merge`, always.

    The one word has the form of the range; lemmas are joined by blanks, tags by `_`, features as a set; the
    rest is that of the word that the others hang on.
    """
    groups = list(_groups(rows, merge))
    if all(len(group) == 1 for group, _ in groups):
        return [group[0] for group, _ in groups]
    place = {row.columns[ID]: str(i) for i, (group, _) in enumerate(groups, 1) for row in group}
    return [_one(group, form, place, i) for i, (group, form) in enumerate(groups, 1)]


def _groups(rows: Sequence[Row], merge: bool) -> Iterator[tuple[list[Row], Row | None]]:
    """Words that stay single, and the words of a range that become one, with the row of the range."""
    waiting: list[Row] = []
    span: Row | None = None
    for row in rows:
        name = row.columns[ID]
        if "-" in name:
            span = row
            continue
        if not is_number(name):
            continue
        if span is None:
            yield [row], None
            continue
        waiting.append(row)
        if name == span.columns[ID].split("-")[1]:
            forms = "".join(word.columns[FORM] for word in waiting)
            if merge or forms != span.columns[FORM]:
                yield waiting, span
            else:
                yield from (([word], None) for word in waiting)
            waiting, span = [], None
    yield from (([word], None) for word in waiting)


def _one(group: list[Row], span: Row | None, place: dict[str, str], number: int) -> Row:
    inside = {row.columns[ID] for row in group}
    root = next((row for row in group if row.columns[HEAD] not in inside), group[0])
    columns = list(root.columns)
    columns[ID] = str(number)
    columns[HEAD] = place.get(columns[HEAD], columns[HEAD])
    if span is not None:
        columns[FORM], columns[MISC] = span.columns[FORM], span.columns[MISC]
        columns[LEMMA] = _joined([row.columns[LEMMA] for row in group], " ")
        columns[XPOS] = _joined([row.columns[XPOS] for row in group], "_")
        features = {item for row in group for item in row.columns[FEATS].split("|") if item != "_"}
        columns[FEATS] = "|".join(sorted(features)) or "_"
    return Row(root.number, columns, group[-1].number)


def _joined(values: list[str], joint: str) -> str:
    known = [value for value in values if value != "_"]
    return joint.join(known) or "_"
