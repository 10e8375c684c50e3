# SPDX-License-Identifier: Apache-2.0
"""One saved spaCy pipeline with the components of two, run by an interpreter that has spaCy:
`join_pipelines.py FIRST SECOND NAME OUT`.

Component NAME of the second comes after all of the first, with an embedding of its own, as it was trained.
"""

import sys

import spacy


def main():
    """Load both, join, save."""
    first, second, name, out = sys.argv[1:5]
    nlp, other = spacy.load(first), spacy.load(second)
    other.replace_listeners("tok2vec", name, ["model.tok2vec"])
    nlp.add_pipe(name, source=other)
    nlp.to_disk(out)


if __name__ == "__main__":
    main()
