from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.doc.biluo import biluo, spans_of_biluo, spans_of_iob
from engine.doc.example import Example
from engine.tokenizers import tokenizer_for

TOKENIZER = tokenizer_for("en")


def example(ours: list[str], gold: list[str], text: str) -> Example:
    """Both sides of a text, without labels."""
    return Example(*(TOKENIZER.from_words(words, spaces_in(words, text)) for words in (ours, gold)))


def spaces_in(words: list[str], text: str) -> list[bool]:
    """Whether a blank follows each word in the text."""
    spaces, at = [], 0
    for word in words:
        at = text.index(word, at) + len(word)
        spaces.append(text[at : at + 1] == " ")
    return spaces


def test_labels_reach_all_pieces_of_a_gold_word() -> None:
    """Pieces of one gold word all take its label; a token over gold words with different labels has none."""
    split = example(["do", "n't", "go"], ["don't", "go"], "don't go")
    split.reference.set_tags(["X", "VB"])
    assert split.aligned_labels("tag") == ["X", "X", "VB"]
    merged = example(["don't", "go"], ["do", "n't", "go"], "don't go")
    merged.reference.set_tags(["VBP", "RB", "VB"])
    assert merged.aligned_labels("tag") == [None, "VB"]


def test_a_token_over_equal_labels_takes_the_label() -> None:
    """A token over several gold words that agree has their label."""
    merged = example(["U.N."], ["U.", "N."], "U.N.")
    merged.reference.set_tags(["NNP", "NNP"])
    assert merged.aligned_labels("tag") == ["NNP"]


def test_unset_gold_labels_are_unknown_but_no_features_is_a_value() -> None:
    """An empty tag means unknown, an empty analysis means a word without features."""
    plain = example(["a", "b"], ["a", "b"], "a b")
    plain.reference.set_tags(["", "B"])
    plain.reference.set_morphs(["", "Number=Sing"])
    assert plain.aligned_labels("tag") == [None, "B"]
    assert plain.aligned_labels("morph") == ["", "Number=Sing"]
    assert plain.aligned_labels("pos") == [None, None]


def test_sentences_start_in_the_token_that_holds_their_first_character() -> None:
    """A gold sentence start is found in the token over it, wherever the borders lie; whitespace starts
    none."""
    both = example(["a", ".", "b", "c", "d."], ["a.", "b", "c", "d", "."], "a.b c d.")
    both.reference.set_sent_starts([1, 1, 1, -1, -1])
    assert both.aligned_sent_starts().tolist() == [1, -1, 1, 1, -1]


def test_unknown_sentence_starts_stay_unknown() -> None:
    """A gold 0 is unknown, and so is everything where gold has no sentences."""
    known = example(["a", "b", "c"], ["a", "b", "c"], "a b c")
    known.reference.set_sent_starts([1, 0, -1])
    assert known.aligned_sent_starts().tolist() == [1, 0, -1]
    assert example(["a", "b"], ["a", "b"], "a b").aligned_sent_starts().tolist() == [0, 0]


def test_entities_follow_their_borders() -> None:
    """An entity is kept where its borders are token borders, whatever the division inside."""
    split = example(["New", "York", "won"], ["New York", "won"], "New York won")
    split.reference.set_ents([(0, 1, "LOC")])
    assert split.aligned_ner() == ["B-LOC", "L-LOC", "O"]
    assert split.aligned_ents() == [(0, 2, "LOC")]


def test_an_entity_that_borders_inside_a_token_is_unknown() -> None:
    """Tokens over half an entity are neither in nor out: nothing is known about them."""
    crossed = example(
        ["New", "York-", "based", "Ada"], ["New", "York", "-", "based", "Ada"], "New York-based Ada"
    )
    crossed.reference.set_ents([(0, 2, "LOC"), (4, 5, "PER")])
    assert crossed.aligned_ner() == ["-", "-", "O", "U-PER"]


def test_whitespace_inside_an_entity_belongs_to_it() -> None:
    """A whitespace token between the words of an entity is inside of it."""
    spaced = Example(TOKENIZER("New  York"), TOKENIZER.from_words(["New", "York"]))
    spaced.reference.set_ents([(0, 2, "LOC")])
    assert spaced.aligned_ner() == ["B-LOC", "I-LOC", "L-LOC"]


def test_no_entities_and_not_annotated_are_different() -> None:
    """An empty list of entities says O everywhere; no list says nothing; a span labelled "-" says nothing
    about its tokens."""
    plain = example(["a", "b"], ["a", "b"], "a b")
    assert plain.aligned_ner() == ["-", "-"]
    empty = example(["a", "b"], ["a", "b"], "a b")
    empty.reference.set_ents([])
    assert empty.aligned_ner() == ["O", "O"]
    partly = example(["a", "b"], ["a", "b"], "a b")
    partly.reference.set_ents([(1, 2, "-")])
    assert partly.aligned_ner() == ["O", "-"]


def test_an_empty_text_has_nothing() -> None:
    """An example of an empty text answers with empty lists."""
    empty = Example(TOKENIZER(""), TOKENIZER(""))
    assert (empty.aligned_labels("tag"), empty.aligned_ner(), len(empty.aligned_sent_starts())) == ([], [], 0)


spans = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2), st.sampled_from(["LOC", "PER"])), max_size=5)


@given(spans)
def test_biluo_and_iob_round_trip(parts: list[tuple[int, int, str]]) -> None:
    """Spans written as actions, or as tags, come back the same."""
    wanted, actions, tags = [], [], []
    for length, gap, label in parts:
        actions += ["O"] * gap + biluo(length, label)
        tags += ["O"] * gap + [f"B-{label}"] + [f"I-{label}"] * (length - 1)
        wanted.append((len(actions) - length, len(actions), label))
    assert spans_of_biluo(actions) == wanted
    assert spans_of_iob(tags) == wanted


@given(st.text(alphabet="ab cD.é\n", max_size=30), st.data())
def test_gold_of_the_same_tokens_comes_back_unchanged(text: str, data: st.DataObject) -> None:
    """Where gold has the pipeline's own tokens, aligned labels and entities are the gold ones."""
    ours, gold = TOKENIZER(text), TOKENIZER(text)
    visible = [i for i, token in enumerate(gold) if not token.is_space]
    tags = [data.draw(st.sampled_from(["A", "B"])) for _ in gold]
    gold.set_tags(tags)
    ents = [
        (i, i + 1, "X") for i in data.draw(st.sets(st.sampled_from(visible)) if visible else st.just(set()))
    ]
    gold.set_ents(ents)
    both = Example(ours, gold)
    assert [both.aligned_labels("tag")[i] for i in visible] == [tags[i] for i in visible]
    assert both.aligned_ents() == sorted(ents)
