# SPDX-License-Identifier: Apache-2.0
"""Static vectors, as the documentation writes them."""

from __future__ import annotations

import doctest
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import engine
from engine import Lexeme
from engine.vectors import BaseVectors, Vectors
from engine.vocab.strings import string_ids

from .rows import row
from .shell import PATHS, SHORT, TAGGER, Shell, partial_config

ROWS = "town 1 0 0\ncity 0.9 0.1 0\ndog 0 1 0\ncat 0 0.9 0.2\nAda 0.5 0 0.5\n"
FLORET = "3 4 2 3 2 2166136261 < >\n0 1 2 3 4\n1 4 5 6 7\n2 0 1 0 1\n"

EMBED = """
[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy.Tok2Vec.v2"

[components.tok2vec.model.embed]
{embed}

[components.tok2vec.model.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 16
depth = 1
window_size = 1
maxout_pieces = 2
"""
MULTI_HASH = """@architectures = "spacy.MultiHashEmbed.v2"
width = 16
attrs = ["LOWER","PREFIX","SUFFIX","SHAPE"]
rows = [5000,2500,2500,2500]
include_static_vectors = true"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line with a little corpus and files of vectors."""
    made = Shell(tmp_path, monkeypatch)
    made.write("vectors.txt", "5 3\n" + ROWS)
    made.write("vectors.floret", FLORET)
    return made


@pytest.fixture(scope="module")
def nlp(tmp_path_factory: pytest.TempPathFactory) -> engine.Pipeline:
    """A pipeline with vectors of five words."""
    made = engine.blank("en")
    for line in ROWS.splitlines():
        word, *numbers = line.split()
        made.vocab.set_vector(word, np.array(numbers, dtype=np.float32))
    return made


def saved_by_spacy(folder: Path) -> Path:
    """What `spacy init vectors` writes, byte for byte in the parts that are read."""
    vocab = folder / "vocab"
    vocab.mkdir(parents=True)
    words = [line.split()[0] for line in ROWS.splitlines()]
    data = np.array([line.split()[1:] for line in ROWS.splitlines()], dtype=np.float32)
    np.save(folder / "v.npy", data)
    (folder / "v.npy").rename(vocab / "vectors")
    import msgpack

    keys = string_ids(words).tolist()
    (vocab / "key2row").write_bytes(msgpack.packb(dict(zip(keys, range(len(words)), strict=True))))
    (vocab / "vectors.cfg").write_text('{\n  "mode":"default"\n}')
    (vocab / "strings.json").write_text(json.dumps(sorted(words)))
    (vocab / "lookups.bin").write_bytes(b"\x80")
    (folder / "config.cfg").write_text('[nlp]\nlang = "en"\npipeline = []\n')
    meta = {"lang": "en", "name": "pipeline", "vectors": {"width": 3, "name": "en_pipeline.vectors"}}
    (folder / "meta.json").write_text(json.dumps(meta))
    rules: dict[str, Any] = dict.fromkeys(
        ("prefix_search", "suffix_search", "infix_finditer", "token_match", "url_match")
    )
    (folder / "tokenizer").write_bytes(msgpack.packb({**rules, "exceptions": {}, "faster_heuristics": True}))
    return folder


@row("C01.01", "C01.02", "C01.03", "C01.04")
def test_texts_and_words_are_alike_by_their_vectors(nlp: engine.Pipeline) -> None:
    """Documents, spans, tokens and lexemes, each with each."""
    doc1, doc2 = nlp("town dog"), nlp("city cat")
    for one, other in ((doc1, doc2), (doc1[0:2], doc2), (doc1[0], doc2[0]), (doc1[0:1], doc2[0:1])):
        assert 0.9 < one.similarity(other) < 1
    assert nlp.vocab["town"].similarity(nlp.vocab["city"]) == pytest.approx(0.9939, abs=1e-4)
    assert nlp.vocab["town"].similarity(doc2[0]) == doc1[0].similarity(nlp.vocab["city"])
    assert doc1.similarity(nlp("town dog")) == nlp("Xyz").similarity(nlp("Xyz")) == 1


def test_likeness_without_vectors_warns() -> None:
    """Of a word that has none, and of a pipeline that has none."""
    blank = engine.blank("en")
    with pytest.warns(UserWarning, match="has no vector"), pytest.warns(UserWarning, match="no word vectors"):
        assert blank("a b").similarity(blank("c d")) == 0
    blank.vocab.set_vector("a", np.ones(2))
    with pytest.warns(UserWarning, match="one of the two has no vector"):
        assert blank("a").similarity(blank("b")) == 0


