# SPDX-License-Identifier: Apache-2.0
"""Transformers as the pages have them: excerpts of configs, Python, registered names."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, List  # noqa: UP035  # as the documentation writes it

import numpy as np
import pytest
from thinc.api import Model, require_gpu, set_gpu_allocator
from thinc.types import Ragged

import engine
from engine import Doc, registry
from engine.cli.init_config import init_config
from engine.components.transformer.piece_encoders import KINDS
from engine.extras import TRANSFORMERS, extras
from tests.documentation.rows import row
from tests.documentation.shell import PATHS, SHORT, Shell
from tests.engine.tiny_encoder import WIDTH, transformer_block, write_encoder
from tests.engine.toy import toy_examples

pytestmark = pytest.mark.skipif(not TRANSFORMERS.is_installed, reason="needs freshet[transformers]")

TRANSFORMER = """
[nlp]
lang = "en"
pipeline = ["transformer", "tagger"]

[components]

[components.transformer]
factory = "transformer"
max_batch_items = 4096
{extra}
[components.transformer.model]
@architectures = "spacy-transformers.TransformerModel.{version}"
name = "./tiny"
tokenizer_config = {{"use_fast": true}}
{settings}
[components.transformer.model.get_spans]
@span_getters = "{spans}"
{span_settings}
[components.transformer.set_extra_annotations]
@annotation_setters = "{setter}"

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"
nO = null

[components.tagger.model.tok2vec]
@architectures = "spacy-transformers.TransformerListener.v1"
{grad_factor}

[components.tagger.model.tok2vec.pooling]
@layers = "reduce_mean.v1"
"""
SENTENCES = """
[components.sentencizer]
factory = "sentencizer"

[training]
annotating_components = ["sentencizer"]
"""
V3 = 'transformer_config = {"output_attentions": true}\nmixed_precision = true\n'
SCALER = "\n[components.transformer.model.grad_scaler_config]\ninit_scale = 32768\n"


def excerpt(**given: str) -> str:
    """The pages' excerpt with a head behind it."""
    defaults = {
        "extra": "",
        "version": "v1",
        "settings": "",
        "spans": "spacy-transformers.doc_spans.v1",
        "span_settings": "",
        "setter": "spacy-transformers.null_annotation_setter.v1",
        "grad_factor": "grad_factor = 1.0",
    }
    return TRANSFORMER.format(**{**defaults, **given})


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line in a folder of its own with a little corpus."""
    return Shell(tmp_path, monkeypatch)


@pytest.fixture
def tiny(shell: Shell) -> Shell:
    """A command line beside an encoder."""
    write_encoder(shell.folder / "tiny")
    return shell


def trains(shell: Shell, config: str, *arguments: str) -> None:
    """Defaults are filled, and a short training ends well."""
    shell.write("config.cfg", config)
    shell.good("init", "fill-config", "config.cfg", "filled.cfg", *arguments)
    shell.good("train", "filled.cfg", "--output", "./output", *PATHS, *SHORT, *arguments)


def initialized(folder: Path, **settings: Any) -> Any:
    """A pipeline of an encoder."""
    block = {key: value for key, value in transformer_block(folder, **settings).items() if key != "factory"}
    nlp = engine.blank("en")
    nlp.add_pipe("transformer", config=block)
    nlp.initialize(lambda: toy_examples(nlp))
    return nlp


@row("B01", "B20")
def test_the_extra_brings_all_that_is_needed() -> None:
    """`pip install freshet[transformers]`: one line, tokenizers of SentencePiece with it."""
    assert "transformers" in {extra.name for extra in extras()}
    assert TRANSFORMERS.line_to_type == "pip install 'freshet[transformers]'"
    assert {"SentencepieceEncoder", "XlmrSentencepieceEncoder"} <= set(KINDS)


@row("B03", "B04", "B17")
def test_the_allocator_and_devices_are_asked_for_as_documented() -> None:
    """PyTorch's allocator is taken; where there is no GPU, `prefer_gpu` says so and `require_gpu` raises."""
    set_gpu_allocator("pytorch")
    if not engine.prefer_gpu():
        with pytest.raises(ValueError, match="GPU"):
            engine.require_gpu()
        with pytest.raises(ValueError, match="GPU"):
            require_gpu()
    engine.require_cpu()


@row("B05")
def test_the_documents_tensors_are_read_after_pipe(tmp_path: Path) -> None:
    """`doc._.trf_data.tensors[-1]` of a saved pipeline."""
    initialized(write_encoder(tmp_path / "tiny")).to_disk(tmp_path / "saved")
    nlp = engine.load(tmp_path / "saved")
    for doc in nlp.pipe(["some text", "some other text"]):
        tokvecs = doc._.trf_data.tensors[0]
        assert tokvecs.shape[-1] == WIDTH
        assert doc._.trf_data.tensors[-1] is not None


