# SPDX-License-Identifier: Apache-2.0
"""Romanian, cut as in Universal Dependencies' RRT: words joined by a hyphen are cut, the hyphen stays
with the short one (s- a, într- o, văzându -l)."""

from __future__ import annotations

from .alphabetic import alphabetic, whole_words

_BEFORE = (
    "[smlincvbdjzț]|ş|ș|mi|ți|ţi|te|ne|le|li|și|şi|se|ni|vi|într|dintr|printr|ntr|de|nu|să|că|ce|cine|pe|la|ca"
    "|unde|am|ai|a|au|o|u"
)
_AFTER = (
    "[lio]|mi|ți|ţi|și|şi|ne|ni|le|li|se|te|v[ăa]|n|un|una|am|ai|a|ați|aţi|au|aș|aş|ar|ăla|ăia|asta|astea|aia"
    "|ăsta|mă|s|m|v|unul|însul|însa"
)

DATA = alphabetic(
    abbreviations="""
    a.Chr. a.m. adj. al. alin. ap. art. aug. bd. bl. bul. cap. cca. cf. cit. col. com. corp. cpt. d.Hr. dec.
    Dl. dl. Dna. dna. dnei. doc. Dr. dr. drd. dv. dvs. e.n. ec. ed. et. etc. ex. fam. feb. febr. fig. ian.
    ibid. id. ing. inst. iul. iun. jr. jud. lat. lit. loc. lt. max. mil. min. mld. mp. ms. nov. nr. oct. op.
    p.m. pag. par. pct. pg. plt. pop. pr. Prof. prof. pt. rd. ref. reg. Rev. S.A. S.R.L. sc. sec. sep. sept.
    Sf. sf. sr. st. str. subl. tab. tel. tov. trad. univ. vol. vs. î.e.n. î.Hr. ş.a. ş.a.m.d. ș.a. ș.a.m.d.
    """,
    clitics=(rf"(?<=\w)-(?i:{_AFTER})",),
    exceptions=whole_words("prim-ministru nord-est nord-vest sud-est sud-vest așa-zis"),
    prefixes=(rf"(?i:{_BEFORE})-(?=[^\W\d_])",),
    domain="ro|md",
    stop_words="""
    a abia acea aceasta această aceea aceeași acei aceia acel acela acele acelea acelor acest acesta aceste
    acestea acestei acestor acestui acești aceștia acolo acum adică ai aia aici al ăla alături ale alt alta
    altă alte altele alți altul am ar are aș așa asemenea asta ăsta astăzi astea astfel asupra atare atât
    atâta ați atunci au avea avem aveți azi bine ca că căci când care căreia cărei căror cărui căruia cât
    câte câți către cătră ce cea ceea cei ceilalți cel cele celor ceva chiar ci cine cineva cînd cu cum
    cumva da dacă dar dată de deasupra deci decît decât deja deoarece departe deși despre din dinaintea
    dintr dintre după ea ei el ele era eram este ești eu fără fi fie fiecare fiind fii fost fu îi îl îmi în
    înainte înaintea încât încă între întrucât întâi îți iar ieri la le li lor lui lângă mă mâine mai mea
    mei mele mereu meu mi mie mine mult multă multe mulți ne nevoie nici nicăieri nimeni nimic niște noastră
    noastre noi noștri nostru nouă nu o or ori oricare orice oricine oricum oricând pe pentru peste poate
    pot prea prima primul prin printr puțin să săi sale sau său se și sînt sunt spre sub sunteți suntem ta
    tăi tale tău te ți ție tine toată toate tot toți totuși tu un una unde undeva unei unele uneori unii
    unor unora unu unui unuia unul va vă vi voastră voastre voi vom vor voștri vostru vouă vreo vreun
    """,
    numbers="""
    zero unu una un o doi două trei patru cinci șase șapte opt nouă zece unsprezece doisprezece douăsprezece
    treisprezece paisprezece cincisprezece șaisprezece șaptesprezece optsprezece nouăsprezece douăzeci
    treizeci patruzeci cincizeci șaizeci șaptezeci optzeci nouăzeci sută sute mie mii milion milioane
    miliard miliarde primul prima doilea doua treilea treia patrulea patra cincilea cincea șaselea șasea
    șaptelea șaptea optulea opta nouălea noua zecelea zecea
    """,
)