@row("C01.05", "C01.06", "C01.07", "C01.08", "C01.12")
def test_vectors_of_texts_and_words(nlp: engine.Pipeline) -> None:
    """The mean of those of their tokens, zeros where a word has none."""
    doc = nlp("The town and dog")
    assert doc.vector.tolist() == pytest.approx([0.25, 0.25, 0])
    assert (
        doc[1:2].vector.tolist() == doc[1].vector.tolist() == nlp.vocab["town"].vector.tolist() == [1, 0, 0]
    )
    assert (doc.has_vector, doc[0].has_vector, doc[1].has_vector, doc[1:2].has_vector) == (
        *(True, False),
        *(True, True),
    )
    assert (doc[0].is_oov, doc[1].is_oov, doc[1].rank, nlp.vocab["cat"].has_vector) == (True, False, 0, True)
    assert doc[1].vector_norm == 1
    assert doc.vector_norm == pytest.approx(np.sqrt(0.125))
    assert nlp("").vector.tolist() == doc[0].vector.tolist() == [0, 0, 0]
    assert not nlp("Xyz").has_vector
    assert doc.to_array(["ID"])[1] == 0


def test_without_static_vectors_the_shared_ones_are_the_documents() -> None:
    """The mean of `doc.tensor`."""
    doc = engine.blank("en")("a b")
    assert (doc.has_vector, doc.vector.shape, doc[0].has_vector) == (False, (0,), False)
    doc.tensor = np.array([[1, 2], [3, 4]], dtype=np.float32)
    assert (doc.vector.tolist(), doc[1].vector.tolist(), doc[0:1].vector.tolist()) == (
        *([2, 3], [3, 4]),
        [1, 2],
    )
    assert doc.has_vector
    assert doc[0].has_vector


@row("C01.09", "C01.10")
def test_a_vocabulary_has_vectors_and_takes_them() -> None:
    """Set, asked for, pruned, dropped."""
    vocab = engine.Vocab()
    assert (vocab.vectors.shape, vocab.vectors_length, vocab.has_vector("apple")) == ((0, 0), 0, False)
    vocab.set_vector("apple", np.array([1, 0, 0], dtype=np.float32))
    vocab.set_vector("orange", [0, 1, 0])
    vocab["pear"].vector = np.array([0.9, 0.1, 0])
    assert (vocab.vectors_length, vocab.vectors.n_keys, vocab.has_vector("apple")) == (3, 3, True)
    assert vocab.has_vector(vocab.strings["orange"])
    assert vocab.get_vector("apple").tolist() == [1, 0, 0]
    assert vocab.get_vector("none").tolist() == [0, 0, 0]
    removed = vocab.prune_vectors(2)
    assert removed == {"pear": ("apple", pytest.approx(0.9939, abs=1e-4))}
    assert vocab.vectors.shape == (2, 3)
    assert vocab.get_vector("pear").tolist() == [1, 0, 0]
    vocab.reset_vectors(width=5)
    assert (vocab.vectors_length, vocab.has_vector("apple")) == (5, False)
    vocab.reset_vectors(shape=(4, 2))
    assert vocab.vectors.shape == (4, 2)


def test_pruning_goes_by_probability_and_equal_vectors_share_a_row() -> None:
    """The likeliest words keep theirs."""
    vocab = engine.Vocab()
    for word, vector in {"rare": [1.0, 0], "often": [0, 1.0], "same": [0, 1.0]}.items():
        vocab.set_vector(word, vector)
    vocab["often"].prob = -1.0
    vocab.deduplicate_vectors()
    assert vocab.vectors.shape == (2, 2)
    assert list(vocab.prune_vectors(1)) == ["rare", "same"]
    assert vocab.get_vector("rare").tolist() == [0, 1]


@row("C01.11")
def test_the_most_similar_words(nlp: engine.Pipeline) -> None:
    """As the documentation asks: keys, rows, scores."""
    queries = np.asarray([nlp.vocab["town"].vector])
    keys, best_rows, scores = nlp.vocab.vectors.most_similar(queries, n=2)
    assert [nlp.vocab.strings[key] for key in keys[0]] == ["town", "city"]
    assert best_rows.tolist() == [[0, 1]]
    assert scores[0].tolist() == pytest.approx([1, 0.9939])


