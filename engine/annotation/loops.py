# SPDX-License-Identifier: Apache-2.0
"""Compiled loops that write columns as JSON text and do not hold the interpreter meanwhile.

Whatever is written more than once (a label in its quotes, the key of a column) is a row of a `Pieces` table;
the loops copy pieces and print numbers, nothing else. A list is written as `,a,b,c`, then its first comma
becomes `[`.
"""

# Elements of arrays are Any to mypy; every function here that says `int` returns a sum of such elements.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import Any, NamedTuple

import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..jit.loops import jit_noalloc

Array = npt.NDArray[Any]

STEP = 16
"""Pieces are copied in steps of this many bytes, so as many bytes lie behind every table and every output."""

NUMBER_BYTES = 12
"""A comma, a sign and the digits of any 32-bit number."""

NUMBER_STRIDE = 8
COMMA, COLON, MINUS, OPEN_LIST, CLOSE_LIST, ZERO = b",:-[]0"
SPAN_START, SPAN_END, SPAN_CLOSE = range(3)


class Pieces(NamedTuple):
    """Byte strings on end; piece `i` is `data[offsets[i]:offsets[i + 1]]`."""

    data: Array
    offsets: Array


class Numbers(NamedTuple):
    """Small numbers with a comma before them, `NUMBER_STRIDE` bytes each, and their lengths with the
    comma."""

    data: Array
    sizes: Array


class Template(NamedTuple):
    """What is written around the values, for one set of columns and span groups with their labels.

    `keys` hold, in the order of writing: the key of `start`, of `end`, of each column; the end of the tokens
    with the key of the sentences, if any; the key of each span group, the end of the span groups. `bases`
    gives each column's first row in `labels`, -1 for a column of numbers; `sizes` the number of its labels,
    behind which stands its piece for "no label". `group_bases` and `group_sizes` do so for span groups.
    """

    keys: Pieces
    span_keys: Pieces
    labels: Pieces
    numbers: Numbers
    bases: Array
    sizes: Array
    group_bases: Array
    group_sizes: Array
    has_sents: bool


class Values(NamedTuple):
    """The arrays of a batch that are written. Shape: columns `(n_columns, n_tokens)`, group_offsets
    `(n_groups, n_docs + 1)`.

    The spans of all groups stand on end, none of them is empty; `group_offsets` says where each document's
    are.
    """

    doc_offsets: Array
    starts: Array
    ends: Array
    columns: Array
    sent_starts: Array
    group_offsets: Array
    span_starts: Array
    span_ends: Array
    span_labels: Array


