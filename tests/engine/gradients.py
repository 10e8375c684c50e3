# SPDX-License-Identifier: Apache-2.0
"""Gradients against finite differences, through whole pipelines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from thinc.api import Model

from engine import Example, Pipeline
from engine.components import (
    BeamDependencyParser,
    BeamEntityRecognizer,
    DependencyParser,
    EmbeddingComponent,
    EntityLinker,
    EntityRecognizer,
    Morphologizer,
    NnLabeller,
    SentenceRecognizer,
    SpanCategorizer,
    SpanFinder,
    Tagger,
    TextCategorizer,
    TrainableComponent,
    TrainableLemmatizer,
)
from engine.components.beams import BeamStates
from engine.components.contexts import contexts_of
from engine.components.morphologizer import aligned_labels
from engine.doc.batch import Batch
from engine.doc.example_batch import batch_of
from engine.kernels import one_library_thread
from engine.kernels.ner import gold_actions, gold_states

from .toy import toy_examples

STEPS = (3e-3, 1e-3, 3e-4)
"""Tried in turn: a large step may cross a kink of Maxout, a small one drowns in rounding."""
TOLERANCE = 0.05

WAYS: WeakKeyDictionary[TrainableComponent, BeamStates] = WeakKeyDictionary()
"""What a component with beams learns from in a test."""


def assert_gradients_match(nlp: Pipeline, head: str) -> None:
    """Along each weight array's own gradient, the loss must change as the gradient's length says."""
    with one_library_thread():
        _assert_gradients_match(nlp, head, toy_examples(nlp))


def _assert_gradients_match(nlp: Pipeline, head: str, examples: list[Example]) -> None:
    shake(nlp)
    nlp.update(examples, sgd=False)
    component = nlp.component(head)
    if isinstance(component, BeamEntityRecognizer | BeamDependencyParser):
        WAYS[component] = component.beam_states(_embedded(nlp, examples), examples)
    checked = 0
    for node, name in list(parameters(nlp)):
        gradient = node.get_grad(name).astype(np.float64) if node.has_grad(name) else np.zeros(1)
        length = float(np.sqrt((gradient**2).sum()))
        if length < 1e-2:
            continue
        slopes = (_slope(nlp, head, examples, (node, name), gradient / length, step) for step in STEPS)
        assert any(abs(slope - length) <= TOLERANCE * length + 5e-3 for slope in slopes), (
            f"{node.name}.{name}: gradient {length}"
        )
        checked += 1
    assert checked > 0


def shake(nlp: Pipeline) -> None:
    """Move all weights off their starting values, so that no layer is zero."""
    random = np.random.default_rng(1)
    for node, name in parameters(nlp):
        weights = node.get_param(name)
        node.set_param(name, weights + random.normal(0, 0.1, weights.shape).astype("float32"))


def parameters(nlp: Pipeline) -> Iterator[tuple[Model[Any, Any], str]]:
    """Every weight array of a pipeline."""
    for _, component in nlp.components:
        if isinstance(component, TrainableComponent):
            yield from ((node, name) for node in component.model.walk() for name in node.param_names)


def _slope(
    nlp: Pipeline,
    head: str,
    examples: list[Example],
    weights: tuple[Model[Any, Any], str],
    direction: Any,
    step: float,
) -> float:
    node, name = weights
    start = node.get_param(name).copy()
    losses = []
    for sign in (1.0, -1.0):
        node.set_param(name, (start + sign * step * direction).astype("float32"))
        losses.append(loss_of(nlp, head, examples))
    node.set_param(name, start)
    return (losses[0] - losses[1]) / (2 * step)


def loss_of(nlp: Pipeline, head: str, examples: list[Example]) -> float:
    """The loss of which the head's gradient is the slope, from the reference forward pass."""
    batch = _embedded(nlp, examples)
    component = nlp.component(head)
    if isinstance(component, BeamEntityRecognizer | BeamDependencyParser):
        return _beam_loss(component, batch)
    if isinstance(component, EntityRecognizer):
        return _entity_loss(component, batch, examples)
    if isinstance(component, DependencyParser):
        states = component.states_to_learn(batch, examples)
        return _states_loss(component.model.predict((batch, states.features)), states.valid, states.wanted)
    if isinstance(component, EntityLinker):
        rows, truths, spans = component.targets(batch, examples)
        contexts = contexts_of(spans, 0)[rows]
        encodings, _ = component.model.begin_update((batch, contexts))
        return _distance(encodings.astype(np.float64), truths)
    if isinstance(component, SpanCategorizer):
        spans, lengths = component.suggest(batch)
        truths, *_ = component.targets(batch, examples, spans, lengths)
        return _category_loss(component, component.model.predict((batch, spans)).astype(np.float64), truths)
    assert isinstance(component, TrainableComponent)
    scores, _ = component.model.begin_update(batch)
    if isinstance(component, SpanFinder):
        truths, _ = component.targets(examples)
        return _category_loss(component, scores.astype(np.float64), truths)
    if isinstance(component, TextCategorizer):
        truths, _ = component.targets(examples)
        return _category_loss(component, scores.astype(np.float64), truths)
    return _label_loss(scores, _targets(component, examples))