@row("C02", "C03", "C04")
def test_init_vectors_makes_a_pipeline_of_vectors(shell: Shell) -> None:
    """Of word2vec text, pruned, cut, named, by lower case, as floret; by the name of 2020, too."""
    shell.good("init", "vectors", "en", "vectors.txt", "out")
    nlp = engine.load("out")
    assert (nlp.vocab.vectors.shape, nlp.vocab.vectors.name) == ((5, 3), "en_pipeline.vectors")
    assert nlp.meta["vectors"] == {
        **{"width": 3, "vectors": 5, "keys": 5},
        **{"name": "en_pipeline.vectors", "mode": "default"},
    }
    assert [nlp.vocab.strings[key] for key in nlp.vocab.vectors] == ["town", "city", "dog", "cat", "Ada"]
    options = ("--truncate", 4, "--prune", 2, "--name", "my.vectors", "--attr", "LOWER", "--verbose")
    shell.good("init", "vectors", "en", "vectors.txt", "small", *options)
    small = engine.load("small")
    assert (small.vocab.vectors.shape, small.vocab.vectors.n_keys) == ((2, 3), 4)
    assert small.vocab.vectors.name == "my.vectors"
    assert small("TOWN")[0].vector.tolist() == small.vocab.get_vector("Town").tolist() == [1, 0, 0]
    shell.good("init", "vectors", "en", "vectors.floret", "floret", "--mode", "floret")
    assert engine.load("floret")("anything")[0].has_vector
    shell.good("init", "vocab", "en", "old", "--vectors-loc", "vectors.txt", "--prune-vectors", 3)
    assert engine.load("old").vocab.vectors.shape == (3, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("vectors.txt", "out", "--mode", "odd"), "a mode among default, floret"),
        (("vectors.floret", "out", "--mode", "floret", "--truncate", 2), "--truncate"),
        (("vectors.txt", "out", "--attr", "SHAPE"), "an attribute among ORTH"),
        (("vectors.txt", "out", "--prune", 0), "--prune"),
        (("vectors.txt", "out", "--mode", "floret"), "first line of a floret file"),
        (("none.txt", "out"), "does not exist"),
    ],
)
def test_init_vectors_says_what_does_not_fit(shell: Shell, options: tuple[Any, ...], message: str) -> None:
    """Before anything is written."""
    result = shell("init", "vectors", "en", *options)
    assert result.exit_code != 0
    assert message in result.stderr
    assert not Path("out").exists()


def _train(shell: Shell, embed: str, *more: str, vectors: str = "out") -> engine.Pipeline:
    text = partial_config(more=EMBED.format(embed=embed) + TAGGER)
    shell.write("c.cfg", text.replace("pipeline = []", 'pipeline = ["tok2vec","tagger"]'))
    options = ("--initialize.vectors", vectors) if vectors else ()
    shell.good("train", "c.cfg", "-o", "model", *PATHS, *SHORT, *options, *more)
    return engine.load("model")


@row("C05", "C07")
def test_a_folder_that_spacy_wrote_gives_vectors_for_training(shell: Shell) -> None:
    """`[initialize] vectors`, with the excerpt that has include_static_vectors."""
    saved_by_spacy(shell.folder / "spvec")
    assert engine.load("spvec").vocab.vectors.name == "en_pipeline.vectors"
    nlp = _train(shell, MULTI_HASH, vectors="spvec")
    assert nlp.vocab.get_vector("town").tolist() == [1, 0, 0]
    node = next(each for each in nlp.get_pipe("tok2vec").model.walk() if each.name == "static_vectors")
    assert node.get_param("W").shape == (16, 3)


