# SPDX-License-Identifier: Apache-2.0
"""Transition systems of parser and entity recogniser, written out plainly: one state at a time, every rule
readable.

transition_actions.py  what the classes of both have in common
parser_actions.py  the parser's classes: shift, reduce, left arc, right arc, break
parser_state.py    stack, buffer, arcs; what each action needs and does
parser_decoder.py  arcs of documents, greedily
ner_actions.py     the recogniser's classes: begin, in, last, unit, out
ner_state.py       what a step knows, which actions are valid, which tokens a model looks at
ner_decoder.py     entities of documents, greedily
state_scores.py    what both decoders ask for scores
beam.py            the best few ways at once; ner_beam.py, parser_beam.py: both systems for that
parser_costs.py    what gold loses by each action of a parser

They are the truth for `kernels.parser` and `kernels.ner`, which do the same over whole batches, and where
both oracles stand (`oracle.py` in each): what gold says of a state is asked for whole batches only.
"""

from __future__ import annotations

from .ner_actions import NerActions, ner_actions_from_counts
from .ner_decoder import Preset, decode_entities
from .parser_actions import ParserActions, parser_actions_from_counts
from .parser_decoder import Arcs, decode_arcs
from .parser_state import ParserState
from .state_scores import ScoreState

__all__ = [
    "Arcs",
    "NerActions",
    "ParserActions",
    "ParserState",
    "Preset",
    "ScoreState",
    "decode_arcs",
    "decode_entities",
    "ner_actions_from_counts",
    "parser_actions_from_counts",
]
