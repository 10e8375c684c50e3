# SPDX-License-Identifier: Apache-2.0
"""Every family of encoders as a pipeline: read as transformers wrote it, trained, saved, served, adapted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

torch = pytest.importorskip("torch")
library = pytest.importorskip("transformers")

import engine  # noqa: E402
from schemas import decode_annotation  # noqa: E402
from tests.engine.tiny_encoder import (  # noqa: E402
    encoder_config,
    ner_block,
    tagger_block,
    transformer_block,
)
from tests.engine.toy import toy_examples  # noqa: E402
from tests.engine.transformer.tiny_tokenizers import (  # noqa: E402
    byte_bpe_files,
    sentencepiece_files,
    wordpiece_files,
)
from workers.serving.outputs import annotate_records  # noqa: E402
from workers.serving.pipeline_model import PipelineModel  # noqa: E402
from workers.settings import WorkerSettings  # noqa: E402
from workers.transports.base import Record  # noqa: E402

Files = Callable[[], Mapping[str, bytes]]

SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 66,
}
LIKE_ROBERTA = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "type_vocab_size": 1}
FAMILIES: dict[str, tuple[str, Files, dict[str, Any]]] = {
    "albert": ("AlbertConfig", lambda: sentencepiece_files("albert"), {"embedding_size": 8}),
    "bert": ("BertConfig", wordpiece_files, {}),
    "camembert": ("CamembertConfig", sentencepiece_files, LIKE_ROBERTA),
    "distilbert": (
        "DistilBertConfig",
        wordpiece_files,
        {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 24},
    ),
    "electra": ("ElectraConfig", wordpiece_files, {"embedding_size": 8}),
    "modernbert": (
        "ModernBertConfig",
        lambda: byte_bpe_files(False),
        {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "cls_token_id": 0, "sep_token_id": 2}
        | {"global_attn_every_n_layers": 2, "local_attention": 16},
    ),
    "roberta": ("RobertaConfig", byte_bpe_files, LIKE_ROBERTA),
    "xlm-roberta": ("XLMRobertaConfig", sentencepiece_files, LIKE_ROBERTA),
}
TEXTS = ["Ada met Grace in Rome. It rained!", "", "  ", "naïve 日本語 🙂 x" * 3]


def write_family(name: str, folder: Path) -> Path:
    """A tiny model of the family and its tokenizer, as transformers saves them."""
    kind, files, more = FAMILIES[name]
    written = files()
    for file, data in written.items():
        (folder / file).write_bytes(data)
    n_pieces = len(json.loads(written["tokenizer.json"])["model"]["vocab"]) + 10
    torch.manual_seed(0)
    config = getattr(library, kind)(vocab_size=n_pieces, **SIZES | more)
    library.AutoModel.from_config(config).save_pretrained(folder)
    return folder


def rows(nlp: engine.Pipeline) -> Any:
    """What the encoder says of the texts."""
    return nlp.predict(TEXTS).pieces["transformer"].rows


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_trained_saved_served_and_adapted(name: str, tmp_path: Path) -> None:
    """The same from a folder and from bytes, alone and together, through a worker; an adapter learns, is
    saved, and can be merged."""
    folder = write_family(name, tmp_path)
    blocks = {"transformer": transformer_block(folder), "tagger": tagger_block(), "ner": ner_block()}
    nlp = engine.from_config(engine.fill_config(encoder_config(folder, **blocks)))
    optimizer = nlp.initialize(lambda: toy_examples(nlp))
    nlp.update(toy_examples(nlp), sgd=optimizer, drop=0.1)
    nlp.to_disk(tmp_path / "saved")
    loaded = engine.load(tmp_path / "saved")
    copied = engine.from_config(nlp.config).from_bytes(nlp.to_bytes())
    assert all(np.array_equal(rows(other), rows(nlp)) for other in (loaded, copied))
    together = [[token.tag_ for token in doc] for doc in nlp.pipe(TEXTS)]
    assert together == [[token.tag_ for token in nlp(text)] for text in TEXTS]
    records = [Record("t", 0, i, 0, None, orjson.dumps({"text": text})) for i, text in enumerate(TEXTS)]
    outputs = annotate_records(records, PipelineModel(loaded), WorkerSettings())
    assert not outputs.dead
    assert [list(decode_annotation(one.value).tokens["tag"]) for one in outputs.outgoing] == together
    transformer = nlp.get_pipe("transformer")
    transformer.add_adapter(rank=4)
    nlp.update(toy_examples(nlp), sgd=nlp.create_optimizer())
    assert any(b.any() for _, b in transformer.adapter.weights.values())
    nlp.to_disk(tmp_path / "adapted")
    adapted = rows(nlp)
    assert np.array_equal(rows(engine.load(tmp_path / "adapted")), adapted)
    transformer.merge_adapter()
    assert np.allclose(rows(nlp), adapted, atol=1e-4)
