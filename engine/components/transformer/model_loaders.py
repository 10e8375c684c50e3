# SPDX-License-Identifier: Apache-2.0
"""Where a curated encoder's weights and pieces come from when it is initialized."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...config.registry import registry
from ...errors import EngineError, ModelFileError
from ...transformer import FAMILIES, TransformerError, hugging_face_names, read_pretrained, read_state
from .pieces_reader import files_of_attributes

Array = npt.NDArray[np.float32]
Attributes = dict[str, Any]

PREFIX = "spacy-curated-transformers."
SENTENCEPIECE_FILES = ("sentencepiece.bpe.model", "spiece.model", "tokenizer.model")


@dataclass(frozen=True, slots=True)
class EncoderLoader:
    """Weights, by the names of Hugging Face's modules; `read` takes the family."""

    name: str
    read: Callable[[str], Mapping[str, Array]]

    def state(self, family: str) -> Mapping[str, Array]:
        """The weights of an encoder of that family."""
        return self.read(family)


@dataclass(frozen=True, slots=True)
class PiecerLoader:
    """What a piece encoder is made of."""

    read: Callable[[], Attributes]

    def files(self) -> dict[str, bytes]:
        """The same as files."""
        return files_of_attributes(self.read())


@registry.model_loaders(PREFIX + "HFTransformerEncoderLoader.v1")
def HFTransformerEncoderLoader(name: str, revision: str = "main") -> EncoderLoader:
    """Weights of a local folder in Hugging Face's layout, or of a model of its hub."""

    def read(family: str) -> Mapping[str, Array]:
        found = read_pretrained(name, revision=revision)
        kind = str(found.config.get("model_type"))
        if kind not in FAMILIES:
            raise TransformerError(f"{name}: expected an encoder of {', '.join(FAMILIES)}, got {kind}")
        return found.state

    return EncoderLoader(name, read)


@registry.model_loaders(PREFIX + "PyTorchCheckpointLoader.v1")
def PyTorchCheckpointLoader(path: str | Path) -> EncoderLoader:
    """Weights of a file that `torch.save` wrote, under curated names or Hugging Face's."""

    def read(family: str) -> Mapping[str, Array]:
        state = read_state(_bytes(Path(path)), str(path))
        is_curated = any(".mha." in name or "mha.input" in name for name in state)
        return hugging_face_names(family, state) if is_curated else state

    return EncoderLoader(str(path), read)


@registry.model_loaders(PREFIX + "HFPieceEncoderLoader.v1")
def HFPieceEncoderLoader(name: str, revision: str = "main") -> PiecerLoader:
    """Pieces of a tokenizer in a local folder, or of the hub."""
    return PiecerLoader(lambda: attributes_of_files(read_pretrained(name, revision=revision).tokenizer_files))


@registry.model_loaders(PREFIX + "ByteBpeLoader.v1")
def ByteBpeLoader(vocab_path: str | Path, merges_path: str | Path) -> PiecerLoader:
    """Byte pairs: a JSON map from pieces to ids, and a file of merges, one a line."""
    return PiecerLoader(
        lambda: _byte_pairs(json.loads(_bytes(Path(vocab_path))), _bytes(Path(merges_path)).decode("utf8"))
    )


@registry.model_loaders(PREFIX + "WordpieceLoader.v1")
def WordpieceLoader(
    path: str | Path,
    bos_piece: str = "[CLS]",
    eos_piece: str = "[SEP]",
    unk_piece: str = "[UNK]",
    lowercase: bool = False,
    strip_accents: bool = False,
) -> PiecerLoader:
    """Word pieces, one a line in the order of their ids."""

    def read() -> Attributes:
        return {
            "wordpiece_processor": "\n".join(_bytes(Path(path)).decode("utf8").splitlines()).encode("utf8"),
            "bos_piece": bos_piece,
            "eos_piece": eos_piece,
            "unk_piece": unk_piece,
            "lowercase": lowercase,
            "strip_accents": strip_accents,
        }

    return PiecerLoader(read)


