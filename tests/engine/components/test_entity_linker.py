# SPDX-License-Identifier: Apache-2.0
"""The entity linker: what is linked, to what, and what is learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from thinc.api import Adam

import engine
from engine import EngineError, Pipeline
from engine.components import EntityLinker
from engine.knowledge import InMemoryLookupKB
from tests.engine.toy import TOK2VEC, model_of, toy_examples, toy_pipeline

TEXT = "Ada sleeps. New York City sleeps."


def linked(**settings: Any) -> Pipeline:
    """Sentences and entities by rules, then a linker."""
    section = {"factory": "entity_linker", "model": model_of("entity_linker", TOK2VEC), **settings}
    rules = {name: {"factory": name} for name in ("sentencizer", "entity_ruler")}
    return toy_pipeline({**rules, "entity_linker": section})


def kb_ids(nlp: Pipeline, text: str = TEXT) -> list[str]:
    """The id of each entity."""
    doc = nlp(text)
    ids = doc.column("ent_kb_id")
    return [ids[ent.start] for ent in doc.ents]


def linker_of(nlp: Pipeline) -> EntityLinker:
    """The component."""
    component = nlp.component("entity_linker")
    assert isinstance(component, EntityLinker)
    return component


def test_the_likeliest_meaning_wins_without_context() -> None:
    """With the prior alone the most frequent meaning of the name is taken."""
    assert kb_ids(linked(incl_context=False)) == ["Q1", "Q1"]


def test_an_unknown_name_and_a_discarded_type_mean_nothing() -> None:
    """Both are NIL."""
    nlp = linked(labels_discard=["LOC"])
    nlp.component("entity_ruler").add_patterns([{"label": "PER", "pattern": "Nobody"}])
    assert kb_ids(nlp, "Nobody sleeps. New York City sleeps.") == ["NIL", "NIL"]


def test_below_the_threshold_nothing_is_meant() -> None:
    """A threshold above all scores leaves no link, also where there is one candidate only."""
    assert kb_ids(linked(threshold=1.0, incl_context=False)) == ["NIL", "NIL"]


def test_candidates_may_be_asked_for_in_batches() -> None:
    """`candidates_batch_size` changes how they are asked for, not what comes of it."""
    assert kb_ids(linked(candidates_batch_size=3)) == kb_ids(linked())


def test_it_learns_what_names_mean_in_their_context() -> None:
    """After some steps each name means what gold says, whatever the prior is."""
    nlp = linked(incl_prior=False)
    optimizer, examples = Adam(0.01), toy_examples(nlp)
    for _ in range(25):
        losses = nlp.update(examples, optimizer=optimizer)
    assert losses["entity_linker"] < 0.2
    scores = nlp.evaluate(toy_examples(nlp))
    assert scores["nel_micro_f"] == pytest.approx(1.0)
    assert set(scores["nel_f_per_type"]) == {"PER", "LOC"}


def test_without_sentences_it_says_what_is_missing() -> None:
    """An entity's context are sentences."""
    nlp = linked()
    nlp.disable_pipe("sentencizer")
    with pytest.raises(EngineError, match="nobody set sentence starts"):
        nlp(TEXT)


def test_an_empty_knowledge_base_is_refused() -> None:
    """It has nothing to link to."""
    config = {"factory": "entity_linker", "model": model_of("entity_linker", TOK2VEC)}
    nlp = engine.build(
        engine.fill_config(
            engine.Config({"nlp": {"lang": "en", "pipeline": ["el"]}, "components": {"el": config}})
        )
    )
    with pytest.raises(EngineError, match="knowledge base of 'el' to have entities, got an empty one"):
        nlp.initialize()


@pytest.mark.parametrize("settings", [{"threshold": 1.5}, {"n_sents": -1}, {"candidates_batch_size": 0}])
def test_settings_out_of_bounds_are_refused(settings: dict[str, Any]) -> None:
    """They are named."""
    with pytest.raises(EngineError, match=next(iter(settings))):
        linked(**settings)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_both_architectures_link_and_are_kept(version: str, tmp_path: Path) -> None:
    """A saved linker has its knowledge base in its folder, and links alike."""
    model = {**model_of("entity_linker", TOK2VEC), "@architectures": f"spacy.EntityLinker.{version}"}
    nlp = linked(model=model, n_sents=1)
    nlp.update(toy_examples(nlp), optimizer=Adam(0.01))
    nlp.to_disk(tmp_path)
    again = engine.load(tmp_path)
    assert kb_ids(again) == kb_ids(nlp)
    assert linker_of(again).kb.get_vector("Q1") == linker_of(nlp).kb.get_vector("Q1")


def test_documents_without_entities_pass() -> None:
    """Nothing is linked, and no context is asked for."""
    nlp = linked()
    assert kb_ids(nlp, "Nothing here.") == []
    assert np.array_equal(nlp.predict([""]).doc_offsets, [0, 0])


def test_a_function_that_makes_the_knowledge_base_gets_the_vocabulary() -> None:
    """As documented: it takes `vocab`, whose strings know the entities from then on."""
    nlp = engine.blank("en")
    linker: Any = nlp.add_pipe("entity_linker")

    def create_kb(vocab: Any) -> InMemoryLookupKB:
        kb = InMemoryLookupKB(vocab, entity_vector_length=2)
        kb.add_entity(entity="Q7259", freq=1, entity_vector=[1.0, 0.0])
        return kb

    linker.set_kb(create_kb)
    assert linker.kb.vocab is nlp.vocab
    assert "Q7259" in nlp.vocab.strings
    with pytest.raises(EngineError, match="to return a KnowledgeBase, got NoneType"):
        linker.set_kb(lambda vocab: None)
