# SPDX-License-Identifier: Apache-2.0
"""spaCy's side of the engine benchmark, run by an interpreter that has spaCy 3.8: `spacy_side.py MODEL TEXTS
blis|openblas N_PROCESS`."""

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
            for text in self._texts.get(request["after"], []):
                # All that it keeps of what it has read are words and chunks; its components remember nothing.
                self._nlp.make_doc(text)
        if request["do"] == "latency":
            return {"milliseconds": [self._milliseconds(text) for text in texts[: request["n"]]]}
        return self._run(texts, read if request["do"] == "loop" else len)

    def _load(self):
        import spacy
        from thinc.api import NumpyOps, set_current_ops

        if self._blas == "openblas":
            set_current_ops(NumpyOps(use_blis=False))
        self._nlp = spacy.load(self._model)
        if self._blas == "openblas":
            for _, component in self._nlp.pipeline:
                model = getattr(component, "model", None)  # rules have none
                for node in model.walk() if hasattr(model, "walk") else ():
                    node.ops = NumpyOps(use_blis=False)

    def _milliseconds(self, text):
        started = time.perf_counter()
        read(self._nlp(text))
        return 1000 * (time.perf_counter() - started)

    def _run(self, texts, use=len):
        started, cpu = time.perf_counter(), cpu_seconds()
        tokens = sum(use(doc) for doc in self._nlp.pipe(texts, n_process=self._n_process))
        return {
            "tokens": tokens,
            "seconds": time.perf_counter() - started,
            "cpu_seconds": cpu_seconds() - cpu,
        }


def cpu_seconds():
    """Processor time of this process and of those it started and that have ended."""
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def read(doc):
    """A user's loop over all tokens; their number."""
    n_tokens = 0
    for token in doc:
        if token.text and token.tag_ and token.pos_ and token.dep_ is not None and token.head.i >= 0:
            n_tokens += 1
    return n_tokens


KEYS = ("start", "end", "tag", "pos", "morph", "head", "dep")


def annotations(doc):
    """What both sides must agree on: tokens with tag, part of speech, features and head, sentences, and
    entities."""
    tokens = [[token.get(key, "") for key in KEYS] for token in doc["tokens"]]
    sents = [[sent["start"], sent["end"]] for sent in doc.get("sents", [])]
    return [tokens, sents, [[ent["start"], ent["end"], ent["label"]] for ent in doc.get("ents", [])]]


if __name__ == "__main__":
    main()
