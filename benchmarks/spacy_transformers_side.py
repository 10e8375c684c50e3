# SPDX-License-Identifier: Apache-2.0
"""The peer of `transformers`, run by a Python that has spacy-transformers: what to do comes as JSON on
standard input; prints the median of processor seconds."""

from __future__ import annotations

import json
import sys
import time
from statistics import median

import spacy  # type: ignore[import-not-found,unused-ignore]
import torch
from spacy.training import Example  # type: ignore[import-not-found,unused-ignore]


def main() -> None:
    given = json.load(sys.stdin)
    torch.set_num_threads(given["threads"])
    nlp = spacy.blank("en")
    nlp.add_pipe("transformer", config={"model": given["model"]})
    for head in given["heads"]:
        nlp.add_pipe(head, config={"model": {"tok2vec": given["listener"]}})
    samples = [Example.from_dict(nlp.make_doc(text), annotations) for text, annotations in given["samples"]]
    nlp.initialize(lambda: samples)
    seconds = []
    for _ in range(given["rounds"] + 1):
        began = time.process_time()
        list(nlp.pipe(given["texts"]))
        seconds.append(time.process_time() - began)
    print(median(seconds[1:]))


if __name__ == "__main__":
    main()
