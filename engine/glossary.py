# SPDX-License-Identifier: Apache-2.0
"""What tags and labels mean, in words."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

_POS = """
ADJ adjective
ADP adposition
ADV adverb
AUX auxiliary
CONJ conjunction
CCONJ coordinating conjunction
DET determiner
INTJ interjection
NOUN noun
NUM numeral
PART particle
PRON pronoun
PROPN proper noun
PUNCT punctuation
SCONJ subordinating conjunction
SYM symbol
VERB verb
X other
EOL end of line
SPACE space
"""

_TAGS = """
. punctuation mark, sentence closer
, punctuation mark, comma
-LRB- left round bracket
-RRB- right round bracket
`` opening quotation mark
"" closing quotation mark
'' closing quotation mark
: punctuation mark, colon or ellipsis
$ symbol, currency
# symbol, number sign
AFX affix
CC conjunction, coordinating
CD cardinal number
DT determiner
EX existential there
FW foreign word
HYPH punctuation mark, hyphen
IN conjunction, subordinating or preposition
JJ adjective (English), other noun-modifier (Chinese)
JJR adjective, comparative
JJS adjective, superlative
LS list item marker
MD verb, modal auxiliary
NIL missing tag
NN noun, singular or mass
NNP noun, proper singular
NNPS noun, proper plural
NNS noun, plural
PDT predeterminer
POS possessive ending
PRP pronoun, personal
PRP$ pronoun, possessive
RB adverb
RBR adverb, comparative
RBS adverb, superlative
RP adverb, particle
TO infinitival "to"
UH interjection
VB verb, base form
VBD verb, past tense
VBG verb, gerund or present participle
VBN verb, past participle
VBP verb, non-3rd person singular present
VBZ verb, 3rd person singular present
WDT wh-determiner
WP wh-pronoun, personal
WP$ wh-pronoun, possessive
WRB wh-adverb
SP space (English)
ADD email
NFP superfluous punctuation
GW additional word in multi-word expression
XX unknown
BES auxiliary "be"
HVS forms of "have"
_SP whitespace
SYM symbol
$( other sentence-internal punctuation mark
$, comma
$. sentence-final punctuation mark
ADJA adjective, attributive
ADJD adjective, adverbial or predicative
APPO postposition
APPR preposition, circumposition left
APPRART preposition with article
APZR circumposition right
ART definite or indefinite article
CARD cardinal number
FM foreign language material
ITJ interjection
KOKOM comparative conjunction
KON coordinating conjunction
KOUI subordinating conjunction with "zu"
KOUS subordinating conjunction with sentence
NE proper noun
PDAT attributive demonstrative pronoun
PDS substituting demonstrative pronoun
PIAT attributive indefinite pronoun without determiner
PIS substituting indefinite pronoun
PPER non-reflexive personal pronoun
PPOSAT attributive possessive pronoun
PPOSS substituting possessive pronoun
PRELAT attributive relative pronoun
PRELS substituting relative pronoun
PRF reflexive personal pronoun
PTKA particle with adjective or adverb
PTKANT answer particle
PTKNEG negative particle
PTKVZ separable verbal particle
PTKZU "zu" before infinitive
PWAT attributive interrogative pronoun
PWAV adverbial interrogative or relative pronoun
PWS substituting interrogative pronoun
TRUNC word remnant
VAFIN finite verb, auxiliary
VAIMP imperative, auxiliary
VAINF infinitive, auxiliary
VAPP perfect participle, auxiliary
VMFIN finite verb, modal
VMINF infinitive, modal
VMPP perfect participle, modal
VVFIN finite verb, full
VVIMP imperative, full
VVINF infinitive, full
VVIZU infinitive with "zu", full
VVPP perfect participle, full
XY non-word containing non-letter
"""

_DEPS = """
acl clausal modifier of noun (adjectival clause)
acomp adjectival complement
advcl adverbial clause modifier
advmod adverbial modifier
agent agent
amod adjectival modifier
appos appositional modifier
attr attribute
aux auxiliary
auxpass auxiliary (passive)
case case marking
cc coordinating conjunction
ccomp clausal complement
clf classifier
complm complementizer
compound compound
conj conjunct
cop copula
csubj clausal subject
csubjpass clausal subject (passive)
dative dative
dep unclassified dependent
det determiner
discourse discourse element
dislocated dislocated elements
dobj direct object
expl expletive
fixed fixed multiword expression
flat flat multiword expression
goeswith goes with
hmod modifier in hyphenation
hyph hyphen
infmod infinitival modifier
intj interjection
iobj indirect object
list list
mark marker
meta meta modifier
neg negation modifier
nmod modifier of nominal
nn noun compound modifier
npadvmod noun phrase as adverbial modifier
nsubj nominal subject
nsubjpass nominal subject (passive)
nounmod modifier of nominal
npmod noun phrase as adverbial modifier
num number modifier
number number compound modifier
nummod numeric modifier
obj object
obl oblique nominal
oprd object predicate
orphan orphan
parataxis parataxis
partmod participal modifier
pcomp complement of preposition
pobj object of preposition
poss possession modifier
possessive possessive modifier
preconj pre-correlative conjunction
predet predeterminer
prep prepositional modifier
prt particle
punct punctuation
quantmod modifier of quantifier
rcmod relative clause modifier
relcl relative clause modifier
reparandum overridden disfluency
ROOT root
root root
vocative vocative
xcomp open clausal complement
"""

_ENTS = """
PERSON People, including fictional
NORP Nationalities or religious or political groups
FACILITY Buildings, airports, highways, bridges, etc.
FAC Buildings, airports, highways, bridges, etc.
ORG Companies, agencies, institutions, etc.
GPE Countries, cities, states
LOC Non-GPE locations, mountain ranges, bodies of water
PRODUCT Objects, vehicles, foods, etc. (not services)
EVENT Named hurricanes, battles, wars, sports events, etc.
WORK_OF_ART Titles of books, songs, etc.
LAW Named documents made into laws.
LANGUAGE Any named language
DATE Absolute or relative dates or periods
TIME Times smaller than a day
PERCENT Percentage, including "%"
MONEY Monetary values, including unit
QUANTITY Measurements, as of weight or distance
ORDINAL "first", "second", etc.
CARDINAL Numerals that do not fall under another type
PER Named person or family.
MISC Miscellaneous entities, e.g. events, nationalities, products or works of art
NP noun phrase
VP verb phrase
PP prepositional phrase
S simple declarative clause
"""


def _entries(text: str) -> dict[str, str]:
    """An entry a line: the tag, a blank, its meaning."""
    return {tag: meaning for tag, _, meaning in (line.partition(" ") for line in text.strip().splitlines())}


GLOSSARY: Mapping[str, str] = {
    **_entries(_TAGS),
    **_entries(_DEPS),
    **_entries(_ENTS),
    **_entries(_POS),
}
"""Tag or label -> its meaning."""


def explain(term: str) -> str | None:
    """What a tag or label means; None, with a warning, where nobody wrote it down.

    >>> explain("NORP")
    'Nationalities or religious or political groups'
    """
    if term in GLOSSARY:
        return GLOSSARY[term]
    warnings.warn(
        f"expected a tag or label of a common scheme to explain, got {term!r}", UserWarning, stacklevel=2
    )
    return None
