from __future__ import annotations

import pytest

from engine.errors import EngineError
from engine.training.conllu import _any_sentence, _plain_sentence, parse_conllu
from tests.engine.training.little_corpus import CONLLU


def test_words_come_without_ranges_and_empty_nodes() -> None:
    """A multiword token appears as its words, an empty node not at all."""
    first, second = parse_conllu(CONLLU.splitlines())
    assert first.words == ("Ada", "did", "n't", "see", "Kigali", ".")
    assert second.words == ("Rain", "fell", ".")


def test_blanks_follow_surface_tokens() -> None:
    """No blank stands inside a multiword token or after SpaceAfter=No; the last word counts as followed by
    one."""
    first, _ = parse_conllu(CONLLU.splitlines())
    assert first.spaces == (True, False, True, True, False, True)


def test_columns_and_ids_are_read() -> None:
    """Tags, parts of speech, heads within the sentence and the id are there; an underscore is no value;
    features are sorted."""
    first, _ = parse_conllu(CONLLU.splitlines())
    assert first.sent_id == "a-1"
    assert first.tags[:2] == ("NNP", "VBD")
    assert first.morphs[1:3] == ("Mood=Ind|Tense=Past", "")
    assert first.heads == (2, 3, 3, 3, 3, 3)


def test_a_head_of_zeros_is_a_root() -> None:
    """A number is what counts, not how it is written: 00 led to a head before the first word."""
    lines = ["1\tGo\tgo\tVERB\tVB\t_\t00\troot\t_\t_", "2\ton\ton\tADV\tRB\t_\t01\tadvmod\t_\t_"]
    assert next(parse_conllu(lines)).heads == (0, 0)


def test_entities_in_the_last_column_are_read() -> None:
    """`NE=` tags of the last column are the word's entity."""
    line = "\t".join(["1", "Ada", "_", "_", "_", "_", "_", "_", "_", "NE=B-person"])
    (sentence,) = parse_conllu([line])
    assert sentence.entities == ("B-person",)


@pytest.mark.parametrize(
    ("line", "said"), [("1\tAda", "10 columns"), ("1\tAda\t_\t_\t_\t_\tx\t_\t_\t_", "as head of word 1")]
)
def test_bad_lines_are_refused_with_their_place(line: str, said: str) -> None:
    """A line of another form raises an error with source and line number."""
    with pytest.raises(EngineError, match=f"corpus:1.*{said}"):
        list(parse_conllu([line], "corpus"))


def test_sentences_read_by_columns_are_those_read_word_by_word() -> None:
    """A plain sentence is the same whichever way it is read; what is complained of goes the other way."""
    rows = [
        "1\tIt\t_\tPRON\tPRP\tNumber=Sing|Case=Nom\t2\tnsubj\t_\tNE=B-x|SpaceAfter=No",
        "2\trains\train\tVERB\t_\t_\t0\troot\t_\t_",
        "3\t_\t_\tPUNCT\t.\t_\t2\tpunct\t_\tSpaceAfter=No",
    ]
    lines = ["# sent_id = s-1", *rows]
    block = list(enumerate(lines, 1))
    assert _plain_sentence(lines) == _any_sentence(block, "corpus", merge_subtokens=False)
    for column, wrong in ((6, "4"), (6, "x"), (6, "_"), (0, "7")):
        cells = rows[0].split("\t")
        cells[column] = wrong
        assert _plain_sentence(["\t".join(cells), *rows[1:]]) is None


WORDS = ("de", "le", "du", "do", "n't")
RANGES = (
    "",
    "1-2\tdele",
    "1-2\tdu",
    "2-3\tledu",
    "3-5\tdudon't",
    "2-2\tle",
    "1-3\tdeledu",
    "5-6\tn't",
    "01-2\tdele",
)


@pytest.mark.parametrize("first", RANGES)
@pytest.mark.parametrize("second", RANGES)
@pytest.mark.parametrize("misc", ["_", "SpaceAfter=No", "A=B|SpaceAfter=No"])
def test_the_short_way_reads_what_the_long_one_reads(first: str, second: str, misc: str) -> None:
    """Sentences whose multiword tokens have the characters of their words are read column by column: they are
    the sentences of the way that knows all others."""
    lines = ["# sent_id = s1"]
    for number, word in enumerate(WORDS, 1):
        for span in (first, second):
            if span.split("-")[0].lstrip("0") == str(number):
                lines.append(f"{span}" + "\t_" * 7 + f"\t{misc}")
        lines.append(f"{number}\t{word}\tl\tX\tx\tA=b\t{number - 1}\tdep\t_\t{misc if number % 2 else '_'}")
    short = _plain_sentence(lines)
    if short is not None:
        assert short == _any_sentence(list(enumerate(lines, 1)), "text", False)


def test_the_short_way_takes_multiword_tokens() -> None:
    """The usual ones, at least."""
    lines = [
        "1-2\tdele" + "\t_" * 8,
        *(f"{i}\t{w}\t_\t_\t_\t_\t0\t_\t_\t_" for i, w in ((1, "de"), (2, "le"))),
    ]
    sentence = _plain_sentence(lines)
    assert sentence is not None
    assert sentence.spaces == (False, True)
