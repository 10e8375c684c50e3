# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest
from confection import Config

import engine
from engine import ConfigError, fill_config, read_config, registry
from engine.config.config import apply_overrides, interpolate_config, parse_config, parse_overrides
from engine.config.resolver import check_type, resolve

TEXT = """
[paths]
train = null

[sizes]
width = 32

[nlp]
lang = "en"
pipeline = ["tagger"]

[components]

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"

[components.tagger.model.tok2vec]
@architectures = "spacy.HashEmbedCNN.v2"
pretrained_vectors = null
width = ${sizes.width}
depth = 1
embed_size = 100
"""


@registry.misc("test_config_span.v1")
def _span(start: int, end: int, name: str = "span") -> tuple[int, int, str]:
    return (start, end, name)


def test_reference_takes_value_or_whole_section() -> None:
    """`${a.b}` may name a value or a section, and a section comes with all that is in it."""
    config = parse_config(
        "[a]\nx = 1\n[a.deep]\ny = [1, 2]\n[b]\nx = ${a.x}\ncopy = ${a.deep}\n", interpolate=True
    )
    assert config["b"] == {"x": 1, "copy": {"y": [1, 2]}}


def test_reference_to_nothing_is_refused() -> None:
    """A reference that leads nowhere is one error that shows it."""
    with pytest.raises(ConfigError, match="missing"):
        parse_config("[a]\nx = ${b.missing}\n", interpolate=True)


def test_override_replaces_a_value_before_references_are_read() -> None:
    """A value given on the command line is what references see."""
    config = parse_config(TEXT, {"sizes.width": 16}, interpolate=True)
    assert config["components"]["tagger"]["model"]["tok2vec"]["width"] == 16


def test_override_of_an_unknown_section_lists_those_that_exist() -> None:
    """A typing error in an override's section names the sections."""
    with pytest.raises(ConfigError, match="there are: components, nlp, paths, sizes"):
        apply_overrides(parse_config(TEXT), {"size.width": 1})


def test_command_line_words_become_overrides() -> None:
    """Words after `--section.key` are JSON where they can be, else text; a lone one means true."""
    words = ["--training.max_steps", "5", "--nlp.lang=en", "--training.flag", "--paths.train", "a/b.conllu"]
    assert parse_overrides(words) == {
        "training.max_steps": 5,
        "nlp.lang": "en",
        "training.flag": True,
        "paths.train": "a/b.conllu",
    }


@pytest.mark.parametrize("words", [["max_steps", "5"], ["--max_steps", "5"], ["--a.b", "1", "--a.b", "2"]])
def test_words_that_are_no_overrides_are_refused(words: list[str]) -> None:
    """An override has dashes and a dot, and comes once."""
    with pytest.raises(ConfigError):
        parse_overrides(words)


def test_filled_config_is_complete_and_keeps_references() -> None:
    """Filling writes every default, changes nothing that is there, and leaves references alone."""
    filled = fill_config(parse_config(TEXT))
    assert filled["components"]["tagger"]["model"]["tok2vec"]["width"] == "${sizes.width}"
    assert filled["components"]["tagger"]["model"]["tok2vec"]["window_size"] == 1
    assert filled["components"]["tagger"]["label_smoothing"] == 0.0
    assert filled["training"]["optimizer"]["@optimizers"] == "Adam.v1"
    assert engine.build(filled).names == ["tagger"]
    assert fill_config(filled) == filled


def test_config_survives_writing_and_reading(tmp_path: Path) -> None:
    """A filled config written to a file is read back as it was."""
    filled = fill_config(parse_config(TEXT))
    filled.to_disk(tmp_path / "config.cfg", interpolate=False)
    assert read_config(tmp_path / "config.cfg") == filled


DOLLARS = """[paths]
at = "x"

[said]
price = "a$$b"
bare = c$d
listed = ["$$1", "${paths.at}$$2", "e$$$$f"]
joined = "${paths.at}$$b"
"""


def test_a_dollar_is_written_as_two_and_read_as_one() -> None:
    """Configs that are saved again and again stay as they are, and mean the same before and after."""
    config = parse_config(DOLLARS)
    meant = {"price": "a$b", "bare": "c$d", "listed": ["$1", "x$2", "e$$f"], "joined": "x$b"}
    assert interpolate_config(config)["said"] == meant
    written = config.to_str(interpolate=False)
    assert interpolate_config(parse_config(written))["said"] == meant
    assert parse_config(written).to_str(interpolate=False) == written
    assert parse_config(interpolate_config(config).to_str())["said"] == meant


@pytest.mark.parametrize("key", ["batch_size", "tokenizer"])
def test_missing_value_of_a_section_is_named(key: str) -> None:
    """Nothing is filled in silently: a value that a section leaves out is an error with its path."""
    filled = fill_config(parse_config(TEXT))
    del filled["nlp"][key]
    with pytest.raises(ConfigError, match=f"nlp -> {key}: missing"):
        engine.build(filled)


def test_missing_argument_of_a_component_is_named() -> None:
    """A component's setting that is left out is an error with its path."""
    filled = fill_config(parse_config(TEXT))
    del filled["components"]["tagger"]["overwrite"]
    with pytest.raises(ConfigError, match="components -> tagger -> overwrite: missing"):
        engine.build(filled)


