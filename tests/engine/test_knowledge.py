# SPDX-License-Identifier: Apache-2.0
"""Knowledge bases: what they hold, what they refuse, and their files."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EngineError, ModelFileError
from engine.knowledge import InMemoryLookupKB, KnowledgeBase, get_candidates_batch


def filled() -> InMemoryLookupKB:
    """Two entities, two names."""
    kb = InMemoryLookupKB(None, entity_vector_length=2)
    kb.add_entity(entity="Q1", freq=6, entity_vector=[1.0, 0.5])
    kb.add_entity(entity="Q2", freq=7, entity_vector=[-1.0, 2.0])
    kb.add_alias(alias="Douglas", entities=["Q1", "Q2"], probabilities=[0.75, 0.125])
    kb.add_alias(alias="Adam", entities=["Q2"], probabilities=[0.5])
    return kb


def test_a_name_gives_what_it_may_mean() -> None:
    """Candidates come with entity, frequency, vector, name and likelihood."""
    first, second = filled().get_alias_candidates("Douglas")
    assert (first.entity_, first.alias_, first.prior_prob) == ("Q1", "Douglas", 0.75)
    assert (second.entity_freq, second.entity_vector) == (7.0, [-1.0, 2.0])
    assert filled().get_alias_candidates("nobody") == []


def test_counts_and_names() -> None:
    """What it holds can be asked for."""
    kb = filled()
    assert (len(kb), kb.get_size_entities(), kb.get_size_aliases()) == (2, 2, 2)
    assert (kb.get_entity_strings(), kb.get_alias_strings()) == (["Q1", "Q2"], ["Douglas", "Adam"])
    assert kb.contains_entity("Q1")
    assert not kb.contains_alias("Q1")
    assert (kb.get_prior_prob("Q1", "Douglas"), kb.get_prior_prob("Q1", "Adam")) == (0.75, 0.0)
    assert (kb.get_vector("Q2"), kb.get_vector("Q9")) == ([-1.0, 2.0], [0.0, 0.0])
    assert not kb.is_empty()


def test_an_entity_may_be_added_to_a_name() -> None:
    """`append_alias` adds one, and warns where it is there."""
    kb = filled()
    kb.append_alias("Adam", "Q1", 0.25)
    assert kb.get_prior_prob("Q1", "Adam") == 0.25
    with pytest.warns(UserWarning, match="means entity 'Q1' already"):
        kb.append_alias("Adam", "Q1", 0.25)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda kb: kb.add_entity("Q3", 1, [1.0]), "a vector of 2 numbers for entity 'Q3', got 1"),
        (lambda kb: kb.add_alias("x", ["Q9"], [0.5]), "an entity of the knowledge base, got 'Q9'"),
        (lambda kb: kb.add_alias("x", ["Q1"], [0.5, 0.1]), "as many probabilities as entities"),
        (lambda kb: kb.add_alias("x", ["Q1", "Q2"], [0.7, 0.5]), "add up to 1 at most, got 1.2"),
        (lambda kb: kb.append_alias("x", "Q1", 0.1), "a name of the knowledge base, got 'x'"),
        (lambda kb: kb.set_entities(["Q1"], [1, 2], [[1.0, 2.0]]), "as many frequencies and vectors"),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, message: str) -> None:
    """Errors name what came."""
    with pytest.raises(EngineError, match=message):
        call(filled())


def test_files_and_bytes_keep_all_of_it(tmp_path: Path) -> None:
    """A base that was written and read writes the same files and bytes again."""
    kb = filled()
    kb.to_disk(tmp_path / "one")
    again = InMemoryLookupKB(None, entity_vector_length=1).from_disk(tmp_path / "one")
    again.to_disk(tmp_path / "two")
    for name in ("contents", "strings.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert again.get_alias_candidates("Douglas")[0].entity_ == "Q1"
    from_bytes = InMemoryLookupKB(None, entity_vector_length=1).from_bytes(kb.to_bytes())
    assert from_bytes.to_bytes() == kb.to_bytes()


def test_the_file_is_laid_out_as_spacy_lays_it_out(tmp_path: Path) -> None:
    """Sizes, vectors, entities, and names with entities counted from 1."""
    filled().to_disk(tmp_path)
    data = (tmp_path / "contents").read_bytes()
    assert struct.unpack_from("<qq4f", data) == (2, 2, 1.0, 0.5, -1.0, 2.0)
    assert struct.unpack_from("<fi", data, 16 + 16 + 8) == (6.0, 0)
    assert struct.unpack_from("<q", data, 16 + 16 + 2 * 16) == (2,)
    assert struct.unpack_from("<qqf", data, 16 + 16 + 2 * 16 + 8 + 8) == (2, 1, 0.75)


@pytest.mark.parametrize("cut", [0, 10, 40, 100])
def test_a_damaged_file_is_named(tmp_path: Path, cut: int) -> None:
    """Fewer bytes than promised, or none, are refused with the file."""
    filled().to_disk(tmp_path)
    file = tmp_path / "contents"
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(ModelFileError, match="contents: expected a knowledge base"):
        InMemoryLookupKB(None, entity_vector_length=1).from_disk(tmp_path)


def test_a_base_of_ones_own_answers_many_mentions() -> None:
    """Who derives from KnowledgeBase says what one mention means; several are asked one by one."""
    with pytest.raises(TypeError):
        KnowledgeBase(None, 2)  # type: ignore[abstract]
    mentions = [type("Mention", (), {"text": name})() for name in ("Adam", "nobody")]
    assert [len(list(found)) for found in get_candidates_batch(filled(), mentions)] == [1, 0]