@row("B06")
def test_a_setter_of_ones_own_is_set_on_the_component(tmp_path: Path) -> None:
    """`set_extra_annotations`, and a custom attribute."""
    nlp = initialized(write_encoder(tmp_path / "tiny"))

    def custom_annotation_setter(docs: Any, trf_data: Any) -> None:
        doc_data = list(trf_data.doc_data)
        for doc, data in zip(docs, doc_data, strict=True):
            doc._.custom_attr = data

    nlp.get_pipe("transformer").set_extra_annotations = custom_annotation_setter
    Doc.set_extension("custom_attr", default=None, force=True)
    doc = nlp("This is a text")
    assert isinstance(doc._.custom_attr, import_module("engine.transformers").TransformerData)
    assert doc._.custom_attr.tensors


@row("B07")
def test_the_python_equivalent(tmp_path: Path) -> None:
    """A component made of classes and functions."""
    names = import_module("engine.transformers")
    get_doc_spans = import_module("engine.transformers.span_getters").get_doc_spans
    null_annotation_setter = import_module("engine.transformers.annotation_setters").null_annotation_setter
    nlp = engine.blank("en")
    trf = names.Transformer(
        nlp.vocab,
        names.TransformerModel(
            str(write_encoder(tmp_path / "tiny")),
            get_spans=get_doc_spans,
            tokenizer_config={"use_fast": True},
        ),
        set_extra_annotations=null_annotation_setter,
        max_batch_items=4096,
    )
    trf.model.initialize()
    assert trf(nlp.make_doc("Ada met Grace."))._.trf_data.width == WIDTH


@row("B08", "B10.01", "B10.02", "B10.10", "B10.15", "B14", "B19")
def test_the_first_excerpt_trains(tiny: Shell) -> None:
    """`TransformerModel.v1` on whole documents, of a local folder, without a network."""
    trains(tiny, excerpt())
    assert len(engine.load(tiny.folder / "output/model-best")("Ada met Grace.")) == 4


@row("B09", "B10.03", "B10.04", "B10.12")
@pytest.mark.parametrize(
    ("version", "settings"),
    [("v2", 'transformer_config = {"output_attentions": true}\n'), ("v3", V3 + SCALER)],
)
def test_the_later_excerpts_train(tiny: Shell, version: str, settings: str) -> None:
    """Settings of the encoder, mixed precision, its scaler; strided spans."""
    strided = {"spans": "spacy-transformers.strided_spans.v1", "span_settings": "window = 8\nstride = 6\n"}
    trains(tiny, excerpt(version=version, settings=settings, **strided))


@row("B10.05", "B10.06", "B10.07", "B10.08", "B10.09", "B10.17", "B10.18", "B10.19")
@pytest.mark.parametrize(
    ("namespace", "name"),
    [
        ("architectures", "spacy-transformers.TransformerListener.v1"),
        ("architectures", "spacy-transformers.Tok2VecListener.v1"),
        ("architectures", "spacy-transformers.Tok2VecTransformer.v1"),
        ("architectures", "spacy-transformers.Tok2VecTransformer.v2"),
        ("architectures", "spacy-transformers.Tok2VecTransformer.v3"),
        ("layers", "reduce_mean.v1"),
        ("layers", "reduce_max.v1"),
        ("layers", "reduce_last.v1"),
    ],
)
def test_a_documented_name_is_registered(namespace: str, name: str) -> None:
    """Found by its name."""
    assert callable(registry.get(namespace, name))


@row("B10.20", "B10.21")
@pytest.mark.parametrize(
    "name",
    [
        *(f"{family}Transformer.v1" for family in ("Albert", "Bert", "Camembert", "Roberta", "Xlmr")),
        *(f"{kind}.v1" for kind in KINDS),
        *("LastTransformerLayerListener.v1", "TransformerLayersListener.v1", "ScalarWeightingListener.v1"),
        *("WithStridedSpans.v1", "ScalarWeight.v1"),
    ],
)
def test_a_name_of_the_curated_family_is_registered(name: str) -> None:
    """The seven architectures of its page, and what they are made of."""
    assert callable(registry.get("architectures", f"spacy-curated-transformers.{name}"))


@row("B10.11", "B10.13", "B10.14", "B10.16")
@pytest.mark.parametrize("spans", ["sent_spans.v1", "doc_spans.v1", "spacy-transformers.sent_spans.v1"])
def test_names_without_their_prefix_work(tiny: Shell, spans: str) -> None:
    """As some pages have them, the slip of one included; sentences come from a component before."""
    config = excerpt(spans=spans, setter="spacy-transformer.null_annotation_setter.v1").replace(
        '["transformer", "tagger"]', '["sentencizer", "transformer", "tagger"]'
    )
    trains(tiny, f"{config}{SENTENCES}")


