# SPDX-License-Identifier: Apache-2.0
"""Examples as the documentation writes them: made of maps, read in terms of the other side's tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import DocValueError
from ..vocab.attrs import attribute_name
from .biluo import biluo
from .example_maps import map_of, reference_of
from .projectivity import projectivize
from .span import Span
from .token_alignment import AlignmentArray, TokenAlignment

if TYPE_CHECKING:
    from .doc import Doc
    from .example import Example

TEXT_COLUMNS = {"TAG": "tag", "POS": "pos", "LEMMA": "lemma", "DEP": "dep", "MORPH": "morph"}


class ExampleAccess:
    """What people ask of an example: `x` is the predicted document, `y` the reference."""

    predicted: Doc
    reference: Doc
    _alignment: TokenAlignment | None

    @classmethod
    def from_dict(cls, predicted: Doc, example_dict: Mapping[str, Any]) -> Example:
        """An example of a document and a map of annotations, flat or in `doc_annotation` and
        `token_annotation`.

        Raises: TypeError where something else than a document is given; KeyError for an unknown key;
        ValueError for values that do not fit the words or mean nothing. Warns of entities that do not fit.
        """
        if not hasattr(predicted, "batch"):
            raise TypeError(
                f"expected a Doc, got {type(predicted).__name__}; make one with nlp.make_doc(text)"
            )
        if not isinstance(example_dict, Mapping):
            raise DocValueError(f"expected a map of annotations, got {example_dict!r}")
        return cls(predicted, reference_of(predicted, example_dict))  # type: ignore[call-arg,return-value]  # of Example

    def to_dict(self) -> dict[str, Any]:
        """The reference as a map that `from_dict` reads."""
        return map_of(self.reference)

    def copy(self) -> Example:
        """The same example with documents of its own."""
        return self._made(self.predicted.copy(), self.reference.copy())

    def _made(self, predicted: Doc, reference: Doc) -> Example:
        return type(self)(predicted, reference)  # type: ignore[call-arg,return-value]  # of Example

    @property
    def x(self) -> Doc:
        """The predicted document."""
        return self.predicted

    @x.setter
    def x(self, doc: Doc) -> None:
        self.predicted = doc

    @property
    def y(self) -> Doc:
        """The reference."""
        return self.reference

    @y.setter
    def y(self, doc: Doc) -> None:
        self.reference = doc

    @property
    def alignment(self) -> TokenAlignment:
        """Which tokens of one side lie over which of the other. Raises: ValueError where the texts differ by
        more than blanks and case."""
        known = self._alignment
        sizes = (len(self.predicted), len(self.reference))
        if known is None or (len(known.x2y), len(known.y2x)) != sizes:
            known = TokenAlignment.from_strings(self.predicted.words, self.reference.words)
            self._alignment = known
        return known

    def get_aligned(self, field: str | int, as_string: bool = False) -> list[Any]:
        """Values of a token attribute of the reference for each predicted token; None where it has none of
        its own, or several that differ."""
        name = attribute_name(field)
        if as_string and (name in TEXT_COLUMNS or name == "ENT_TYPE"):
            doc = self.reference
            values: list[Any] = list(doc.ent_types if name == "ENT_TYPE" else doc.column(TEXT_COLUMNS[name]))
        else:
            values = self.reference.to_array(name).tolist()
            if as_string:
                values = [self.reference.vocab.strings[value] for value in values]
        return _aligned(self.alignment.x2y, self.alignment.y2x, values)

    def get_aligned_parse(self, projectivize: bool = True) -> tuple[list[int | None], list[str | None]]:
        """Heads, as predicted tokens, and labels of the reference's tree; None where they cannot be said with
        these tokens. `projectivize`: crossing arcs are lifted."""
        doc = self.reference
        heads, deps = list(doc.heads), list(doc.deps)
        if projectivize:
            heads, deps = _projective(heads, deps)
        x2y, y2x = self.alignment.x2y, self.alignment.y2x
        out: tuple[list[int | None], list[str | None]] = (
            [None] * len(self.predicted),
            [None] * len(self.predicted),
        )
        for i in range(len(self.predicted)):
            gold = x2y[i]
            if len(gold) == 1 and y2x.lengths[gold[0]] == 1:
                head = y2x[heads[int(gold[0])]]
                if len(head) == 1:
                    out[0][i] = int(head[0])
                out[1][i] = deps[int(gold[0])]
        return out

    def get_aligned_sent_starts(self) -> list[bool | None]:
        """Whether each predicted token starts a sentence of the reference; None where nothing is known."""
        doc = self.reference
        if not doc.has_annotation("SENT_START"):
            return [None] * len(self.predicted)
        starts: list[bool | None] = [False] * len(self.predicted)
        for sent in doc.sents:
            for i in _positions(self.alignment.y2x, sent.start, sent.end)[:1]:
                starts[i] = True
        return starts

    def get_aligned_spans_x2y(self, x_spans: Sequence[Span], allow_overlap: bool = False) -> list[Span]:
        """Spans of the predicted document as spans of the reference, those that fit."""
        return self._aligned_spans(self.reference, x_spans, self.alignment.x2y, allow_overlap)

    def get_aligned_spans_y2x(self, y_spans: Sequence[Span], allow_overlap: bool = False) -> list[Span]:
        """Spans of the reference as spans of the predicted document, those that fit."""
        return self._aligned_spans(self.predicted, y_spans, self.alignment.y2x, allow_overlap)

    def get_aligned_ents_and_ner(self) -> tuple[list[Span], list[str | None]]:
        """Entities of the reference as spans of the predicted document, and a BILUO tag for each of its
        tokens; None where nothing is known."""
        ents = self.get_aligned_spans_y2x(self.reference.ents)
        marks = _aligned(
            self.alignment.x2y, self.alignment.y2x, [mark or None for mark in self.reference.ent_iobs]
        )
        tags: list[str | None] = ["O" if mark == "O" else None for mark in marks]
        for span in ents:
            tags[span.start : span.end] = biluo(len(span), span.label_)
        return ents, tags

    def get_aligned_ner(self) -> list[str | None]:
        """A BILUO tag for each predicted token; None where nothing is known."""
        return self.get_aligned_ents_and_ner()[1]

    def get_matching_ents(self, check_label: bool = True) -> list[Span]:
        """Predicted entities that begin where one of the reference does, with `check_label` of its label."""
        gold = {
            (span.start, *((span.label_,) if check_label else ()))
            for span in self.get_aligned_spans_y2x(self.reference.ents)
        }
        ents = self.predicted.ents
        return [e for e in ents if (e.start, *((e.label_,) if check_label else ())) in gold]

    def split_sents(self) -> list[Example]:
        """An example for each sentence of the reference."""
        if not self.reference.has_annotation("SENT_START"):
            return [self]  # type: ignore[list-item]  # an Example
        examples = []
        for sent in self.reference.sents:
            tokens = _positions(self.alignment.y2x, sent.start, sent.end)
            if tokens:
                part = self.predicted[min(tokens) : max(tokens) + 1].as_doc()
                examples.append(self._made(part, sent.as_doc()))
        return examples

    def _aligned_spans(
        self, target: Doc, spans: Sequence[Span], alignment: AlignmentArray, allow_overlap: bool
    ) -> list[Span]:
        seen: set[int] = set()
        out = []
        for span in spans:
            tokens = _positions(alignment, span.start, span.end)
            if not tokens or (not allow_overlap and seen & set(tokens)):
                continue
            seen.update(tokens)
            aligned = target[min(tokens) : max(tokens) + 1]
            if _same_text(span.text, aligned.text):
                value = span.value()._replace(start=aligned.start, end=aligned.end)
                out.append(Span.of(target, value))
        return out


def _aligned(x2y: AlignmentArray, y2x: AlignmentArray, values: Sequence[Any]) -> list[Any]:
    """For each token the value of the tokens of the other side that it lies over, if they have one value and
    lie over nothing else."""
    out: list[Any] = []
    for i in range(len(x2y)):
        tokens = x2y[i].tolist()
        found = {values[j] for j in tokens}
        alone = len(tokens) == 1 or all(y2x.lengths[j] == 1 for j in tokens)
        out.append(found.pop() if len(found) == 1 and alone else None)
    return out


def _positions(alignment: AlignmentArray, start: int, end: int) -> list[int]:
    positions: list[int] = alignment[start:end].tolist()
    return positions


def _same_text(one: str, other: str) -> bool:
    return "".join(one.split()).lower() == "".join(other.split()).lower()


def _projective(heads: list[int], deps: list[str]) -> tuple[list[int], list[str]]:
    lifted, labels = projectivize([head if dep else -1 for head, dep in zip(heads, deps, strict=True)], deps)
    return [own if head < 0 else head for own, head in zip(heads, lifted, strict=True)], labels
