"""Sentences of our own, annotated by hand, for tests of reading and learning."""

from __future__ import annotations

from pathlib import Path

from engine.doc.doc import Doc
from engine.tokenizers import Tokenizer, tokenizer_for

CONLLU = """\
# sent_id = a-1
# text = Ada didn't see Kigali.
1	Ada	Ada	PROPN	NNP	Number=Sing	3	nsubj	_	_
2-3	didn't	_	_	_	_	_	_	_	_
2	did	do	AUX	VBD	Tense=Past|Mood=Ind	4	aux	_	_
3	n't	not	PART	RB	_	4	advmod	_	_
4	see	see	VERB	VB	VerbForm=Inf	0	root	_	_
5	Kigali	Kigali	PROPN	NNP	Number=Sing	4	obj	_	SpaceAfter=No
6	.	.	PUNCT	.	_	4	punct	_	_

# sent_id = a-2
# text = Rain fell.
1	Rain	rain	NOUN	NN	Number=Sing	2	nsubj	_	_
2	fell	fall	VERB	VBD	Tense=Past	0	root	_	SpaceAfter=No
2.1	hard	hard	ADV	RB	_	_	_	_	_
3	.	.	PUNCT	.	_	2	punct	_	_
"""

IOB2 = """\
# sent_id = a-1
# text = Ada didn't see Kigali.
1	Ada	B-PER	-	-
2	did	O	-	-
3	n't	O	-	-
4	see	O	-	-
5	Kigali	B-LOC	-	-
6	.	O	-	-

# sent_id = a-2
# text = Rain fell.
1	Rain	O	-	-
2	fell	O	-	-
3	.	O	-	-
"""

_NAMES = ["Ada", "Ben", "Chipo", "Dana", "Emre", "Fatou"]
_PLACES = ["Kigali", "Lagos", "Oslo", "Quito", "Turin", "Hanoi"]
_VERBS = ["saw", "left", "likes", "visited", "found", "missed"]


class Reading:
    """The part of a pipeline that readers use."""

    def __init__(self) -> None:
        self.tokenizer: Tokenizer = tokenizer_for("en")


def gold_doc(tokenizer: Tokenizer, words: list[str], spaces: list[bool] | None = None) -> Doc:
    """A document of these words, without labels."""
    return tokenizer.from_words(words, spaces)


def write_files(folder: Path) -> tuple[Path, Path]:
    """The two annotated sentences as CoNLL-U and as IOB2."""
    conllu, iob2 = folder / "two.conllu", folder / "two.iob2"
    conllu.write_text(CONLLU, encoding="utf-8")
    iob2.write_text(IOB2, encoding="utf-8")
    return conllu, iob2


def write_made_corpus(folder: Path, n_sentences: int = 36) -> tuple[Path, Path]:
    """Many sentences of one pattern (name, verb, place), as CoNLL-U and as IOB2: easy to learn."""
    conllu, iob2 = [], []
    for i in range(n_sentences):
        name, verb, place = _NAMES[i % 6], _VERBS[(i // 2) % 6], _PLACES[(i // 3) % 6]
        rows = [(name, "PROPN", "NNP", "Number=Sing", "B-PER"), (verb, "VERB", "VBD", "Tense=Past", "O")]
        rows += [(place, "PROPN", "NNP", "Number=Sing", "B-LOC"), (".", "PUNCT", ".", "_", "O")]
        conllu.append(f"# sent_id = m-{i}")
        iob2.append(f"# sent_id = m-{i}")
        for n, (word, pos, tag, morph, entity) in enumerate(rows, 1):
            misc = "SpaceAfter=No" if n == 3 else "_"
            conllu.append(
                "\t".join(
                    [
                        str(n),
                        word,
                        word,
                        pos,
                        tag,
                        morph,
                        "2" if n != 2 else "0",
                        "dep" if n != 2 else "root",
                        "_",
                        misc,
                    ]
                )
            )
            iob2.append(f"{n}\t{word}\t{entity}\t-\t-")
        conllu.append("")
        iob2.append("")
    paths = folder / "made.conllu", folder / "made.iob2"
    paths[0].write_text("\n".join(conllu), encoding="utf-8")
    paths[1].write_text("\n".join(iob2), encoding="utf-8")
    return paths