@row("C15")
def test_vectors_of_an_installed_package(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name, which is not imported."""
    package = shell.folder / "en_my_vectors"
    saved_by_spacy(package / "en_my_vectors-1.0.0")
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "meta.json").write_text("{}")
    monkeypatch.syspath_prepend(str(shell.folder))
    assert _train(shell, MULTI_HASH, vectors="en_my_vectors").vocab.vectors.shape == (5, 3)


def test_a_pipeline_without_vectors_is_no_source_of_them(shell: Shell) -> None:
    """And a place where nothing is, neither."""
    engine.blank("en").to_disk("none")
    config = partial_config(more=EMBED.format(embed=MULTI_HASH))
    shell.write("c.cfg", config.replace("pipeline = []", 'pipeline = ["tok2vec"]'))
    for vectors in ("none", "nowhere"):
        result = shell("train", "c.cfg", *PATHS, "--initialize.vectors", vectors)
        assert result.exit_code != 0
        assert vectors in result.stderr


EMBEDDINGS = """
from thinc.api import add, chain, Embed, Model
from thinc.types import Floats2d
from engine import Batch, registry
from engine.ml.staticvectors import StaticVectors
from engine.ml.featureextractor import FeatureExtractor


@registry.architectures("my_example.MyEmbedding.v1")
def MyEmbedding(output_width: int) -> Model:
    return StaticVectors(nO=output_width)


def known_rows(key2row):
    def forward(model, ids, is_train):
        rows = [key2row.get(int(key), 0) for key in ids[:, 0]]
        return model.ops.asarray1i(rows), lambda d_rows: []

    return Model("known_rows", forward)


@registry.architectures("my_example.MyCustomVectors.v1")
def MyCustomVectors(output_width: int, embed_rows: int) -> Model[Batch, Floats2d]:
    return add(
        StaticVectors(nO=output_width),
        chain(
            FeatureExtractor(["ORTH"]),
            known_rows({1298872901568251561: 1}),
            Embed(nO=output_width, nV=embed_rows),
        ),
    )
"""


@pytest.mark.parametrize(
    "block",
    [
        pytest.param('@architectures = "my_example.MyEmbedding.v1"\noutput_width = 16', marks=row("C08")),
        pytest.param(
            '@architectures = "my_example.MyCustomVectors.v1"\noutput_width = 16\nembed_rows = 10',
            marks=row("C09"),
        ),
    ],
)
def test_own_embeddings_of_static_vectors_train(shell: Shell, block: str) -> None:
    """By `--code`."""
    shell.good("init", "vectors", "en", "vectors.txt", "out")
    shell.write("code.py", EMBEDDINGS)
    text = partial_config(more=EMBED.format(embed=block) + TAGGER)
    shell.write("c.cfg", text.replace("pipeline = []", 'pipeline = ["tok2vec","tagger"]'))
    options = ("--initialize.vectors", "out", "--code", "code.py")
    shell.good("train", "c.cfg", "-o", "model", *PATHS, *SHORT, *options)
    assert engine.load("model")("Ada met Grace.").tags


class _BPEmb(ModuleType):
    """A stand-in for the package of that name: pieces of two characters."""

    class BPEmb:
        def __init__(self, **settings: Any) -> None:
            self.settings = settings
            self.vectors = np.random.default_rng(0).normal(size=(100, settings["dim"])).astype("float32")
            self.emb = type("Emb", (), {"vectors": self.vectors})()

        def encode_ids(self, texts: list[str]) -> list[list[int]]:
            return [[hash_of(text[i : i + 2]) for i in range(0, max(len(text), 1), 2)] for text in texts]


def hash_of(piece: str) -> int:
    """A number below 100."""
    return sum(map(ord, piece)) % 100


SUBWORDS = """
import warnings
from pathlib import Path
from typing import Callable, List, Optional, cast

import numpy
from bpemb import BPEmb
from thinc.api import Ops, get_current_ops
from thinc.types import Floats2d
from engine.util import registry
from engine.strings import StringStore
from engine.vectors import BaseVectors
from engine.vocab import Vocab


class BPEmbVectors(BaseVectors):
    def __init__(
        self,
        *,
        strings: Optional[str] = None,
        lang: Optional[str] = None,
        vs: Optional[int] = None,
        dim: Optional[int] = None,
        cache_dir: Optional[Path] = None,
        encode_extra_options: Optional[str] = None,
        model_file: Optional[Path] = None,
        emb_file: Optional[Path] = None,
    ):
        kwargs = {}
        if lang is not None:
            kwargs["lang"] = lang
        if vs is not None:
            kwargs["vs"] = vs
        if dim is not None:
            kwargs["dim"] = dim
        if cache_dir is not None:
            kwargs["cache_dir"] = cache_dir
        self.bpemb = BPEmb(**kwargs)
        self.strings = strings
        self.name = repr(self.bpemb)
        self.n_keys = -1
        self.mode = "BPEmb"
        self.to_ops(get_current_ops())

    def __contains__(self, key):
        return True

    def is_full(self):
        return True

    def add(self, key, *, vector=None, row=None):
        warnings.warn("Skipping BPEmbVectors.add: the bpemb vector table cannot be modified.")
        return -1

    def __getitem__(self, key):
        return self.get_batch([key])[0]

    def get_batch(self, keys):
        keys = [self.strings.as_string(key) for key in keys]
        bp_ids = self.bpemb.encode_ids(keys)
        ops = get_current_ops()
        indices = ops.asarray(ops.xp.hstack(bp_ids), dtype="int32")
        lengths = ops.asarray([len(x) for x in bp_ids], dtype="int32")
        vecs = ops.reduce_mean(cast(Floats2d, self.bpemb.vectors[indices]), lengths)
        return vecs

    @property
    def shape(self):
        return self.bpemb.vectors.shape

    def __len__(self):
        return self.shape[0]

    @property
    def vectors_length(self):
        return self.shape[1]

    @property
    def size(self):
        return self.bpemb.vectors.size

    def to_ops(self, ops: Ops):
        self.bpemb.vectors = ops.asarray(self.bpemb.emb.vectors)


@registry.vectors("BPEmbVectors.v1")
def create_bpemb_vectors(
    lang: Optional[str] = "multi",
    vs: Optional[int] = None,
    dim: Optional[int] = None,
    cache_dir: Optional[Path] = None,
    encode_extra_options: Optional[str] = None,
    model_file: Optional[Path] = None,
    emb_file: Optional[Path] = None,
) -> Callable[[Vocab], BPEmbVectors]:
    def bpemb_vectors_factory(vocab: Vocab) -> BPEmbVectors:
        return BPEmbVectors(strings=vocab.strings, lang=lang, vs=vs, dim=dim)

    return bpemb_vectors_factory
"""


@pytest.fixture
def subwords(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The documentation's class of vectors of pieces, in a file."""
    monkeypatch.setitem(sys.modules, "bpemb", _BPEmb("bpemb"))
    shell.write("code.py", SUBWORDS)
    return shell


@row("C10", "C12")
def test_a_class_of_vectors_of_ones_own(subwords: Shell) -> None:
    """`blank` with a config, as printed; documents have vectors of it."""
    engine.util.import_file("python_code", Path("code.py"))
    nlp = engine.blank("en", config={"nlp.vectors": {"@vectors": "BPEmbVectors.v1", "lang": "en", "dim": 8}})
    own = nlp.vocab.vectors
    assert isinstance(own, BaseVectors)
    assert (own.mode, own.n_keys, nlp.vocab.vectors_length) == ("BPEmb", -1, 8)
    doc = nlp("Freshet runs.")
    assert doc.has_vector
    assert np.allclose(doc.vector, own.get_batch(["Freshet", "runs", "."]).mean(axis=0), atol=1e-6)
    assert np.allclose(doc[0].vector, own["Freshet"])
    assert 0 < doc.similarity(nlp("Freshets run.")) < 1
    assert nlp.vocab["Freshet"].has_vector
    with pytest.warns(UserWarning, match="cannot be modified"):
        nlp.vocab.set_vector("x", np.zeros(8))


@row("C11")
def test_a_config_with_vectors_of_ones_own_trains(subwords: Shell) -> None:
    """`[nlp.vectors]`: the class feeds the layer, in training and after loading."""
    text = partial_config(more=EMBED.format(embed=MULTI_HASH) + TAGGER)
    block = '\n[nlp.vectors]\n@vectors = "BPEmbVectors.v1"\nlang = "en"\ndim = 8\n'
    text = text.replace("pipeline = []", 'pipeline = ["tok2vec","tagger"]\n' + block)
    subwords.write("c.cfg", text)
    subwords.good("train", "c.cfg", "-o", "model", *PATHS, *SHORT, "--code", "code.py")
    nlp = engine.load("model")
    assert nlp.vocab.vectors_length == 8
    assert nlp("Ada met Grace.").tags


@row("C13", "C14")
@pytest.mark.parametrize("kind", ["static", "floret"])
def test_vectors_that_spacy_saved_feed_the_layer(kind: str) -> None:
    """The same annotations as spaCy wrote beside each pipeline."""
    golden = Path(__file__).parents[1] / "engine" / "spacy_files" / "golden" / kind
    nlp = engine.load(golden)
    assert nlp.vocab.vectors.mode == ("floret" if kind == "floret" else "default")
    for line in (golden / "expected.jsonl").read_text(encoding="utf8").splitlines():
        wanted = json.loads(line)
        assert nlp(wanted["text"]).to_json()["tokens"] == wanted["tokens"]


def test_changed_vectors_change_what_is_predicted() -> None:
    """What was computed from a word's vector is computed anew."""
    golden = Path(__file__).parents[1] / "engine" / "spacy_files" / "golden" / "static"
    nlp = engine.load(golden)
    before = nlp("The fox").tensor.copy()
    nlp.vocab.set_vector("fox", np.full(nlp.vocab.vectors_length, 3.0))
    after = nlp("The fox").tensor
    assert not np.allclose(before, after)
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, shape=nlp.vocab.vectors.shape)
    assert not np.allclose(after, nlp("The fox").tensor)


