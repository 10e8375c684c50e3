# SPDX-License-Identifier: Apache-2.0
"""Words of languages that write no blanks between them: by libraries that are extras, by characters, or
refused clearly."""

from __future__ import annotations

from pathlib import Path

import pytest

import engine
from engine import EngineError
from engine.errors import TokenizerError
from engine.extras import JAPANESE, JIEBA, THAI, VIETNAMESE, Extra, MissingExtraError
from engine.tokenizers import SegmentedTokenizer
from engine.tokenizers.segmented_tokenizer import spaced_words


def test_words_and_white_space_spell_the_text() -> None:
    """One blank after a word is a flag; all other white space makes tokens."""
    text = " ab  cd\n ef gh "
    tokens = list(spaced_words(text, ["ab", " ", "cd", "ef gh"]))
    assert tokens == [
        (" ", None, False), ("ab", None, True), (" ", None, False), ("cd", None, False), ("\n ", None, False),
        ("ef gh", None, True),
    ]  # fmt: skip
    assert list(spaced_words("", [])) == []
    with pytest.raises(TokenizerError, match="spell"):
        list(spaced_words("abc", ["a"]))
    with pytest.raises(TokenizerError, match="spell"):
        list(spaced_words("abc", ["b", "c"]))


def test_a_segmenter_makes_documents() -> None:
    """Batches of several texts, lexemes with the language's flags."""
    tokenizer = SegmentedTokenizer("th", lambda text: [text[:2], text[2:]], "test", {})
    batch = tokenizer.tokenize(["abcd", "", "ef gh"])
    assert batch.doc_offsets.tolist() == [0, 2, 2, 4]
    assert tokenizer("ef gh").words == ["ef", "gh"]
    assert tokenizer("ef gh").text == "ef gh"
    assert tokenizer.from_words(["a", "b"]).text == "a b"


def test_chinese_is_cut_into_characters_by_default() -> None:
    """As documented: every character is a token."""
    nlp = engine.blank("zh")
    doc = nlp("我爱北京。 ok")
    assert (doc.words, doc.text) == (["我", "爱", "北", "京", "。", "o", "k"], "我爱北京。 ok")
    config = {"@tokenizers": "spacy.zh.ChineseTokenizer", "segmenter": "char"}
    assert engine.blank("zh", config={"nlp": {"tokenizer": config}})("我爱").words == ["我", "爱"]
    for segmenter in ("pkuseg", "other"):
        with pytest.raises(EngineError, match=r"take (char or )?jieba"):
            engine.blank("zh", config={"nlp": {"tokenizer": {**config, "segmenter": segmenter}}})


@pytest.mark.parametrize(
    ("lang", "extra", "name", "settings", "words"),
    [
        ("zh", JIEBA, "zh.ChineseTokenizer", {"segmenter": "jieba"}, "我 爱 北京 天安门 。"),
        ("ja", JAPANESE, "ja.JapaneseTokenizer", {"split_mode": "C"}, "東京 に 行く 。"),
        ("th", THAI, "th.ThaiTokenizer", {}, "ผม รัก คุณ"),
        ("vi", VIETNAMESE, "vi.VietnameseTokenizer", {}, "Việt_Nam đẹp ."),
    ],
)
def test_a_library_finds_the_words_or_is_asked_for(
    tmp_path: Path, lang: str, extra: Extra, name: str, settings: dict[str, str], words: str
) -> None:
    """Where the extra is missing, its name and what to type are told; a saved pipeline has it again."""
    config = {"nlp": {"tokenizer": {"@tokenizers": f"spacy.{name}", **settings}}}
    text = "".join(words.split()) if lang != "vi" else "Việt Nam đẹp."
    if not extra.is_installed:
        with pytest.raises(MissingExtraError, match=rf"freshet\[{extra.name}\]"):
            engine.blank(lang, config=config)
        return
    nlp = engine.blank(lang, config=config)
    assert [word.replace(" ", "_") for word in nlp(text).words] == words.split()
    assert nlp.meta["tokenizer_rules"].startswith("words by freshet.")
    nlp.to_disk(tmp_path)
    assert engine.load(tmp_path)(text).words == nlp(text).words


def test_vietnamese_between_blanks_needs_nothing() -> None:
    """`use_pyvi = false` takes the neutral rules."""
    config = {"@tokenizers": "spacy.vi.VietnameseTokenizer", "use_pyvi": False}
    assert engine.blank("vi", config={"nlp": {"tokenizer": config}})("Việt Nam").words == ["Việt", "Nam"]