def _copy_step_code(_typing: Any, out: Any, at: Any, source: Any, start: Any) -> Any:
    """`out[at:at + STEP] = source[start:start + STEP]` in one load and one store, unaligned, bounds
    unchecked."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        def place(array_type: Any, array: Any, index: Any) -> Any:
            data = context.make_array(array_type)(context, builder, array).data
            return builder.bitcast(
                builder.gep(data, [index]), ir.PointerType(ir.VectorType(ir.IntType(8), STEP))
            )

        loaded = builder.load(place(signature.args[2], args[2], args[3]), align=1)
        builder.store(loaded, place(signature.args[0], args[0], args[1]), align=1)
        return context.get_dummy_value()

    return types.void(out, types.int64, source, types.int64), generate


_copy_step: Any = intrinsic(_copy_step_code)


@jit_noalloc
def capacity(template: Template, values: Values, around: int) -> int:
    """Bytes that suffice for `write` where the pieces before and after the documents take `around` bytes."""
    n_docs, n_tokens, n_groups = len(values.doc_offsets) - 1, len(values.starts), len(template.group_bases)
    a_span = 2 * NUMBER_BYTES + template.span_keys.offsets[-1]
    a_doc = template.keys.offsets[-1] + a_span + 2 * (len(template.bases) + n_groups + 3)
    size = STEP + around + n_docs * a_doc + 2 * NUMBER_BYTES * n_tokens
    for column in range(len(template.bases)):
        for i in range(n_tokens):
            size += (
                NUMBER_BYTES
                if template.bases[column] < 0
                else _piece_size(template.labels, _label(template, values, column, i))
            )
    for start in values.sent_starts:
        size += a_span if start == 1 else 0
    for group in range(n_groups):
        for i in range(values.group_offsets[group, 0], values.group_offsets[group, n_docs]):
            size += a_span + _piece_size(template.labels, _group_label(template, values, group, i))
    return size


@jit_noalloc
def write(
    out: Array,
    doc_ends: Array,
    before: Pieces,
    middle: Pieces,
    after: Pieces,
    template: Template,
    values: Values,
) -> None:
    """Fill `out` with all documents on end and `doc_ends` with where each ends.

    `before` holds each document's first fields as a whole object, whose brace is overwritten; `middle` those
    behind its spans, which may be empty, and `after` its last ones.
    """
    p = 0
    for doc in range(len(doc_ends)):
        first, end = values.doc_offsets[doc], values.doc_offsets[doc + 1]
        p = _put_piece(out, p, before, doc) - 1
        p = _put_places(out, p, template, values, first, end)
        p = _put_columns(out, p, template, values, first, end)
        if template.has_sents:
            p = _put_sents(out, p, template, values, first, end)
        p = _put_groups(out, p, template, values, doc)
        p = _put_piece(out, p, middle, doc)
        p = _put_piece(out, p, after, doc)
        doc_ends[doc] = p


class Lists(NamedTuple):
    """Numbers of every document, one and then lists of them. Shape: singles `(n_docs,)`, offsets `(n_lists,
    n_docs + 1)`.

    The numbers of all lists stand on end; `offsets` says where each document's are. `keys` hold what stands
    before the single number, before each list, and at the end.
    """

    keys: Pieces
    singles: Array
    offsets: Array
    values: Array


@jit_noalloc
def lists_capacity(lists: Lists) -> int:
    """Bytes that suffice for `write_lists`."""
    a_doc = lists.keys.offsets[-1] + NUMBER_STRIDE + 2 * len(lists.offsets)
    return STEP + len(lists.singles) * a_doc + NUMBER_STRIDE * len(lists.values)


@jit_noalloc
def write_lists(out: Array, doc_ends: Array, numbers: Numbers, lists: Lists) -> None:
    """Fill `out` with the numbers of all documents on end and `doc_ends` with where each ends. All of them
    must be in the table of `numbers`."""
    p = 0
    for doc in range(len(doc_ends)):
        p = opening = _put_piece(out, p, lists.keys, 0)
        # The comma that every number has takes the place of the colon behind the key, and becomes it.
        p = _put_number(out, opening - 1, numbers, lists.singles[doc])
        out[opening - 1] = COLON
        for i in range(len(lists.offsets)):
            p = _put_piece(out, p, lists.keys, 1 + i)
            first, end = lists.offsets[i, doc], lists.offsets[i, doc + 1]
            p = _put_numbers(out, p, numbers, lists.values[first:end])
        doc_ends[doc] = p = _put_piece(out, p, lists.keys, 1 + len(lists.offsets))


@jit_noalloc
def _put_places(out: Array, p: int, template: Template, values: Values, first: int, end: int) -> int:
    p = _put_piece(out, p, template.keys, 0)
    p = _put_numbers(out, p, template.numbers, values.starts[first:end])
    p = _put_piece(out, p, template.keys, 1)
    return _put_numbers(out, p, template.numbers, values.ends[first:end])


@jit_noalloc
def _put_columns(out: Array, p: int, template: Template, values: Values, first: int, end: int) -> int:
    for column in range(len(template.bases)):
        p = _put_piece(out, p, template.keys, 2 + column)
        base, size = template.bases[column], template.sizes[column]
        if base < 0:
            p = _put_numbers(out, p, template.numbers, values.columns[column, first:end])
        else:
            p = _put_labels(out, p, template.labels, values.columns[column, first:end], base, size)
    return _put_piece(out, p, template.keys, 2 + len(template.bases))


@jit_noalloc
def _put_sents(out: Array, p: int, template: Template, values: Values, first: int, end: int) -> int:
    opening, start = p, first
    for i in range(first + 1, end + 1):
        if i == end or values.sent_starts[i] == 1:
            p = _put_span(out, p, template, values, start, i)
            p = _put_piece(out, p, template.span_keys, SPAN_CLOSE)
            start = i
    return _close_list(out, opening, p)


@jit_noalloc
def _put_groups(out: Array, p: int, template: Template, values: Values, doc: int) -> int:
    first_key, first = 3 + len(template.bases), values.doc_offsets[doc]
    for group in range(len(template.group_bases)):
        p = opening = _put_piece(out, p, template.keys, first_key + group)
        for i in range(values.group_offsets[group, doc], values.group_offsets[group, doc + 1]):
            p = _put_span(
                out, p, template, values, first + values.span_starts[i], first + values.span_ends[i]
            )
            p = _put_piece(out, p, template.labels, _group_label(template, values, group, i))
        p = _close_list(out, opening, p)
    return _put_piece(out, p, template.keys, first_key + len(template.group_bases))


@jit_noalloc
def _put_span(out: Array, p: int, template: Template, values: Values, start: int, end: int) -> int:
    """A span of tokens without its last brace, or its label and last brace."""
    opening = _put_piece(out, p, template.span_keys, SPAN_START)
    p = _put_number(out, opening - 1, template.numbers, values.starts[start])
    out[opening - 1] = COLON
    p = opening = _put_piece(out, p, template.span_keys, SPAN_END)
    p = _put_number(out, opening - 1, template.numbers, values.ends[end - 1])
    out[opening - 1] = COLON
    return p


@jit_noalloc
def _put_numbers(out: Array, p: int, numbers: Numbers, column: Array) -> int:
    opening, data, sizes = p, numbers.data, numbers.sizes
    for number in column:
        if 0 <= number < len(sizes):
            _copy_step(out, p, data, number * NUMBER_STRIDE)
            p += sizes[number]
        else:
            p = _put_any_number(out, p, number)
    return _close_list(out, opening, p)


@jit_noalloc
def _put_labels(out: Array, p: int, pieces: Pieces, column: Array, base: int, size: int) -> int:
    opening, data, offsets = p, pieces.data, pieces.offsets
    for label in column:
        piece = base + (label if 0 <= label < size else size)
        start, end = offsets[piece], offsets[piece + 1]
        for step in range(start, end, STEP):
            _copy_step(out, p + step - start, data, step)
        p += end - start
    return _close_list(out, opening, p)


@jit_noalloc
def _close_list(out: Array, opening: int, p: int) -> int:
    """End the list whose first comma stands at `opening`, or that is empty where that is `p`."""
    p += 1 if p == opening else 0
    out[opening], out[p] = OPEN_LIST, CLOSE_LIST
    return p + 1


@jit_noalloc
def _label(template: Template, values: Values, column: int, i: int) -> int:
    label, size = values.columns[column, i], template.sizes[column]
    return template.bases[column] + (label if 0 <= label < size else size)


@jit_noalloc
def _group_label(template: Template, values: Values, group: int, i: int) -> int:
    label, size = values.span_labels[i], template.group_sizes[group]
    return template.group_bases[group] + (label if 0 <= label < size else size)


@jit_noalloc
def _piece_size(pieces: Pieces, piece: int) -> int:
    return pieces.offsets[piece + 1] - pieces.offsets[piece]


@jit_noalloc
def _put_piece(out: Array, p: int, pieces: Pieces, piece: int) -> int:
    start, end = pieces.offsets[piece], pieces.offsets[piece + 1]
    for step in range(start, end, STEP):
        _copy_step(out, p + step - start, pieces.data, step)
    return p + end - start


@jit_noalloc
def _put_number(out: Array, p: int, numbers: Numbers, number: int) -> int:
    """A comma and the number."""
    if 0 <= number < len(numbers.sizes):
        _copy_step(out, p, numbers.data, number * NUMBER_STRIDE)
        return p + numbers.sizes[number]
    return _put_any_number(out, p, number)


@jit_noalloc
def _put_any_number(out: Array, p: int, number: int) -> int:
    out[p] = COMMA
    if number < 0:
        p, number = p + 1, -number
        out[p] = MINUS
    rest, digits = number, 0
    while rest > 0:
        rest, digits = rest // 10, digits + 1
    for at in range(p + digits, p, -1):
        out[at] = ZERO + number % 10
        number //= 10
    return p + digits + 1
