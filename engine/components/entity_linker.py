# SPDX-License-Identifier: Apache-2.0
"""The component `entity_linker`: which entry of a knowledge base each entity means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from thinc.api import CosineDistance, Model
from thinc.types import Floats2d

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from ..doc.batch import Batch
from ..doc.cut_out import cut_out
from ..doc.doc import Doc
from ..doc.example import Example
from ..doc.span import Span
from ..errors import ComponentError
from ..knowledge import Candidate, CandidateGenerator, CandidatesOfMany, KnowledgeBase
from ..models.entity_linker import CONTEXT_SPANS
from .batch_spans import ENTS, KB_ID
from .component import Array, GetExamples, Losses, Scorer, Scores, TrainableComponent
from .contexts import contexts_of, sentences_of_first, with_gold_entities
from .defaults import DEFAULT_ENTITY_LINKER
from .label_columns import write_column
from .on_documents import batch_of_examples

MakeKB = Callable[[Any], KnowledgeBase]
KB_FILE = "kb"


class EntityLinker(TrainableComponent):
    """For each entity the best of the candidates that the knowledge base has for its text.

        score = prior + similarity - prior * similarity

    `prior`: how often the text means the candidate; `similarity`: cosine of the candidate's vector and that
    of the sentences around the entity. An entity without a candidate, or below `threshold`, is `NIL`.
    """

    factory = "entity_linker"

    NIL = "NIL"

    def __init__(
        self,
        name: str,
        model: Model[Any, Floats2d],
        *,
        kb: KnowledgeBase,
        get_candidates: CandidateGenerator,
        get_candidates_batch: CandidatesOfMany,
        labels_discard: Iterable[str] = (),
        n_sents: int = 0,
        incl_prior: bool = True,
        incl_context: bool = True,
        overwrite: bool = True,
        scorer: Scorer | None = None,
        use_gold_ents: bool = True,
        candidates_batch_size: int = 1,
        threshold: float | None = None,
    ) -> None:
        super().__init__(name, model, scorer)
        _check_settings(name, threshold, n_sents, candidates_batch_size)
        self.kb, self.get_candidates, self.get_candidates_batch = kb, get_candidates, get_candidates_batch
        self.labels_discard, self.n_sents = tuple(labels_discard), n_sents
        self.incl_prior, self.incl_context, self.overwrite = incl_prior, incl_context, overwrite
        self.use_gold_ents, self.threshold = use_gold_ents, threshold
        self.candidates_batch_size = candidates_batch_size
        self.distance = CosineDistance(normalize=False)

    def set_kb(self, kb_loader: MakeKB) -> None:
        """Take the knowledge base that the function gives for a vocabulary.

        Raises: EngineError where it gives something else.
        """
        kb = kb_loader(self.kb.vocab if self.vocab is None else self.vocab)
        if not isinstance(kb, KnowledgeBase):
            raise ComponentError(
                f"expected the function given to {self.name!r} to return a KnowledgeBase, got "
                f"{type(kb).__name__}"
            )
        self.kb = kb

    def validate_kb(self) -> None:
        """Raises: EngineError where the knowledge base is empty."""
        if self.kb.is_empty():
            what = f"expected the knowledge base of {self.name!r} to have entities, got an empty one"
            raise ComponentError(
                f"{what}; give one under [initialize.components.{self.name}.kb_loader], such as "
                "spacy.KBFromFile.v1, or call set_kb"
            )

    def initialize(self, get_examples: GetExamples, sample: Batch, kb_loader: Any = None) -> None:
        """Take the knowledge base, where one is given; draw the weights."""
        if kb_loader is not None:
            self.set_kb(kb_loader)
        self.validate_kb()
        width = self.kb.entity_vector_length
        whole = np.array([[0, sample.n_tokens]], dtype=np.int64)
        inputs = (sample, whole) if self.reads_spans else sample
        self.model.initialize(X=inputs, Y=np.zeros((1, width), dtype=np.float32))
        self.weights_changed()

    @property
    def reads_spans(self) -> bool:
        """Whether the model reads contexts as spans of documents, not as documents."""
        return bool(self.model.attrs.get(CONTEXT_SPANS, False))

    def predict(self, batch: Batch) -> None:
        """Write the column `ent_kb_id` of the tokens of entities."""
        column = batch.spans.get(ENTS)
        if column is None or not len(column.starts):
            return
        self.validate_kb()
        self.require_initialized()
        mentions = [ent for doc in range(batch.n_docs) for ent in Doc(batch, doc).ents]
        kb_ids = self._link(batch, mentions)
        labels = {kb_id: i for i, kb_id in enumerate(dict.fromkeys(kb_ids))}
        ids = np.full(batch.n_tokens, -1, dtype=np.int64)
        starts, ends = batch.span_rows(column)
        for start, end, kb_id in zip(starts.tolist(), ends.tolist(), kb_ids, strict=True):
            ids[start:end] = labels[kb_id]
        write_column(batch, KB_ID, ids, tuple(labels), overwrite=self.overwrite)

    def _link(self, batch: Batch, mentions: Sequence[Span]) -> list[str]:
        """The id of each mention."""
        asked = [i for i, mention in enumerate(mentions) if mention.label not in self.labels_discard]
        found: list[list[Candidate]] = [[] for _ in mentions]
        for i, candidates in zip(asked, self._candidates([mentions[i] for i in asked]), strict=True):
            found[i] = list(candidates)
        open_places = [i for i in asked if self._needs_context(found[i])]
        encodings: dict[int, Array] = {}
        if self.incl_context and open_places:
            vectors = self._encode(batch, np.array(open_places))
            encodings = dict(zip(open_places, vectors, strict=True))
        return [self._best(candidates, encodings.get(i)) for i, candidates in enumerate(found)]

    def _needs_context(self, candidates: Sequence[Candidate]) -> bool:
        return len(candidates) > 1 or (self.threshold is not None and bool(candidates))

    def _candidates(self, mentions: Sequence[Span]) -> Iterable[Iterable[Candidate]]:
        size = self.candidates_batch_size
        if size == 1:
            return [self.get_candidates(self.kb, mention) for mention in mentions]
        parts = (mentions[at : at + size] for at in range(0, len(mentions), size))
        return [found for part in parts for found in self.get_candidates_batch(self.kb, part)]

    def _encode(self, batch: Batch, places: Array) -> Array:
        """A vector of what stands around each of these entities. Shape: `(len(places), width)`."""
        contexts = contexts_of(batch, self.n_sents)
        different, which = np.unique(contexts[places], axis=0, return_inverse=True)
        part, _ = cut_out(batch, different)
        inputs: Any = part
        if self.reads_spans:
            looked_at = sentences_of_first(batch, different)
            inputs = (part, looked_at + (part.doc_offsets[:-1] - different[:, 0])[:, None])
        encoded: Array = self.model.predict(inputs)
        return encoded[which.reshape(-1)]

    def _best(self, candidates: Sequence[Candidate], encoding: Array | None) -> str:
        if not candidates:
            return self.NIL
        if not self._needs_context(candidates):
            return candidates[0].entity_
        priors = np.array([c.prior_prob if self.incl_prior else 0.0 for c in candidates], dtype=np.float32)
        scores = priors
        if encoding is not None:
            likeness = _similarities(np.array([c.entity_vector for c in candidates], np.float32), encoding)
            scores = priors + likeness - priors * likeness
        best = int(scores.argmax())
        if self.threshold is not None and scores[best] < self.threshold:
            return self.NIL
        return candidates[best].entity_

    def update(self, batch: Batch, examples: Sequence[Example], *, dropout: float, losses: Losses) -> None:
        """Collect gradients for one batch: contexts of entities become more like what they mean."""
        losses.setdefault(self.name, 0.0)
        self.validate_kb()
        rows, truths, spans = self.targets(batch, examples)
        if not len(rows):
            return
        # a model that reads spans looks at the sentence alone, as it does where it predicts
        contexts = contexts_of(spans, 0 if self.reads_spans else self.n_sents)[rows]
        if self.reads_spans:
            encodings, backprop = self.begin_update((batch, contexts), dropout)
            backprop(self.distance.get_grad(encodings, truths))
        else:
            part, sources = cut_out(batch, contexts)
            encodings, backprop = self.begin_update(part, dropout)
            backprop(self.distance.get_grad(encodings, truths))
            for name, gradient in part.grads.items():
                if name in batch.pieces:  # rows of pieces, which are those of the whole batch
                    batch.add_grad(name, gradient)
                    continue
                whole = np.zeros_like(batch.vectors[name])
                np.add.at(whole, sources, gradient)
                batch.add_grad(name, whole)
        losses[self.name] += float(self.distance.get_loss(encodings, truths)) / len(truths)

    def targets(self, batch: Batch, examples: Sequence[Example]) -> tuple[Array, Array, Batch]:
        """Which entities have a known meaning, the vector of that, and the batch with the entities.

        Shape: `(n,)`, `(n, width)`.
        """
        spans = with_gold_entities(batch, examples, ents=self.use_gold_ents)
        said = [kb_id for example in examples for kb_id in example.aligned_labels(KB_ID)]
        column = spans.spans[ENTS]
        firsts, _ = spans.span_rows(column)
        rows, vectors = [], []
        for i, first in enumerate(firsts.tolist()):
            vector = np.asarray(self.kb.get_vector(said[first] or ""), dtype=np.float32)
            if said[first] and vector.any():
                rows.append(i)
                vectors.append(vector)
        width = self.kb.entity_vector_length
        truths = np.array(vectors, dtype=np.float32).reshape(-1, width)
        return np.array(rows, dtype=np.int64), truths, spans

    def get_loss(self, examples: Sequence[Example], scores: Any) -> tuple[Any, Any]:
        """The loss of encodings of contexts, one for each entity with a known meaning, and its gradient."""
        _, truths, _ = self.targets(batch_of_examples(examples), examples)
        encodings = np.asarray(scores)
        if not len(truths):
            return 0.0, np.zeros_like(encodings)
        loss = float(self.distance.get_loss(encodings, truths)) / len(truths)
        return loss, self.distance.get_grad(encodings, truths)

    def batch_has_learnable_example(self, examples: Sequence[Example]) -> bool:
        """Whether any gold entity has a meaning."""
        return any(any(example.gold_labels(KB_ID)) for example in examples)

    def score(self, examples: Sequence[Example]) -> Scores:
        """Scores by the configured scorer; with `use_gold_ents`, of what is said of gold's own entities."""
        if self.scorer is None or not examples:
            return {}
        if self.use_gold_ents:
            examples = [self._with_gold_entities(example) for example in examples]
        return self.scorer(examples)

    def _with_gold_entities(self, example: Example) -> Example:
        predicted = example.predicted
        rows = predicted.batch.rows(predicted.index)
        whole = np.array([[rows.start, rows.stop]], dtype=np.int64)
        if rows.start == rows.stop or not example.has("ents"):
            return example
        part, _ = cut_out(predicted.batch, whole)
        part.columns.pop(KB_ID, None)
        alone = Example(Doc(part, 0), example.reference)
        linked = with_gold_entities(part, [alone], ents=True)
        self.predict(linked)
        return Example(Doc(linked, 0), example.reference)

    def label_state(self) -> dict[str, Any]:
        """There are no labels."""
        return {}

    def load_labels(self, labels: Mapping[str, Any]) -> None:
        """There are no labels."""

    def files(self) -> dict[str, bytes]:
        """The knowledge base."""
        return {KB_FILE: self.kb.to_bytes()}

    def load_files(self, files: Mapping[str, bytes]) -> None:
        """Take over what `files` gave."""
        self.kb.from_bytes(files[KB_FILE])


