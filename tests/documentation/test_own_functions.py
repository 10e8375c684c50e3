# SPDX-License-Identifier: Apache-2.0
"""Registered functions of one's own, as the training pages print them."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from confection import Config
from pydantic import StrictBool

import engine
from engine import Doc, Example, Language
from engine.cli.train import pipeline_to_train, train_into
from engine.util import compile_suffix_regex
from tests.documentation.rows import row

INFO = ("epoch", "step", "score", "other_scores", "losses", "checkpoints")

TEXTS = [("Ada met Grace.", ["NNP", "VBD", "NNP", "."]), ("Rain fell-", ["NN", "VBD", ":"])]


@engine.registry.readers("test_functions.corpus.v1")
def stream_data(source: str) -> Callable[[Language], Iterator[Example]]:
    """A reader as printed: `nlp.make_doc`, `Example.from_dict`."""

    def generate_stream(nlp: Language) -> Iterator[Example]:
        for text, tags in TEXTS * 4:
            doc = nlp.make_doc(text)
            words = len(doc)
            yield Example.from_dict(doc, {"tags": tags if words == len(tags) else ["NN"] * words})

    return generate_stream


def trained(changes: str = "", output: Path | None = None) -> tuple[Language, str]:
    """A small tagger, trained as the command trains it, and what it printed."""
    config = Config().from_str(CONFIG + changes, interpolate=False)
    nlp = pipeline_to_train(config)
    out = io.StringIO()
    train_into(nlp, output, stdout=out, stderr=io.StringIO())
    return nlp, out.getvalue()


CONFIG = """
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
width = 8
depth = 1
embed_size = 50
window_size = 1
maxout_pieces = 2
subword_features = false
[corpora]
[corpora.train]
@readers = "test_functions.corpus.v1"
source = "s3://nowhere"
[corpora.dev]
@readers = "test_functions.corpus.v1"
source = "s3://nowhere"
[training]
max_steps = 4
eval_frequency = 2
"""


@row("H17")
def test_a_reader_makes_documents_and_examples() -> None:
    """`corpus_variants.v1` as printed trains a pipeline."""
    nlp, printed = trained()
    assert "TAG_ACC" in printed
    assert set(nlp.get_pipe("tagger").labels) == {"NNP", "VBD", ".", "NN", ":"}


@row("H02", "H03")
def test_a_callback_changes_the_language_before_it_is_made() -> None:
    """Suffixes and stop words of `lang_cls.Defaults`."""

    @engine.registry.callbacks("test_functions.before.v1")
    def create_callback(extra_stop_words: list[str], debug: StrictBool) -> Callable[[Any], Any]:
        def customize_language_data(lang_cls: Any) -> Any:
            lang_cls.Defaults.suffixes = lang_cls.Defaults.suffixes + (r"-+$",)  # noqa: RUF005  # as printed
            lang_cls.Defaults.stop_words.update(extra_stop_words)
            return lang_cls

        return customize_language_data

    block = {
        "@callbacks": "test_functions.before.v1",
        "extra_stop_words": ["flubber"],
        "debug": True,
    }
    defaults = engine.util.get_lang_class("sv").Defaults
    suffixes, words = defaults.suffixes, set(defaults.stop_words)
    try:
        nlp = engine.blank("sv", config={"nlp": {"before_creation": block}})
        assert [token.text for token in nlp("Hallo-- flubber")] == ["Hallo", "--", "flubber"]
        assert [token.is_stop for token in nlp("Hallo-- flubber")] == [False, False, True]
    finally:
        defaults.suffixes, defaults.stop_words = suffixes, words


@row("H05", "H06", "G06")
def test_callbacks_change_tokenizer_and_components_after_they_are_made() -> None:
    """`add_special_case` and `pipe_names`, `get_pipe` in callbacks."""
    seen: list[Any] = []

    @engine.registry.callbacks("test_functions.after.v1")
    def create_callback() -> Callable[[Language], Language]:
        def change(nlp: Language) -> Language:
            nlp.tokenizer.add_special_case("gimme", [{"ORTH": "gim"}, {"ORTH": "me"}])  # type: ignore[attr-defined]
            seen.append(list(nlp.pipe_names))
            return nlp

        return change

    Language.factory("functions_custom", default_config={"your_custom_setting": False}, func=_custom)
    block = {"@callbacks": "test_functions.after.v1"}
    config = {
        "nlp": {"pipeline": ["custom"], "after_creation": block, "after_pipeline_creation": block},
        "components": {"custom": {"factory": "functions_custom", "your_custom_setting": True}},
    }
    nlp = engine.blank("en", config=config)
    assert seen == [[], ["custom"]]
    doc = nlp("gimme that")
    assert [token.text for token in doc] == ["gim", "me", "that"]
    assert doc.cats == {"custom": 1.0}


def _custom(nlp: Language, name: str, your_custom_setting: bool) -> Callable[[Doc], Doc]:
    def annotate(doc: Doc) -> Doc:
        doc.cats = {name: float(your_custom_setting)}
        return doc

    return annotate


@row("H07", "H08")
def test_a_callback_customizes_the_tokenizer_before_initialization() -> None:
    """`customize_tokenizer` as printed: suffixes by `compile_suffix_regex`, a special case."""

    @engine.registry.callbacks("test_functions.customize_tokenizer")
    def make_customize_tokenizer() -> Callable[[Language], None]:
        def customize_tokenizer(nlp: Any) -> None:
            suffixes = list(nlp.Defaults.suffixes)
            suffixes.append(r"\+\+")
            nlp.tokenizer.suffix_search = compile_suffix_regex(suffixes).search
            nlp.tokenizer.add_special_case("_SPECIAL_", [{"ORTH": "_SPECIAL_"}])

        return customize_tokenizer

    nlp, _ = trained(
        '[initialize]\n[initialize.before_init]\n@callbacks = "test_functions.customize_tokenizer"\n'
    )
    assert [token.text for token in nlp("Well++ _SPECIAL_")] == ["Well", "++", "_SPECIAL_"]


@row("H11", "H12")
def test_a_logger_sees_the_pipeline_and_each_step() -> None:
    """`nlp.pipe_names` and the keys of `info` as printed."""
    rows: list[dict[str, Any]] = []

    @engine.registry.loggers("test_functions.logger.v1")
    def custom_logger(log_path: str) -> Any:
        def setup_logger(nlp: Language, stdout: IO[str], stderr: IO[str]) -> Any:
            assert nlp.pipe_names == ["tagger"]
            stdout.write(f"Logging to {log_path}\n")

            def log_step(info: dict[str, Any] | None) -> None:
                if info:
                    rows.append(
                        {key: info[key] for key in ("epoch", "step", "score", "other_scores", "losses")}
                    )

            def finalize() -> None:
                stdout.write("done\n")

            return log_step, finalize

        return setup_logger

    logger = '[training.logger]\n@loggers = "test_functions.logger.v1"\nlog_path = "my_file.tab"\n'
    assert trained(logger)[1] == "Logging to my_file.tab\ndone\n"
    assert [each["step"] for each in rows] == [2, 4]
    assert {"tagger"} == set(rows[0]["losses"])


@row("H14", "H19")
def test_a_schedule_and_a_batcher_of_ones_own() -> None:
    """A generator of sizes, and `filtering_batch.v1` as printed."""

    @engine.registry.schedules("test_functions.schedule.v1")
    def my_custom_schedule(start: int = 1, factor: float = 1.001) -> Iterator[float]:
        while True:
            yield start
            start = int(start * factor)

    @engine.registry.batchers("test_functions.filtering_batch.v1")
    def filter_batch(size: int) -> Callable[[Iterable[Example]], Iterator[list[Example]]]:
        def create_filtered_batches(examples: Iterable[Example]) -> Iterator[list[Example]]:
            batch = []
            for eg in examples:
                if eg.text:
                    batch.append(eg)
                    if len(batch) == size:
                        yield batch
                        batch = []

        return create_filtered_batches

    assert trained('[training.batcher]\n@batchers = "test_functions.filtering_batch.v1"\nsize = 2\n')
    assert trained(
        '[training.batcher]\n@batchers = "spacy.batch_by_words.v1"\n'
        '[training.batcher.size]\n@schedules = "test_functions.schedule.v1"\nstart = 2\nfactor = 1.5\n'
    )


@row("H18")
def test_an_endless_reader_is_read_as_far_as_it_is_learned() -> None:
    """`even_odd.v1` as printed, with `max_epochs = -1`."""

    @engine.registry.readers("test_functions.even_odd.v1")
    def create_even_odd_corpus() -> Callable[[Language], Iterable[Example]]:
        return EvenOddCorpus()

    reader = '[corpora.train]\n@readers = "test_functions.even_odd.v1"\n'
    config = CONFIG.replace(
        '[corpora.train]\n@readers = "test_functions.corpus.v1"\nsource = "s3://nowhere"\n', reader
    )
    nlp = pipeline_to_train(
        Config().from_str(config + "max_epochs = -1\n", interpolate=False), {"training.max_steps": 4}
    )
    train_into(nlp, None, stdout=io.StringIO(), stderr=io.StringIO())
    assert set(nlp.get_pipe("tagger").labels) == {"EVEN", "ODD"}


class EvenOddCorpus:
    """Numbers without end."""

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """One example a number."""
        source = random.Random(0)
        while True:
            text = str(source.randint(0, 1000))
            doc = nlp.make_doc(text)
            yield Example.from_dict(doc, {"tags": [["EVEN", "ODD"][int(text) % 2]]})


@row("H28")
def test_callbacks_before_updates_and_before_saving(tmp_path: Path) -> None:
    """They get the pipeline as it is then."""
    steps: list[dict[str, int]] = []

    @engine.registry.callbacks("test_functions.before_update.v1")
    def create_before_update() -> Callable[[Language, dict[str, Any]], None]:
        return lambda nlp, args: steps.append(args)

    @engine.registry.callbacks("test_functions.before_to_disk.v1")
    def create_before_to_disk() -> Callable[[Language], Language]:
        def before_to_disk(nlp: Language) -> Language:
            nlp.meta["description"] = "by a callback"
            return nlp

        return before_to_disk

    trained(
        '[training.before_update]\n@callbacks = "test_functions.before_update.v1"\n'
        '[training.before_to_disk]\n@callbacks = "test_functions.before_to_disk.v1"\n',
        tmp_path / "out",
    )
    assert [args["step"] for args in steps] == [1, 2, 3, 4]
    assert engine.load(tmp_path / "out").meta["description"] == "by a callback"


class WhitespaceTokenizer:
    """Cuts at blanks, as printed."""

    def __init__(self, vocab: engine.Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """One document."""
        words = text.split(" ")
        return Doc(self.vocab, words=words, spaces=[True] * (len(words) - 1) + [False])


@engine.registry.tokenizers("test_functions.whitespace_tokenizer")
def create_whitespace_tokenizer() -> Callable[[Language], WhitespaceTokenizer]:
    """The maker gets the pipeline."""
    return lambda nlp: WhitespaceTokenizer(nlp.vocab)


@row("H32")
def test_a_tokenizer_of_ones_own_is_made_of_the_pipeline(tmp_path: Path) -> None:
    """By the config, or assigned; a saved pipeline makes it again."""
    config = {"nlp": {"tokenizer": {"@tokenizers": "test_functions.whitespace_tokenizer"}}}
    nlp = engine.blank("en", config=config)
    nlp.add_pipe("sentencizer")
    assert [token.text for token in nlp("Don't cut this.")] == ["Don't", "cut", "this."]
    nlp.to_disk(tmp_path)
    again = engine.load(tmp_path)
    docs = list(again.pipe(["Don't cut this.", "Nor-this one!"]))
    assert [token.text for token in docs[1]] == ["Nor-this", "one!"]
    assert docs[0].vocab is again.vocab
    assigned = engine.blank("en")
    assigned.tokenizer = WhitespaceTokenizer(assigned.vocab)
    assert [token.text for token in assigned("Don't.")] == ["Don't."]


@pytest.mark.parametrize("name", ["functions_m14"])
@row("M14")
def test_settings_of_a_component_may_be_made_by_functions(name: str) -> None:
    """`{"@misc": ...}` in the default config is called."""

    @engine.registry.misc("test_functions.acronyms.v1")
    def create_acronyms() -> dict[str, str]:
        return {"LOL": "laughing out loud"}

    @Language.factory(name, default_config={"data": {"@misc": "test_functions.acronyms.v1"}})
    def create(nlp: Language, name: str, data: dict[str, str]) -> Callable[[Doc], Doc]:
        def annotate(doc: Doc) -> Doc:
            doc.user_data["acronyms"] = [data[word] for word in doc.words if word in data]
            return doc

        return annotate

    nlp = engine.blank("en")
    nlp.add_pipe(name)
    assert nlp("LOL, really").user_data["acronyms"] == ["laughing out loud"]
