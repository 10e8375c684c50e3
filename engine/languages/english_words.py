# SPDX-License-Identifier: Apache-2.0
"""English words that are numbers, and the commonest ones that carry little meaning of their own."""

from __future__ import annotations

_CARDINALS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen "
    "twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion "
    "trillion quadrillion quintillion sextillion "
    "septillion octillion nonillion decillion"
)

CARDINALS = frozenset(_CARDINALS.split())

_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth "
    "seventeenth eighteenth nineteenth twentieth thirtieth fortieth fiftieth sixtieth "
    "seventieth eightieth ninetieth hundredth thousandth "
    "millionth billionth trillionth quadrillionth quintillionth sextillionth septillionth "
    "octillionth nonillionth decillionth"
)

ORDINALS = frozenset(_ORDINALS.split())

ORDINAL_ENDINGS = ("st", "nd", "rd", "th")
"""What follows the digits of an ordinal."""

_CLITICS = tuple(f"{mark}{rest}" for mark in "'\u2018\u2019" for rest in ("d", "ll", "m", "re", "s", "ve"))

_PRONOUNS = (
    "i me my mine myself you your yours yourself yourselves he him his himself she her hers "
    "herself it its itself we us our ours ourselves "
    "they them their themselves one anyone someone everyone noone anything something "
    "everything nothing nobody others whose who whom what "
    "which this that these those each either neither none both all any some such same other another"
)
_VERBS = (
    "am is are was were be been being has have had do does did doing done can could ca cannot "
    "may might must should will would "
    "become becomes became becoming "
    "make made go give get keep put say see seem seems seemed seeming show take call move "
    "using used regarding"
)
_ADVERBS = (
    "again almost alone already also although always anyhow anyway anywhere before beforehand "
    "besides else elsewhere enough even ever "
    "everywhere further hence here hereafter hereby herein hereupon how however indeed just "
    "last latter latterly least less many "
    "meanwhile more moreover most mostly much namely never nevertheless nowhere not now often "
    "once only otherwise perhaps please quite "
    "rather really somehow sometime sometimes somewhere still then thence there thereafter "
    "thereby therefore therein thereupon thus "
    "together too very well when whence whenever where whereafter whereas whereby wherein "
    "whereupon wherever why yet former formerly "
    "own several various unless few next nor no"
)
_LINKS = (
    "a an the and or but if because as until while of at by for with about against between "
    "into through throughout during after above "
    "below to from up down in out on off over under than so across afterwards along among "
    "amongst amount around back behind beside "
    "beyond bottom top full front side empty name part serious due via per towards toward upon "
    "within without since though thru onto "
    "whatever whether whither whoever whole every except re"
)
_NUMBERS = (
    "two three four five six eight nine ten eleven twelve fifteen twenty forty fifty sixty "
    "hundred third first"
)

STOP_WORDS = frozenset(
    (" ".join((_PRONOUNS, _VERBS, _ADVERBS, _LINKS, _NUMBERS))).split()
    + list(_CLITICS)
    + ["n't", "n\u2018t", "n\u2019t"]
)
"""Articles, pronouns, prepositions, auxiliaries and the like, in lower case."""