@registry.model_loaders(PREFIX + "SentencepieceLoader.v1")
def SentencepieceLoader(path: str | Path) -> PiecerLoader:
    """A model file of SentencePiece."""
    return PiecerLoader(lambda: {"sentencepiece_processor": _bytes(Path(path))})


@registry.model_loaders(PREFIX + "CharEncoderLoader.v1")
def CharEncoderLoader(
    path: str | Path,
    bos_piece: str = "[BOS]",
    eos_piece: str = "[EOS]",
    unk_piece: str = "[UNK]",
    normalize: str | None = "NFKC",
) -> PiecerLoader:
    """Characters, one a line in the order of their ids."""

    def read() -> Attributes:
        pieces = _bytes(Path(path)).decode("utf8").splitlines()
        return {
            "vocab": {piece: number for number, piece in enumerate(pieces)},
            "bos_piece": bos_piece,
            "eos_piece": eos_piece,
            "unk_piece": unk_piece,
            "normalize": normalize,
        }

    return PiecerLoader(read)


def attributes_of_files(files: Mapping[str, bytes]) -> Attributes:
    """What a piece encoder is made of, from a tokenizer's files. Raises: ModelFileError where they hold
    none."""
    for name in SENTENCEPIECE_FILES:
        if name in files:
            return {"sentencepiece_processor": files[name]}
    if "vocab.json" in files and "merges.txt" in files:
        return _byte_pairs(json.loads(files["vocab.json"]), files["merges.txt"].decode("utf8"))
    if "vocab.txt" in files:
        return _word_pieces(files["vocab.txt"].decode("utf8").splitlines(), _settings(files))
    saved = json.loads(files["tokenizer.json"])["model"] if "tokenizer.json" in files else {}
    if saved.get("type") == "BPE":
        merges = [pair.split(" ") if isinstance(pair, str) else list(pair) for pair in saved["merges"]]
        return {"byte_bpe_processor": {"vocab": saved["vocab"], "merges": merges}, **BYTE_PAIR_PIECES}
    if saved.get("type") == "WordPiece":
        pieces = sorted(saved["vocab"], key=saved["vocab"].__getitem__)
        return _word_pieces(pieces, _settings(files))
    raise ModelFileError(
        "expected the files of a tokenizer of word pieces, byte pairs or SentencePiece, got "
        f"{', '.join(files) or 'none'}"
    )


BYTE_PAIR_PIECES = {"bos_piece": "<s>", "eos_piece": "</s>", "unk_piece": "<unk>"}


def _byte_pairs(vocab: Mapping[str, int], merges: str) -> Attributes:
    lines = (line for line in merges.splitlines() if line and not line.startswith("#version"))
    return {
        "byte_bpe_processor": {"vocab": dict(vocab), "merges": [line.split(" ") for line in lines]},
        **BYTE_PAIR_PIECES,
    }


def _word_pieces(pieces: list[str], settings: Mapping[str, Any]) -> Attributes:
    lowercase = bool(settings.get("do_lower_case", True))
    accents = settings.get("strip_accents")
    return {
        "wordpiece_processor": "\n".join(pieces).encode("utf8"),
        "bos_piece": settings.get("cls_token") or "[CLS]",
        "eos_piece": settings.get("sep_token") or "[SEP]",
        "unk_piece": settings.get("unk_token") or "[UNK]",
        "lowercase": lowercase,
        "strip_accents": lowercase if accents is None else bool(accents),
    }


def _settings(files: Mapping[str, bytes]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(files.get("tokenizer_config.json", b"{}"))
    return {
        key: value["content"] if isinstance(value, dict) and "content" in value else value
        for key, value in found.items()
    }


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EngineError(f"{path}: expected a file of an encoder, got: {error.strerror}") from None
