# SPDX-License-Identifier: Apache-2.0
"""Transformers below the component: pieces of texts, encoders on packed rows, vectors of tokens.

What is read:

- `torch_archive`: weights that `torch.save` wrote, without unpickling
- `states`: weights as bytes and back; curated encoders' names to Hugging Face's
- `pretrained`: folders in Hugging Face's layout, models of the hub

Texts to pieces:

- `piece_tokenizer`: Hugging Face tokenizers, a cache of blank-separated units in front
- `curated_pieces`: pieces token by token
- `alignment`: which pieces belong to which token
- `pieces`: the pieces of a batch as one value
- `windows`: windows over long documents, averaged

Pieces to vectors:

- `backend`: device, precision and budget as one value
- `encoder`: a module with weights; packs in, rows out, and back
- `forward`: a batch's pieces through an encoder; `streamed`: some spans at a time, for very many of them
- `packed_attention`, `passes`, `packs`: attention without padding; packs and padded buckets
- `disentangled`: DeBERTa's own attention, of packs
- `classifier`: models with a head, of pieces or of texts
- `precisions`, `row_int8`: what annotates in bf16 or eight bits; `memory_ladder`: what is done without memory
- `self_test`, `freezing`, `modules`, `module_size`: checks at load, lower layers, modules from configs
- `lora`: adapters of low rank, in PEFT's files; `adapted`: an encoder with many of them, in one pack;
  `saved_adapter`: that of a saved pipeline
- `pooling`: rows of pieces to vectors of tokens

Neither torch nor transformers is imported before an encoder is built.
"""

from __future__ import annotations

from .adapted import AdaptedEncoder
from .alignment import TokenRows, select_tokens
from .backend import Backend, Precision
from .classifier import Classifier, Kind, PieceScores, label_names
from .curated_pieces import PieceEncoder, piece_encoder, pieces_of_documents
from .curated_states import FAMILIES, curated_config, hugging_face_names
from .encoder import LAST, Backprop, Encoded, Encoder, Outputs, build_encoder, encoder_of_module
from .errors import TransformerError
from .forward import encode_pieces, update_pieces
from .lora import Adapter, LoraConfig
from .memory_ladder import MemoryLadder, OutOfMemoryError, Rung
from .piece_tokenizer import PieceTokenizer, tokenizer_from_files
from .pieces import PieceBatch, TokenSpans, pieces_of_spans, span_texts
from .pooling import Reducer, gather, pool, scatter
from .pretrained import Pretrained, read_folder, read_pretrained
from .states import read_state, write_state
from .streamed import StreamedRows, streams
from .torch_archive import read_torch_archive
from .windows import Windows, stride_windows

__all__ = [
    "FAMILIES",
    "LAST",
    "AdaptedEncoder",
    "Adapter",
    "Backend",
    "Backprop",
    "Classifier",
    "Encoded",
    "Encoder",
    "Kind",
    "LoraConfig",
    "MemoryLadder",
    "OutOfMemoryError",
    "Outputs",
    "PieceBatch",
    "PieceEncoder",
    "PieceScores",
    "PieceTokenizer",
    "Precision",
    "Pretrained",
    "Reducer",
    "Rung",
    "StreamedRows",
    "TokenRows",
    "TokenSpans",
    "TransformerError",
    "Windows",
    "build_encoder",
    "curated_config",
    "encode_pieces",
    "encoder_of_module",
    "gather",
    "hugging_face_names",
    "label_names",
    "piece_encoder",
    "pieces_of_documents",
    "pieces_of_spans",
    "pool",
    "read_folder",
    "read_pretrained",
    "read_state",
    "read_torch_archive",
    "scatter",
    "select_tokens",
    "span_texts",
    "streams",
    "stride_windows",
    "tokenizer_from_files",
    "update_pieces",
    "write_state",
]