def _targets(component: TrainableComponent, examples: list[Example]) -> Any:
    if isinstance(component, Tagger):
        return component.targets(examples)[0]
    if isinstance(component, Morphologizer):
        return np.array(
            [component.labels.index(label or "") for example in examples for label in aligned_labels(example)]
        )
    if isinstance(component, NnLabeller):
        said = [label for example in examples for label in component.labels_of(example)]
        return np.array([component.labels.index(label) for label in said if label is not None])
    if isinstance(component, TrainableLemmatizer):
        return np.array([target for example in examples for target in component.targets(example)])
    assert isinstance(component, SentenceRecognizer)
    return (np.concatenate([example.aligned_sent_starts() for example in examples]) == 1).astype(int)


def _embedded(nlp: Pipeline, examples: list[Example]) -> Batch:
    """The examples with the shared vectors."""
    batch = batch_of(examples, nlp.tokenizer)
    for name, component in nlp.components:
        if isinstance(component, EmbeddingComponent):
            batch.vectors[name] = component.model.predict(batch)
    return batch


def _beam_loss(component: Any, batch: Batch) -> float:
    """The gradient is that of the ways that were found with the weights as they were."""
    states = WAYS[component]
    scores, _ = component.model.begin_update((batch, states.features))
    return float(states.gradient(scores)[1])


def _distance(encodings: Any, truths: Any) -> float:
    norms = np.linalg.norm(encodings, axis=1) * np.linalg.norm(truths, axis=1)
    return float((1.0 - (encodings * truths).sum(axis=1) / norms).sum())


def _label_loss(probabilities: Any, targets: Any) -> float:
    return float(-np.log(probabilities.astype(np.float64)[np.arange(len(targets)), targets]).sum())


def _category_loss(component: TrainableComponent, scores: Any, truths: Any) -> float:
    """Cross-entropy where Thinc's softmax layer ends the model, for its backward pass leaves the softmax out;
    else squared error."""
    if any(node.name == "softmax" for node in component.model.walk()):
        return float(-(truths * np.log(scores)).sum())
    return float(0.5 * ((scores - truths) ** 2).sum())


def _entity_loss(component: EntityRecognizer, batch: Batch, examples: list[Example]) -> float:
    biluo = [action for example in examples for action in example.aligned_ner()]
    is_space = batch.lexemes.is_space[batch.lexeme_ids]
    states = gold_states(
        component.actions,
        gold_actions(component.actions, biluo),
        batch.doc_offsets,
        is_space,
        None,
        component.n_features,
    )
    return _states_loss(component.model.predict((batch, states.features)), states.valid, states.wanted)


def _states_loss(scores: Any, valid: Any, wanted: Any) -> float:
    """Cross-entropy over the valid actions of each state, the wanted ones as one."""
    masked = np.where(valid, scores.astype(np.float64), -np.inf)
    log_total = np.log(np.exp(masked).sum(axis=1))
    return float((log_total - np.log(np.where(wanted, np.exp(masked), 0.0).sum(axis=1))).sum())