CODE = """
import spacy

@spacy.registry.span_getters("custom_sent_spans")
def configure_custom_sent_spans(max_length: int):
    def get_custom_sent_spans(docs):
        spans = []
        for doc in docs:
            spans.append([])
            for sent in doc.sents:
                start = 0
                end = max_length
                while end <= len(sent):
                    spans[-1].append(sent[start:end])
                    start += max_length
                    end += max_length
                if start < len(sent):
                    spans[-1].append(sent[start:len(sent)])
        return spans

    return get_custom_sent_spans
"""


@row("B11", "B12")
def test_a_span_getter_of_ones_own_trains(tiny: Shell) -> None:
    """As printed, by `--code`."""
    tiny.write("code.py", CODE.replace("import spacy", "import engine as spacy"))
    config = excerpt(spans="custom_sent_spans", span_settings="max_length = 5\n").replace(
        '["transformer", "tagger"]', '["sentencizer", "transformer", "tagger"]'
    )
    trains(tiny, f"{config}{SENTENCES}", "--code", "code.py")


@registry.architectures("CustomTransformer.v1")
def create_transformer() -> Model[List[Doc], Any]:  # noqa: UP006
    """A model of one's own: every token is a piece, and its vector two numbers that are learned."""
    names = import_module("engine.transformers")

    def forward(model: Any, docs: Any, is_train: bool) -> Any:
        assert all(isinstance(doc, Doc) for doc in docs)
        lengths = [len(doc) for doc in docs]
        batch = names.WordpieceBatch.zeros(lengths)
        E = model.get_param("E")
        rows = np.zeros((len(docs), max(lengths), 2), dtype=np.float32)
        for i, doc in enumerate(docs):
            rows[i, : len(doc)] = [E[len(token.text) % 4] for token in doc] if len(doc) else 0
        align = np.concatenate([i * max(lengths) + np.arange(n) for i, n in enumerate(lengths)])
        full = names.FullTransformerBatch(
            spans=[[doc[:]] for doc in docs],
            wordpieces=batch,
            model_output={"last_hidden_state": rows},
            align=Ragged(align.astype("i"), np.ones(len(align), dtype="i")),
        )

        def backprop(d_full: Any) -> list[Any]:
            d_rows = d_full.model_output.last_hidden_state
            d_E = np.zeros_like(E)
            for i, doc in enumerate(docs):
                for token in doc:
                    d_E[len(token.text) % 4] += d_rows[i, token.i]
            model.inc_grad("E", d_E)
            return []

        return full, backprop

    def init(model: Any, X: Any = None, Y: Any = None) -> None:
        model.set_param("E", np.eye(4, 2, dtype=np.float32))

    return Model("custom", forward, init=init, params={"E": None}, dims={"nO": 2})


@row("B13")
def test_a_model_of_ones_own_takes_the_encoders_place(tmp_path: Path) -> None:
    """A registered `Model[List[Doc], FullTransformerBatch]` is trained by a listener, saved and loaded."""
    ours = r"(?s)\n@architectures = .spacy-transformers.TransformerModel.*?\[components.transformer.set"
    theirs = '\n@architectures = "CustomTransformer.v1"\n\n[components.transformer.set'
    config = engine.Config().from_str(re.sub(ours, theirs, excerpt()))
    nlp = engine.from_config(engine.fill_config(config))
    nlp.initialize(lambda: toy_examples(nlp))
    before = np.array(nlp.get_pipe("transformer").model.get_param("E"))
    for _ in range(3):
        losses = nlp.update(toy_examples(nlp))
    assert losses["transformer"] > 0.0
    assert not np.array_equal(nlp.get_pipe("transformer").model.get_param("E"), before)
    nlp.to_disk(tmp_path / "saved")
    wanted = [token.tag_ for token in nlp("Ada met Grace.")]
    doc = engine.load(tmp_path / "saved")("Ada met Grace.")
    assert [token.tag_ for token in doc] == wanted
    assert doc._.trf_data.tensors[0].shape == (1, 4, 2)


SCHEDULE = """
[components.tagger.model.tok2vec.grad_factor]
@schedules = "constant_then.v1"
rate = 0.0
steps = 2

[components.tagger.model.tok2vec.grad_factor.schedule]
@schedules = "constant.v1"
rate = 1.0
"""


@row("B15", "B16")
@pytest.mark.parametrize("grad_factor", ["grad_factor = 0.5", SCHEDULE])
def test_grad_factor_is_a_number_or_a_schedule(tiny: Shell, grad_factor: str) -> None:
    """Both train."""
    trains(tiny, excerpt(grad_factor=grad_factor))