def test_sourced_components_bring_their_vectors(tmp_path: Path) -> None:
    """By `add_pipe(source=)` and by `source` of a config; other vectors of the pipeline are warned of."""
    golden = Path(__file__).parents[1] / "engine" / "spacy_files" / "golden" / "static"
    source = engine.load(golden)
    (name,) = [each for each in source.names if each == "tok2vec"]
    nlp = engine.blank("en")
    nlp.add_pipe(name, source=source)
    assert nlp.vocab.vectors.shape == source.vocab.vectors.shape
    assert np.allclose(nlp("The fox").tensor, source("The fox").tensor, atol=1e-5)
    sections = {
        "nlp": {"lang": "en", "pipeline": [name]},
        "components": {name: {"source": str(golden)}},
    }
    made = engine.build(engine.fill_config(engine.Config(sections)))
    assert made.vocab.vectors.shape == source.vocab.vectors.shape
    other = engine.blank("en")
    other.vocab.set_vector("x", np.zeros(source.vocab.vectors_length))
    with pytest.warns(UserWarning, match="trained with other vectors"):
        other.add_pipe(name, source=source)
    narrow = engine.blank("en")
    narrow.vocab.set_vector("x", np.zeros(2))
    with pytest.raises(engine.ConfigError, match="numbers"):
        narrow.add_pipe(name, source=source)


