# SPDX-License-Identifier: Apache-2.0
"""`util`, `explain`, GPUs and the registry as their documentation shows them."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

import engine
from engine import Doc, Span, util
from tests.documentation.rows import row


@row("N02")
def test_items_come_in_batches_of_a_size_or_a_schedule() -> None:
    """A number, a generator, or a schedule of Thinc's."""
    assert [len(part) for part in util.minibatch(range(7), size=3)] == [3, 3, 1]
    sizes = util.compounding(1.0, 4.0, 2.0)
    assert [len(part) for part in util.minibatch(range(10), size=sizes)] == [1, 2, 4, 3]
    assert list(islice(util.compounding(4.0, 1.0, 0.5), 4)) == [4.0, 2.0, 1.0, 1.0]
    assert list(islice(util.decaying(1.0, 0.3, 1.0), 4)) == [1.0, 0.5, pytest.approx(1 / 3), 0.3]


@row("N02")
def test_longer_spans_win_over_shorter_ones() -> None:
    """Of equal ones the first; the order is that of the text."""
    doc = Doc(engine.Vocab(), words=["a", "b", "c", "d", "e"])
    spans = [Span(doc, 0, 2), Span(doc, 1, 2), Span(doc, 1, 4), Span(doc, 4, 5)]
    assert [(span.start, span.end) for span in util.filter_spans(spans)] == [(1, 4), (4, 5)]


def test_words_get_the_blanks_of_their_text() -> None:
    """White space beyond one blank is a word; words of another text are refused."""
    assert util.get_words_and_spaces(["Hi", "you", "!"], "Hi  you! ") == (
        ["Hi", " ", "you", "!"],
        [True, False, False, True],
    )
    with pytest.raises(ValueError, match="expected words that spell the text"):
        util.get_words_and_spaces(["Hi"], "Ho")


@row("K10.28")
def test_configs_and_pipelines_are_loaded_by_helpers(tmp_path: Path) -> None:
    """`load_config`, `load_model_from_config`, `load_model`, `get_lang_class`."""
    (tmp_path / "c.cfg").write_text('[nlp]\nlang = "en"\npipeline = []\n')
    config = util.load_config(tmp_path / "c.cfg", overrides={"nlp.batch_size": 5})
    nlp = util.load_model_from_config(config, auto_fill=True)
    assert nlp.batch_size == 5
    nlp.to_disk(tmp_path / "out")
    assert util.load_model(tmp_path / "out").lang == "en"
    assert util.get_lang_class("de")().lang == "de"
    with pytest.raises(engine.EngineError, match=r"got 'qq'; there are .*, de, "):
        util.get_lang_class("qq")


def test_small_helpers_do_what_they_say(tmp_path: Path) -> None:
    """Paths, dotted names, weights."""
    with util.working_dir(tmp_path) as folder:
        assert Path.cwd() == folder
    with util.make_tempdir() as folder:
        assert folder.is_dir()
    assert not folder.exists()
    assert util.ensure_path("a") == Path("a")
    assert util.dict_to_dot(util.dot_to_dict({"a.b": 1, "c": 2})) == {"a.b": 1, "c": 2}
    assert util.combine_score_weights([{"a": 1.0}, {"b": 1.0, "c": None}]) == {"a": 0.5, "b": 0.5, "c": None}
    assert util.is_package("thinc")
    assert not util.is_package("no-such-package-here")


@row("K10.30")
def test_labels_are_explained() -> None:
    """Tags, dependencies, entities; an unknown one warns."""
    assert engine.explain("NNP") == "noun, proper singular"
    assert engine.explain("nsubj") == "nominal subject"
    assert engine.explain("VERB") == "verb"
    with pytest.warns(UserWarning, match="got 'QQQ'"):
        assert engine.explain("QQQ") is None


@row("K10.29")
def test_info_says_what_is_installed() -> None:
    """As a map."""
    assert engine.info(silent=True)


def test_the_cpu_is_used_where_there_is_no_gpu() -> None:
    """`prefer_gpu` says so, `require_gpu` raises."""
    if engine.prefer_gpu():
        assert engine.require_cpu()
        pytest.skip("there is a GPU")
    assert engine.require_cpu()
    with pytest.raises(ValueError, match=r"expected (GPU 0|torch)"):
        engine.require_gpu(0)


KINDS = (
    *("architectures", "augmenters", "batchers", "callbacks", "cli", "datasets", "displacy_colors"),
    *("factories", "initializers", "languages", "layers", "lemmatizers", "loggers", "lookups", "losses"),
    *("misc", "models", "ops", "optimizers", "readers", "schedules", "scorers", "tokenizers", "vectors"),
    *("span_getters", "annotation_setters"),
)


@row(*(f"H01.{number:02d}" for number in range(1, len(KINDS) + 1)))
@pytest.mark.parametrize("kind", KINDS)
def test_functions_of_every_kind_are_registered_and_found(kind: str) -> None:
    """`@registry.KIND(name)`, then `registry.get(kind, name)`."""

    @getattr(engine.registry, kind)(f"util_{kind}.v1")
    def function() -> str:
        return kind

    function.name = f"util_{kind}"  # for "ops": Thinc asks each of them for its name
    assert engine.registry.get(kind, f"util_{kind}.v1") is function
    assert engine.registry.has(kind, f"util_{kind}.v1")