@row("B21")
def test_layers_of_the_curated_family_are_read(tmp_path: Path) -> None:
    """`last_hidden_layer_state` and `all_outputs`, of an encoder that its loaders read from a folder."""
    folder = write_encoder(tmp_path / "tiny")
    nlp = curated(folder, all_layer_outputs=True)
    data = nlp("Ada met Grace Hopper.")._.trf_data
    assert data.last_hidden_layer_state.dataXd.shape[1] == WIDTH
    assert len(data.all_outputs) == data.num_outputs == 4
    assert len(data.all_hidden_layer_states) == 3


def curated(folder: Path, **settings: Any) -> Any:
    """A pipeline of a curated encoder, read by its loaders."""
    prefix = "spacy-curated-transformers."
    model = {
        "@architectures": f"{prefix}BertTransformer.v1",
        "vocab_size": len((folder / "vocab.txt").read_text().splitlines()),
        "hidden_width": WIDTH,
        "num_attention_heads": 2,
        "num_hidden_layers": 3,
        "intermediate_width": 32,
        "max_position_embeddings": 64,
        "with_spans": {"@architectures": f"{prefix}WithStridedSpans.v1", "window": 8, "stride": 6},
        "piece_encoder": {"@architectures": f"{prefix}BertWordpieceEncoder.v1"},
    }
    listener = {
        "@architectures": f"{prefix}LastTransformerLayerListener.v1",
        "width": WIDTH,
        "pooling": {"@layers": "reduce_mean.v1"},
    }
    loaders = {
        "encoder_loader": {"@model_loaders": f"{prefix}HFTransformerEncoderLoader.v1", "name": str(folder)},
        "piecer_loader": {"@model_loaders": f"{prefix}HFPieceEncoderLoader.v1", "name": str(folder)},
    }
    blocks = {
        "transformer": {"factory": "curated_transformer", "model": model, **settings},
        "tagger": {"factory": "tagger", "model": {"@architectures": "spacy.Tagger.v2", "tok2vec": listener}},
    }
    config = {
        "nlp": {"lang": "en", "pipeline": list(blocks)},
        "components": blocks,
        "initialize": {"components": {"transformer": loaders}},
    }
    nlp = engine.from_config(engine.fill_config(engine.Config(config)))
    nlp.initialize(lambda: toy_examples(nlp))
    return nlp


def test_a_curated_pipeline_learns_is_saved_and_has_copies(tmp_path: Path) -> None:
    """Its listeners train it, `frozen` stops that, a head can take it along as its own."""
    nlp = curated(write_encoder(tmp_path / "tiny"))
    for _ in range(3):
        nlp.update(toy_examples(nlp))
    component = nlp.get_pipe("transformer")
    before = component.part.sync().state()
    component.frozen = True
    nlp.update(toy_examples(nlp))
    assert all(np.array_equal(before[name], array) for name, array in component.part.sync().state().items())
    texts = ["Ada met Grace Hopper.", "", "Rain fell"]
    wanted = [[token.tag_ for token in doc] for doc in nlp.pipe(texts)]
    nlp.replace_listeners("transformer", "tagger", ["model.tok2vec"])
    nlp.remove_pipe("transformer")
    nlp.to_disk(tmp_path / "saved")
    found = engine.load(tmp_path / "saved")
    assert [[token.tag_ for token in doc] for doc in found.pipe(texts)] == wanted
    assert found.update(toy_examples(found))["tagger"] >= 0.0


@pytest.mark.parametrize("lang", ["en", "de", "xx"])
def test_init_config_for_a_gpu_names_the_languages_encoder(shell: Shell, lang: str) -> None:
    """The recommended one, or the multilingual one, with what the documentation trains it by."""
    shell.good("init", "config", "gpu.cfg", "--lang", lang, "--pipeline", "tagger,parser,ner", "--gpu")
    config = engine.Config().from_disk(shell.folder / "gpu.cfg")
    names = {"en": "roberta-base", "de": "bert-base-german-cased", "xx": "bert-base-multilingual-uncased"}
    assert config["components"]["transformer"]["model"]["name"] == names[lang]
    assert config["components"]["ner"]["model"]["tok2vec"]["@architectures"].endswith(
        "TransformerListener.v1"
    )
    assert config["training"]["accumulate_gradient"] == 3
    assert engine.from_config(config).pipe_names == ["transformer", "tagger", "parser", "ner"]


def test_init_config_pretrains_no_encoder() -> None:
    """An encoder is pretrained already: to ask for both is refused, not half done."""
    with pytest.raises(engine.EngineError, match="its publisher pretrained: leave --pretraining out"):
        init_config(gpu=True, pretraining=True)


def test_a_base_install_knows_the_names_without_torch() -> None:
    """What is registered imports neither torch nor transformers."""
    code = (
        "import sys, engine; engine.registry.get('factories', 'transformer');"
        "assert not {'torch', 'transformers', 'tokenizers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