def test_the_page_of_vectors_is_true() -> None:
    """The examples of docs/vectors.md give what they show."""
    page = Path(__file__).parents[2] / "docs" / "vectors.md"
    results = doctest.testfile(str(page), module_relative=False)
    assert (results.failed, results.attempted > 6) == (0, True)


def test_static_vectors_by_another_attribute_and_with_another_start() -> None:
    """`StaticVectors(init_W=, key_attr=)`."""
    from thinc.api import zero_init

    from engine.layers import StaticVectors

    nlp = engine.blank("en")
    nlp.vocab.set_vector("town", [1.0, 2.0])
    batch = nlp("TOWN Town town").batch
    for attr, wanted in (("ORTH", 1), ("LOWER", 3), (66, 3)):
        layer = StaticVectors(nO=3, key_attr=attr)
        layer.initialize(batch)
        assert int(layer.predict(batch).any(axis=1).sum()) == wanted
    zeros = StaticVectors(nO=3, init_W=zero_init)
    zeros.initialize(batch)
    assert not zeros.get_param("W").any()


def test_a_pipeline_of_vectors_is_the_same_after_saving(tmp_path: Path, nlp: engine.Pipeline) -> None:
    """On disk, as bytes, and its vocabulary alone, which spaCy's layout gives, too."""
    nlp.to_disk(tmp_path / "p")
    nlp.vocab.to_disk(tmp_path / "v")
    loaded = (
        engine.load(tmp_path / "p").vocab,
        engine.blank("en").from_bytes(nlp.to_bytes()).vocab,
        engine.Vocab().from_disk(tmp_path / "v"),
        engine.Vocab().from_bytes(nlp.vocab.to_bytes()),
        engine.Vocab().from_disk(saved_by_spacy(tmp_path / "s") / "vocab"),
    )
    for vocab in loaded:
        assert isinstance(vocab["town"], Lexeme)
        assert vocab.get_vector("cat").tolist() == pytest.approx([0, 0.9, 0.2])
        assert "cat" in [vocab.strings[key] for key in vocab.vectors]
