# SPDX-License-Identifier: Apache-2.0
"""spaCy's side of the engine benchmark, run by an interpreter that has spaCy 3.8: `spacy_side.py MODEL TEXTS blis|openblas N_PROCESS`."""

from __future__ import annotations

import json
import resource
import sys
import time


def main() -> None:
    """Answer one request a line, see `benchmarks.engine_speed`."""
    model, texts_file, blas, n_process = sys.argv[1:5]
    with open(texts_file, encoding="utf8") as file:
        texts = json.load(file)
    side = SpacySide(model, blas, int(n_process), texts)
    for line in sys.stdin:
        print(json.dumps(side.answer(json.loads(line))), flush=True)


class SpacySide:
    """A loaded pipeline and the texts."""

    def __init__(self, model, blas, n_process, texts):
        self._model, self._blas, self._n_process, self._texts = model, blas, n_process, texts
        self._load()

    def answer(self, request):
        """The same requests as the other side."""
        texts = self._texts[request["texts"]]
        if request["do"] == "annotate":
            return [annotations(doc.to_json()) for doc in self._nlp.pipe(texts)]
        if request["do"] == "unseen":
            self._load()
            for _ in self._nlp.pipe(self._texts[request["after"]]):
                pass
        return self._run(texts)

    def _load(self):
        import spacy
        from thinc.api import NumpyOps, set_current_ops

        if self._blas == "openblas":
            set_current_ops(NumpyOps(use_blis=False))
        self._nlp = spacy.load(self._model)
        if self._blas == "openblas":
            for _, component in self._nlp.pipeline:
                for node in component.model.walk():
                    node.ops = NumpyOps(use_blis=False)

    def _run(self, texts):
        started, cpu = time.perf_counter(), cpu_seconds()
        tokens = sum(len(doc) for doc in self._nlp.pipe(texts, n_process=self._n_process))
        return {"tokens": tokens, "seconds": time.perf_counter() - started, "cpu_seconds": cpu_seconds() - cpu}


def cpu_seconds():
    """Processor time of this process and of those it started and that have ended."""
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def annotations(doc):
    """What both sides must agree on: tokens with tag, part of speech and features, and entities."""
    tokens = [[token["start"], token["end"], token.get("tag", ""), token.get("pos", ""), token.get("morph", "")] for token in doc["tokens"]]
    return [tokens, [[ent["start"], ent["end"], ent["label"]] for ent in doc["ents"]]]


if __name__ == "__main__":
    main()