def _similarities(vectors: Array, encoding: Array) -> Array:
    """Cosines; 0 where a vector is zero."""
    norms = np.linalg.norm(vectors, axis=1) * np.linalg.norm(encoding)
    cosines: Array = np.where(norms > 0, (vectors @ encoding) / np.maximum(norms, 1e-30), 0.0)
    return cosines


def _check_settings(name: str, threshold: float | None, n_sents: int, batch_size: int) -> None:
    if threshold is not None and not 0 <= threshold <= 1:
        raise ComponentError(f"expected threshold of {name!r} to be null or from 0 to 1, got {threshold}")
    if n_sents < 0:
        raise ComponentError(f"expected n_sents of {name!r} from 0 on, got {n_sents}")
    if batch_size < 1:
        raise ComponentError(f"expected candidates_batch_size of {name!r} from 1 on, got {batch_size}")


@with_defaults(
    model=DEFAULT_ENTITY_LINKER,
    get_candidates={"@misc": "freshet.CandidateGenerator.v1"},
    get_candidates_batch={"@misc": "freshet.CandidateBatchGenerator.v1"},
    generate_empty_kb={"@misc": "freshet.EmptyKB.v1"},
    scorer={"@scorers": "freshet.entity_linker_scorer.v1"},
)
@registry.factories("entity_linker")
def make_entity_linker(
    name: str,
    model: Model[Any, Floats2d],
    get_candidates: Any,
    get_candidates_batch: Any,
    generate_empty_kb: Any,
    labels_discard: Sequence[str] = (),
    n_sents: int = 0,
    incl_prior: bool = True,
    incl_context: bool = True,
    entity_vector_length: int = 64,
    overwrite: bool = True,
    scorer: Scorer | None = None,
    use_gold_ents: bool = True,
    candidates_batch_size: int = 1,
    threshold: float | None = None,
) -> EntityLinker:
    """The meaning of entities. `entity_vector_length`: of the empty knowledge base that it begins with.
    `labels_discard`: entity types that mean nothing. `n_sents`: sentences on each side of the entity's own.
    """
    return EntityLinker(
        name,
        model,
        kb=generate_empty_kb(None, entity_vector_length),
        get_candidates=get_candidates,
        get_candidates_batch=get_candidates_batch,
        labels_discard=labels_discard,
        n_sents=n_sents,
        incl_prior=incl_prior,
        incl_context=incl_context,
        overwrite=overwrite,
        scorer=scorer,
        use_gold_ents=use_gold_ents,
        candidates_batch_size=candidates_batch_size,
        threshold=threshold,
    )
