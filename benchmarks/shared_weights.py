# SPDX-License-Identifier: Apache-2.0
"""One set of trained weights on both sides: a spaCy 3.8 pipeline's folder as a Freshet pipeline.

`python -m benchmarks.shared_weights PEER_MODEL OUT` reads tok2vec, tagger, morphologizer, ner and the tokenizer's rules of a CNN pipeline
such as `pipelines/uner_cnn` and saves a Freshet pipeline, so that a benchmark can demand equal annotations, token for token.
For benchmarks only: it knows this one shape of pipeline.
Source: the file format is that of Thinc's and spaCy's `to_disk`, written down in the project's research notes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from srsly import msgpack

import engine
from engine.decoders.entity_actions import LETTERS
from engine.tokenizers.rules import Rules
from engine.tokenizers.tokenizer import Tokenizer

CONFIG = Path(__file__).parent.parent / "configs" / "en_starter.cfg"
NAMES = ["tok2vec", "tagger", "morphologizer", "ner"]
ORTH, NORM = 65, 67

Node = dict[str, Any]


def main() -> None:
    """Convert one folder."""
    convert(Path(sys.argv[1]), Path(sys.argv[2]))


def convert(peer: Path, out: Path) -> None:
    """Write the peer's pipeline as ours."""
    pipeline = engine.from_config(CONFIG, {"nlp.pipeline": NAMES})
    pipeline.tokenizer = Tokenizer(read_rules(peer / "tokenizer"))
    components = dict(pipeline.components)
    sample = pipeline.tokenizer.tokenize(["A sample."])
    components["tok2vec"].initialize(list, sample)
    components["tok2vec"].predict(sample)
    for name, labels in read_labels(peer).items():
        components[name].initialize(list, sample, labels=labels)
    for name in NAMES:
        copy_weights(components[name], read_nodes(peer / name / "model"))
    pipeline.to_disk(out)


def read_labels(peer: Path) -> dict[str, Any]:
    """Classes of every head, in order."""
    moves = json.loads(unpack((peer / "ner" / "moves").read_bytes())["moves"])
    actions = [
        [LETTERS[int(move)], label]
        for move in sorted(moves, key=int)
        for label, _ in sorted(moves[move].items(), key=lambda pair: (pair[1], pair[0]), reverse=True)
    ]
    settings = {name: json.loads((peer / name / "cfg").read_text()) for name in ("tagger", "morphologizer")}
    morphs = list(settings["morphologizer"]["labels_morph"])
    return {"tagger": settings["tagger"]["labels"], "morphologizer": morphs, "ner": {"actions": actions}}


def read_rules(path: Path) -> Rules:
    """The tokenizer file's rules."""
    data = unpack(path.read_bytes())
    exceptions = {key: tuple((piece[ORTH], piece.get(NORM)) for piece in pieces) for key, pieces in data["exceptions"].items()}
    return Rules(
        lang="en",
        prefix=data["prefix_search"],
        suffix=data["suffix_search"],
        infix=data["infix_finditer"],
        token_match=data["token_match"],
        url_match=data["url_match"],
        exceptions=exceptions,
        faster_heuristics=data["faster_heuristics"],
    )


def read_nodes(path: Path) -> list[Node]:
    """Name, seed and parameters of the layers of a model file, in the order of its walk."""
    data = unpack(path.read_bytes())
    nodes = []
    for node, attrs, params in zip(data["nodes"], data["attrs"], data["params"], strict=True):
        seed = unpack(attrs["seed"]) if "seed" in attrs else None
        nodes.append({"name": node["name"], "seed": seed, "params": {key: value for key, value in params.items() if value is not None}})
    return nodes


def copy_weights(component: Any, nodes: list[Node]) -> None:
    """Give a component the weights; layers of one kind stand in one order on both sides, but for the entity model's affine ones."""
    ours = [node for node in component.model.walk() if node.param_names]
    if component.name == "ner":
        ours = [component.model.get_ref(name) for name in ("lower", "upper", "linear")]
    for target in ours:
        source = next(node for node in nodes if node["name"] == target.name and node["params"])
        nodes.remove(source)
        for name, value in source["params"].items():
            target.set_param(name, np.array(value, dtype=np.float32))
        if source["seed"] is not None:
            target.attrs["seed"] = source["seed"]
    component.weights_changed()


def unpack(data: bytes) -> Any:
    """A msgpack document; arrays come as NumPy arrays."""
    return msgpack.unpackb(data, strict_map_key=False, raw=False)


if __name__ == "__main__":
    main()
