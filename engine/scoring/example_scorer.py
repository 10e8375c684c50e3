# SPDX-License-Identifier: Apache-2.0
"""Scores of any attribute of documents and tokens, as people ask for them by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ..doc.doc import Doc
from ..doc.example import Example
from ..doc.span import Span
from ..doc.token import Token
from .categories import score_cats
from .links import NIL, score_links
from .scorer import LabelCounts, prf_of, score, score_ents, score_tokenization
from .units import Counts, Unit

Scores = dict[str, Any]
TokenGetter = Callable[[Token, str], Any]

MISSING_VALUES: frozenset[Any] = frozenset({0, None, ""})
"""Values that say nothing."""

FEATURE_SEP, FIELD_SEP = "|", "="


class Scorer:
    """Scores a pipeline's annotations, or single attributes.

    With a pipeline, its components say which scores there are; without one, all layers that examples have.
    """

    def __init__(
        self,
        nlp: Any = None,
        default_lang: str = "xx",
        default_pipeline: Iterable[str] = (),
        **cfg: Any,
    ) -> None:
        self.nlp = nlp
        self.cfg = cfg

    def score(self, examples: Iterable[Example], *, per_component: bool = False) -> Scores:
        """All scores, or all by component: those of tokens, and those that each component gives."""
        examples = list(examples)
        if self.nlp is None:
            scores: Scores = {**score(examples), **score_cats(examples)}
            return (
                {"tokenizer": score_tokenization(examples), "pipeline": scores} if per_component else scores
            )
        parts: dict[str, Mapping[str, Any]] = {"tokenizer": score_tokenization(examples)}
        for name, component in self.nlp.running():
            if hasattr(component, "score"):
                parts[name] = component.score(examples)
        if per_component:
            return {name: dict(part) for name, part in parts.items() if part}
        return {key: value for part in parts.values() for key, value in part.items()}

    @staticmethod
    def score_tokenization(examples: Iterable[Example], **cfg: Any) -> Scores:
        """`token_acc`, `token_p`, `token_r`, `token_f`."""
        return score_tokenization(examples)

    @staticmethod
    def score_token_attr(
        examples: Iterable[Example],
        attr: str,
        *,
        getter: TokenGetter = getattr,
        missing_values: Iterable[Any] = MISSING_VALUES,
        **cfg: Any,
    ) -> Scores:
        """`ATTR_acc`: F over pairs of gold token and value; None where gold has no value at all."""
        counts, missing = Counts(), frozenset(missing_values)
        for example in examples:
            counts += Counts.of(*_token_values(example, attr, getter, missing))
        return {f"{attr}_acc": counts.f1 if counts.tp + counts.fn else None}

    @staticmethod
    def score_token_attr_per_feat(
        examples: Iterable[Example],
        attr: str,
        *,
        getter: TokenGetter = getattr,
        missing_values: Iterable[Any] = MISSING_VALUES,
        **cfg: Any,
    ) -> Scores:
        """`ATTR_micro_p`, `_r`, `_f` and `ATTR_per_feat`, of values `Name=Value|...`, or ids of such."""
        counts, missing = LabelCounts(), frozenset(missing_values)
        for example in examples:
            predicted, gold = _token_values(example, attr, getter, missing)
            gold_features = _features(example, gold)
            featured = {unit.start for unit in gold_features}
            counts.add(
                _features(example, (unit for unit in predicted if unit.start in featured)), gold_features
            )
        names = [f"{attr}_micro_{letter}" for letter in "prf"]
        if counts.total.is_empty:
            return dict.fromkeys((*names, f"{attr}_per_feat"))
        return {**prf_of(f"{attr}_micro", counts.total), f"{attr}_per_feat": counts.per_label()}

    @staticmethod
    def score_spans(
        examples: Iterable[Example],
        attr: str,
        *,
        getter: Callable[[Doc, str], Iterable[Span]] | None = None,
        has_annotation: Callable[[Doc], bool] | None = None,
        labeled: bool = True,
        allow_overlap: bool = False,
        **cfg: Any,
    ) -> Scores:
        """`ATTR_p`, `_r`, `_f` and, with labels, `_per_type` of spans; None where no example has them.

        `attr` is an attribute such as "ents" or "sents", or `spans_KEY` for a group; `getter` gives the spans
        otherwise.
        """
        counts, annotated, read = LabelCounts(), False, getter or spans_of
        for example in examples:
            if has_annotation is not None and not has_annotation(example.reference):
                continue
            annotated = True
            aligned = example.get_aligned_spans_x2y(list(read(example.predicted, attr)), allow_overlap)
            predicted, gold = (
                {Unit(attr, span.label_ if labeled else "", span.start, span.end) for span in spans}
                for spans in (aligned, read(example.reference, attr))
            )
            counts.add(predicted, gold)
        kept = ("p", "r", "f", "per_type") if labeled else ("p", "r", "f")
        if not annotated:
            return dict.fromkeys(f"{attr}_{name}" for name in kept)
        scores = {**prf_of(attr, counts.total), f"{attr}_per_type": counts.per_label()}
        return {f"{attr}_{name}": scores[f"{attr}_{name}"] for name in kept}

    @staticmethod
    def score_deps(
        examples: Iterable[Example],
        attr: str,
        *,
        getter: TokenGetter = getattr,
        head_attr: str = "head",
        head_getter: Callable[[Token, str], Token] = getattr,
        ignore_labels: Iterable[str] = (),
        missing_values: Iterable[Any] = MISSING_VALUES,
        **cfg: Any,
    ) -> Scores:
        """`ATTR_uas`, `ATTR_las` and `ATTR_las_per_type`: heads without and with labels, as F; whitespace and
        labels to ignore are left out."""
        unlabelled, labelled, annotated = Counts(), LabelCounts(), False
        arcs = partial(
            _arcs, attr, getter, head_attr, head_getter, frozenset(ignore_labels), frozenset(missing_values)
        )
        for example in examples:
            gold = arcs(example.reference, list(range(len(example.reference))))
            if not gold:
                continue
            annotated = True
            predicted = arcs(example.predicted, _gold_positions(example))
            unlabelled += Counts.of({u[2:] for u in predicted}, {u[2:] for u in gold})
            labelled.add(predicted, gold)
        if not annotated:
            return dict.fromkeys((f"{attr}_uas", f"{attr}_las", f"{attr}_las_per_type"))
        return {
            f"{attr}_uas": unlabelled.f1,
            f"{attr}_las": labelled.total.f1,
            f"{attr}_las_per_type": labelled.per_label(),
        }

    @staticmethod
    def score_cats(
        examples: Iterable[Example],
        attr: str = "cats",
        *,
        getter: Callable[[Doc, str], Mapping[str, float]] | None = None,
        labels: Iterable[str] = (),
        multi_label: bool = True,
        positive_label: str | None = None,
        threshold: float | None = None,
        **cfg: Any,
    ) -> Scores:
        """`ATTR_score` and what it means, micro, macro and per-type scores, and areas under the ROC curve."""
        known = list(examples)
        if getter is not None or attr != "cats":
            read = getter or getattr
            known = [
                Example(_with_cats(e.predicted, read, attr), _with_cats(e.reference, read, attr))
                for e in known
            ]
        scores = score_cats(
            known,
            labels=list(labels),
            exclusive=not multi_label,
            threshold=0.5 if threshold is None else threshold,
            positive_label=positive_label,
        )
        return {key.replace("cats", attr, 1): value for key, value in scores.items()}

    @staticmethod
    def score_links(
        examples: Iterable[Example], *, negative_labels: Iterable[str] = (NIL,), **cfg: Any
    ) -> Scores:
        """`nel_score`, `nel_micro_p` and the like: what entities mean, of those that both sides have."""
        return score_links(examples, negative_labels)


def get_ner_prf(examples: Iterable[Example], **kwargs: Any) -> Scores:
    """`ents_p`, `ents_r`, `ents_f` and `ents_per_type`; tokens of which nothing is known are left out."""
    return score_ents(examples)


def spans_of(doc: Doc, attr: str) -> Iterable[Span]:
    """The spans of an attribute of a document, or of the group KEY for `spans_KEY`."""
    if attr.startswith("spans_") and not hasattr(type(doc), attr):
        group: Sequence[Span] = list(doc.spans.get(attr.removeprefix("spans_"), []))
        return group
    spans: Iterable[Span] = getattr(doc, attr)
    return spans


def _token_values(
    example: Example, attr: str, getter: TokenGetter, missing: frozenset[Any]
) -> tuple[set[Unit], set[Unit]]:
    """Values of tokens in terms of gold tokens, without whitespace and where gold has no value."""
    gold, unknown = set(), set()
    for token in example.reference:
        value = getter(token, attr)
        if value in missing:
            unknown.add(token.i)
        elif not token.is_space:
            gold.add(Unit(attr, value, token.i, token.i + 1))
    predicted = {
        Unit(attr, getter(token, attr), place, place + 1)
        for token, place in zip(example.predicted, _gold_positions(example), strict=True)
        if place is not None and place not in unknown and not token.is_space
    }
    return predicted, gold


def _gold_positions(example: Example) -> list[int | None]:
    """The gold token that each predicted one lies over, alone; None for several or none."""
    alignment = example.alignment.x2y
    return [int(alignment[i][0]) if n == 1 else None for i, n in enumerate(alignment.lengths.tolist())]


def _features(example: Example, units: Iterable[Unit]) -> set[Unit]:
    out = set()
    for unit in units:
        value: Any = unit.label
        text = value if isinstance(value, str) else example.reference.vocab.strings[value]
        for item in str(text).split(FEATURE_SEP) if text not in ("", "_") else ():
            out.add(unit._replace(layer=item, label=item.partition(FIELD_SEP)[0]))
    return out


def _arcs(
    attr: str,
    getter: TokenGetter,
    head_attr: str,
    head_getter: Callable[[Token, str], Token],
    ignored: frozenset[str],
    missing: frozenset[Any],
    doc: Doc,
    places: Sequence[int | None],
) -> set[Unit]:
    """Arcs of a document in terms of gold tokens."""
    arcs = set()
    for token, place in zip(doc, places, strict=True):
        label = getter(token, attr)
        text = label.lower() if isinstance(label, str) else label
        if place is not None and label not in missing and not token.is_space and text not in ignored:
            arcs.add(Unit(attr, str(text), place, place + 1, places[head_getter(token, head_attr).i]))
    return arcs


def _with_cats(doc: Doc, getter: Callable[[Doc, str], Mapping[str, float]], attr: str) -> Doc:
    copy: Doc = doc.copy()
    copy.set_cats(getter(doc, attr))
    return copy
