# SPDX-License-Identifier: Apache-2.0
"""Groups of spans of a document: lists that write into the document they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np

from ..errors import DocValueError
from .batch_writer import ENTS, SpanValue, writer_of
from .doc_state import state_of, written_attrs
from .span import Span

if TYPE_CHECKING:
    from .doc import Doc


class SpanGroup:
    """Spans of a document, which may overlap, in the order in which they were added.

    A group of `doc.spans` reads and writes the document; one made by hand keeps its spans until it is put
    there.
    """

    def __init__(
        self,
        doc: Doc,
        *,
        name: str = "",
        attrs: Mapping[str, Any] | None = None,
        spans: Iterable[Span] = (),
    ) -> None:
        self.doc = doc
        self.name = name
        self._attrs: dict[str, Any] = dict(attrs or {})
        self._key: str | None = None
        self._spans: list[SpanValue] = [self._value(span) for span in spans]

    @classmethod
    def of_doc(cls, doc: Doc, key: str) -> SpanGroup:
        """The group of a document's spans under a key."""
        group = cls(doc, name=key)
        group._key = key
        return group

    def bind(self, key: str) -> None:
        """Write the spans into the document, and read and write there from now on."""
        spans = self._read()
        state_of(self.doc.batch, self.doc.index).group_attrs[key] = self._attrs = dict(self.attrs)
        self._key = key
        self._write(spans)

    @property
    def attrs(self) -> dict[str, Any]:
        """Anything that one keeps with the group; `scores` of its spans where a model gave them."""
        if self._key is None:
            return self._attrs
        known = state_of(self.doc.batch, self.doc.index).group_attrs
        if self._key not in known:
            known[self._key] = self._scores_of_model()
        return known[self._key]

    def _scores_of_model(self) -> dict[str, Any]:
        column = self.doc.batch.spans.get(self._key or "")
        if column is None or column.scores is None:
            return {}
        return {"scores": np.array(column.scores[column.rows(self.doc.index)])}

    @property
    def has_overlap(self) -> bool:
        """Whether some spans share a token."""
        ordered = sorted(self._read())
        return any(other.start < one.end for one, other in pairwise(ordered))

    def __len__(self) -> int:
        """Number of spans."""
        return len(self._read())

    def __iter__(self) -> Iterator[Span]:
        return iter(self._as_spans())

    def __getitem__(self, i: Any) -> Any:
        """A span by its position, or a list of spans of a slice."""
        return self._as_spans()[i]

    def __setitem__(self, i: int, span: Span) -> None:
        """Put another span in the place of one."""
        spans = self._read()
        spans[i] = self._value(span)
        self._write(spans)

    def __delitem__(self, i: int) -> None:
        """Take a span out."""
        spans = self._read()
        del spans[i]
        self._write(spans)

    def __contains__(self, span: object) -> bool:
        return span in self._as_spans()

    def __eq__(self, other: object) -> bool:
        """The same spans as another group or list."""
        return isinstance(other, SpanGroup | list | tuple) and self._as_spans() == list(other)

    def __hash__(self) -> int:
        return id(self)

    def __add__(self, other: Iterable[Span]) -> SpanGroup:
        """A group of its own with the spans of both."""
        added = self.copy()
        added.extend(other)
        return added

    def __iadd__(self, other: Iterable[Span]) -> SpanGroup:
        self.extend(other)
        return self

    def __repr__(self) -> str:
        return repr(self._as_spans())

    def append(self, span: Span) -> None:
        """Add a span at the end. Raises: DocValueError where it is one of another document."""
        self._write([*self._read(), self._value(span)])

    def extend(self, spans_or_span_group: Iterable[Span]) -> None:
        """Add spans at the end."""
        if isinstance(spans_or_span_group, SpanGroup):
            for name, value in spans_or_span_group.attrs.items():
                self.attrs.setdefault(name, value)
        self._write([*self._read(), *(self._value(span) for span in spans_or_span_group)])

    def copy(self, doc: Doc | None = None) -> SpanGroup:
        """The same spans in a group of its own, of this document or of one with the same text."""
        target = self.doc if doc is None else doc
        if target.text != self.doc.text:
            raise DocValueError("expected a document of the same text, got another one")
        if target.words != self.doc.words:
            raise DocValueError("expected a document of the same tokens, got others")
        group = SpanGroup(target, name=self.name, attrs=self.attrs)
        group._spans = self._read()
        return group

    def to_bytes(self) -> bytes:
        """The group as bytes."""
        spans = [list(span) for span in self._read()]
        data: bytes = msgpack.packb({"name": self.name, "attrs": written_attrs(self.attrs), "spans": spans})
        return data

    def from_bytes(self, bytes_data: bytes) -> SpanGroup:
        """Read what `to_bytes` gave, in place of the spans that are here."""
        loaded = msgpack.unpackb(bytes_data)
        self.name = loaded["name"]
        self.attrs.clear()
        self.attrs.update(loaded["attrs"])
        self._write([SpanValue(*span) for span in loaded["spans"]])
        return self

    def values(self) -> list[SpanValue]:
        """The spans as values."""
        return self._read()

    def _value(self, span: Any) -> SpanValue:
        if not isinstance(span, Span):
            raise DocValueError(f"expected a Span, got {span!r}")
        if span.doc is not self.doc and not span.doc.is_same(self.doc):
            raise DocValueError(f"expected a span of the document of the group, got {span!r} of another one")
        return span.value()

    def _as_spans(self) -> list[Span]:
        if self._key is not None:
            return self.doc.read_spans(self._key)
        return [Span.of(self.doc, value) for value in self._read()]

    def _read(self) -> list[SpanValue]:
        if self._key is None:
            return list(self._spans)
        return [span.value() for span in self.doc.read_spans(self._key)]

    def _write(self, spans: list[SpanValue]) -> None:
        if self._key is None:
            self._spans = spans
        else:
            self.doc.set_group(self._key, spans)