def test_unexpected_argument_lists_those_that_exist() -> None:
    """A wrong key names the function's arguments."""
    block = {"@misc": "test_config_span.v1", "start": 1, "end": 2, "lable": "x"}
    with pytest.raises(ConfigError, match=r"here -> lable: unexpected argument.*there are: end, name, start"):
        resolve(Config({"here": block}))


def test_wrong_type_shows_what_was_expected_and_what_came() -> None:
    """A wrong type is an error with path, expected type and value."""
    block = {"@misc": "test_config_span.v1", "start": "one", "end": 2}
    with pytest.raises(ConfigError, match=r"deep -> here -> start: .*expected int, got 'one'"):
        resolve(Config({"deep": {"here": block}}))


def test_wrong_type_within_a_section_is_refused() -> None:
    """Plain values of fixed sections are checked too."""
    filled = fill_config(parse_config(TEXT, {"nlp.batch_size": "many"}))
    with pytest.raises(ConfigError, match="nlp -> batch_size"):
        engine.build(filled)


def test_unknown_function_suggests_close_names() -> None:
    """A misspelt name suggests what was meant and lists what exists."""
    with pytest.raises(ConfigError, match=r"here -> @architectures.*did you mean.*spacy.Tok2Vec.v2"):
        resolve(Config({"here": {"@architectures": "spacy.Tok2vec.v2"}}))


def test_unknown_namespace_and_two_at_keys_are_refused() -> None:
    """A block names one function of one known namespace."""
    with pytest.raises(ConfigError, match="namespace"):
        resolve(Config({"here": {"@magic": "x"}}))
    with pytest.raises(ConfigError, match="one @ key"):
        resolve(Config({"here": {"@misc": "a", "@layers": "b"}}))


def test_unknown_factory_lists_those_that_exist() -> None:
    """A misspelt component kind lists the kinds."""
    with pytest.raises(ConfigError, match=r"components -> tagger -> factory.*tagger, textcat"):
        engine.build(fill_config(parse_config(TEXT.replace('factory = "tagger"', 'factory = "tager"'))))


def test_component_without_a_section_is_named() -> None:
    """A name in the pipeline without its section is an error that lists the sections."""
    with pytest.raises(ConfigError, match=r"components -> ner.*there are: tagger"):
        engine.build(fill_config(parse_config(TEXT, {"nlp.pipeline": ["ner"]})))


def test_positional_arguments_are_resolved_in_order() -> None:
    """Entries of `*` are positional arguments."""
    block = {"@misc": "test_config_span.v1", "*": {"a": 4, "b": 7}}
    assert resolve(Config({"here": block}))["here"] == (4, 7, "span")


def test_resolving_a_missing_section_lists_those_that_exist() -> None:
    """A section that a setting names must exist."""
    with pytest.raises(ConfigError, match="corpora -> dev: expected this section; there are: train"):
        resolve(Config({"corpora": {"train": {}}}), "corpora.dev")


@pytest.mark.skipif(sys.version_info < (3, 14), reason="there the function cannot be defined")
def test_an_annotation_may_name_what_is_imported_for_type_checkers_only(tmp_path: Path) -> None:
    """Since Python 3.14 such a function is defined without an error; it is called and its defaults are
    written."""
    code = tmp_path / "late.py"
    code.write_text("def configure(size: NotHere = 3, *, more: NotHere = 4): return size + more\n")
    registry.misc("test_late.v1")(runpy.run_path(str(code))["configure"])
    assert resolve({"made": {"@misc": "test_late.v1", "size": 5}})["made"] == 9


def test_file_that_is_missing_or_no_config_is_refused(tmp_path: Path) -> None:
    """What cannot be read says so."""
    with pytest.raises(ConfigError, match="not a file"):
        read_config(tmp_path / "none.cfg")
    (tmp_path / "bad.cfg").write_text("[a\nx = {")
    with pytest.raises(ConfigError, match="expected a config"):
        read_config(tmp_path / "bad.cfg")


def test_a_byte_order_mark_is_no_part_of_a_config(tmp_path: Path) -> None:
    """Editors on Windows write one at the start of files."""
    file = tmp_path / "a.cfg"
    file.write_text('[nlp]\nlang = "en"\n', encoding="utf-8-sig")
    assert read_config(file)["nlp"] == {"lang": "en"}


def test_a_section_in_place_of_a_value_is_told_by_its_keys() -> None:
    """Whose function was forgotten: no dump of what stands in it."""
    with pytest.raises(ConfigError, match=r"model: expected .*got a section with tok2vec, nO") as told:
        check_type({"tok2vec": object(), "nO": None}, str, ("model",))
    assert "object at 0x" not in str(told.value)


def test_what_a_section_was_made_into_is_told_by_its_kind() -> None:
    """A model where a number belongs, alone or in a list; what was written is shown as it was."""
    for value in (object(), [object()]):
        with pytest.raises(ConfigError, match=r"width: expected int.*, got a (object|list)") as told:
            check_type(value, int, ("width",))
        assert "object at 0x" not in str(told.value)
    with pytest.raises(ConfigError, match=r"got \['a', 1\]"):
        check_type(["a", 1], list[int], ("width",))
