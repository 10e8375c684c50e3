# SPDX-License-Identifier: Apache-2.0
"""What would go wrong with a training on this data: errors, which end it or make it useless, and warnings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .debug_data import CorpusSummary, Place

FEW_EXAMPLES = 50
"""A label with fewer gold examples than this is hardly learned."""

FEW_ARCS = 20
"""The same of the labels of arcs."""

FEW_DOCS = 100
"""A training corpus with fewer documents than this is small."""

SHOWN_PLACES = 5
SHOWN_LABELS = 8


class Level(StrEnum):
    """How much a finding matters."""

    error = "error"
    warning = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at."""

    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a component of the pipeline learns from: a layer, and how many labels at least."""

    component: str
    layer: str
    what: str
    n_labels: int = 1


LAYERS: Mapping[str, tuple[str, str, int]] = {
    "tagger": ("tag", "tags", 1),
    "morphologizer": ("pos", "parts of speech or features", 1),
    "parser": ("dep", "dependency trees", 1),
    "beam_parser": ("dep", "dependency trees", 1),
    "ner": ("ents", "entities", 1),
    "beam_ner": ("ents", "entities", 1),
    "entity_linker": ("ents", "entities", 1),
    "textcat": ("cats", "categories", 2),
    "textcat_multilabel": ("cats", "categories", 1),
    "trainable_lemmatizer": ("lemma", "lemmas", 0),
    "senter": ("sents", "sentences", 0),
}
"""Factory -> the layer that it learns, in words, and how many labels it needs at least."""
SPAN_FACTORIES = ("spancat", "spancat_singlelabel", "span_finder")


def wanted_of(components: Mapping[str, Mapping[str, object]], names: Sequence[str]) -> list[Wanted]:
    """What the components of a config learn from."""
    found = []
    for name in names:
        block = components.get(name, {})
        factory = str(block.get("factory", ""))
        if factory in LAYERS:
            found.append(Wanted(name, *LAYERS[factory]))
        elif factory in SPAN_FACTORIES:
            key = str(block.get("spans_key", "sc"))
            found.append(Wanted(name, f"spans {key}", f"spans under the key {key!r}"))
    return found


def findings_of(train: CorpusSummary, dev: CorpusSummary, wanted: Sequence[Wanted] = ()) -> list[Finding]:
    """Errors first, then warnings."""
    errors = [Finding(Level.error, text) for text in _errors(train, dev, wanted)]
    return errors + [Finding(Level.warning, text) for text in _warnings(train, dev, wanted)]


def warnings_of(train: CorpusSummary, dev: CorpusSummary) -> list[str]:
    """What a person should look at before training."""
    return list(_warnings(train, dev, ()))


def _errors(train: CorpusSummary, dev: CorpusSummary, wanted: Sequence[Wanted]) -> Iterator[str]:
    for name, summary in (("training", train), ("dev", dev)):
        if not summary.n_docs:
            yield f"the {name} corpus is empty"
        for document, text in summary.wrong_trees[:SHOWN_PLACES]:
            yield f"{name} corpus, document {document}: {text}"
        if summary.padded:
            yield (
                f"{name} corpus: {len(summary.padded)} entities begin or end with whitespace: "
                + _some_places(summary.padded)
            )
    for want in wanted if train.n_docs else ():
        labels = train.labels.get(want.layer, Counter())
        if not train.docs_with[want.layer] or len(labels) < want.n_labels:
            least = f"at least {want.n_labels} different " if want.n_labels > 1 else ""
            yield (
                f"component {want.component!r} learns {want.what}, but the training corpus has "
                f"{len(labels) if labels else 'none'}{f', expected {least}labels' if least else ''}"
            )


def _warnings(train: CorpusSummary, dev: CorpusSummary, wanted: Sequence[Wanted]) -> Iterator[str]:
    if train.n_docs < FEW_DOCS:
        yield f"the training corpus has {train.n_docs} documents; below {FEW_DOCS} little is learned"
    if not dev.n_docs:
        yield "the dev corpus is empty; the best step cannot be chosen"
    if shared := len(train.texts & dev.texts):
        yield f"{shared} texts of the dev corpus are in the training corpus too; scores will look too good"
    repeated = train.n_docs - len(train.texts)
    if repeated > 0.05 * max(train.n_docs, 1):
        yield f"{repeated} of {train.n_docs} training texts come more than once"
    for name, summary in (("training", train), ("dev", dev)):
        yield from _places_of(name, summary)
    if train.n_misaligned > 0.05 * max(train.n_tokens, 1):
        yield (
            f"{train.n_misaligned} of {train.n_tokens} tokens have no label of their own, for gold has "
            "other word borders there"
        )
    for layer, counts in train.labels.items():
        yield from _label_warnings(layer, counts, dev.labels.get(layer, Counter()))
        if layer in ("ents", "cats"):
            yield from _everywhere(layer, train)
    for want in wanted:
        if train.docs_with[want.layer] and not dev.docs_with[want.layer]:
            yield f"component {want.component!r} cannot be scored: the dev corpus has no {want.what}"
        if want.layer == "cats" and want.n_labels > 1 and train.n_several_cats:
            yield (
                f"{train.n_several_cats} training documents have several categories, of which "
                f"{want.component!r} gives one; textcat_multilabel gives any number"
            )
        if want.layer == "dep" and train.docs_with["sents"] and train.n_sents <= train.docs_with["dep"]:
            yield (
                f"every training document is one sentence: {want.component!r} learns no sentence borders; "
                "put several into one document (convert --n-sents 10)"
            )


def _places_of(name: str, summary: CorpusSummary) -> Iterator[str]:
    if summary.misaligned:
        yield (
            f"{name} corpus: {len(summary.misaligned)} gold entities begin or end inside a token and teach "
            f"nothing; look at the tokenizer's rules: {_some_places(summary.misaligned)}"
        )
    if summary.across_sentences:
        yield (
            f"{name} corpus: {len(summary.across_sentences)} entities cross a sentence border: "
            f"{_some_places(summary.across_sentences)}"
        )
    if summary.n_empty:
        yield f"{name} corpus: {summary.n_empty} documents are empty or blank"


def _label_warnings(layer: str, counts: Counter[str], in_dev: Counter[str]) -> Iterator[str]:
    few = FEW_ARCS if layer == "dep" else FEW_EXAMPLES
    rare = sorted(label for label, n in counts.items() if n < few)
    unseen = sorted(set(in_dev) - set(counts))
    untested = sorted(set(counts) - set(in_dev)) if in_dev else []
    if rare and layer != "morph":
        yield f"{layer}: fewer than {few} examples of {_some(rare)}"
    if unseen:
        yield f"{layer}: only the dev corpus has {_some(unseen)}"
    if untested and layer != "morph":
        yield f"{layer}: the dev corpus has no {_some(untested)}"


def _everywhere(layer: str, train: CorpusSummary) -> Iterator[str]:
    always = [label for label, n in train.docs_with_label[layer].items() if n == train.n_docs]
    if always and train.n_docs > 1:
        yield f"{layer}: every training document has {_some(sorted(always))}; none shows what has not"


def _some(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - SHOWN_LABELS} more" if len(labels) > SHOWN_LABELS else ""
    return ", ".join(labels[:SHOWN_LABELS]) + more


def _some_places(places: Sequence[Place]) -> str:
    more = f"; and {len(places) - SHOWN_PLACES} more" if len(places) > SHOWN_PLACES else ""
    return "; ".join(map(str, places[:SHOWN_PLACES])) + more