class SpanGroups(MutableMapping[str, SpanGroup]):
    """The groups of spans of a document by their keys, without the entities."""

    def __init__(self, doc: Doc) -> None:
        self._doc = doc
        self._bound: dict[str, SpanGroup] = {}

    def __getitem__(self, key: str) -> SpanGroup:
        """A group. Raises: KeyError, which lists the keys, where there is none of that key."""
        if key not in self._doc.batch.spans or key == ENTS:
            raise KeyError(
                f"expected the key of a group of spans, got {key!r}; there are: {', '.join(self) or 'none'}"
            )
        group = self._bound.get(key)
        if group is None:
            group = self._bound[key] = SpanGroup.of_doc(self._doc, key)
        return group

    def __setitem__(self, key: str, spans: Iterable[Span]) -> None:
        """Set a group from spans or from another group.

        Raises: DocValueError for spans of another document; DocError for the key under which entities are
        kept.
        """
        if isinstance(spans, SpanGroup) and spans.doc.is_same(self._doc):
            group = spans if spans._key in (None, key) else spans.copy()
        elif isinstance(spans, SpanGroup):
            raise DocValueError(
                f"expected a group of this document for {key!r}, got one of another; take group.copy(doc)"
            )
        else:
            group = SpanGroup(self._doc, name=key, spans=spans)
        group.name = group.name or key
        group.bind(key)
        self._bound[key] = group

    def __delitem__(self, key: str) -> None:
        """Take a group out."""
        self[key]
        writer_of(self._doc.batch).delete_spans(key, self._doc.index)
        self._bound.pop(key, None)

    def __iter__(self) -> Iterator[str]:
        return (key for key in list(self._doc.batch.spans) if key != ENTS)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr({key: self[key] for key in self})

    def to_bytes(self) -> bytes:
        """All groups as bytes."""
        data: bytes = msgpack.packb({key: self[key].to_bytes() for key in self})
        return data

    def from_bytes(self, bytes_data: bytes) -> SpanGroups:
        """Read what `to_bytes` gave, in place of the groups that are here."""
        for key in list(self):
            del self[key]
        for key, group in msgpack.unpackb(bytes_data).items():
            self[key] = SpanGroup(self._doc, name=key).from_bytes(group)
        return self

    def copy(self, doc: Doc | None = None) -> SpanGroups:
        """The same groups on another document of the same tokens."""
        groups = SpanGroups(self._doc if doc is None else doc)
        for key in self:
            groups[key] = self[key].copy(doc)
        return groups
