# SPDX-License-Identifier: Apache-2.0
"""Swedish, cut as in Universal Dependencies' Talbanken: a colon joins endings to numbers and short forms
(3:e)."""

from __future__ import annotations

from .alphabetic import alphabetic, whole_words

DATA = alphabetic(
    abbreviations="""
    adj. adv. alt. anm. apr. art. aug. avd. avs. bet. bil. bl.a bl.a. c:a ca ca. d.v.s. d.y. d.ä. dec. dir.
    doc. dr. dvs. dyl. e.d. e.Kr. e.l. eg. ekon. el. ev. ex. exkl. f.d. f.Kr. f.n. f.ö. febr. fig. fil. fm.
    fr.o.m. fr.om. föreg. förf. g.m. gm. gr. hr. i.st.f. ibl. ing. inkl. inst. jan. jfr. kap. kl. kr. kungl.
    lic. m.a.o. m.fl m.fl. m.m m.m. mag. max. med. milj. min. mom. n.b. nov. nr. nuv. näml. o.d. o.dyl.
    o.s.v. obs. okt. ord. osv. p.g.a. p.s. pga. pl. prof. r.a. ref. resp. s.a.s. s.k. sept. sid. sign. skr.
    spec. st. std. str. t.ex t.ex. t.h. t.o.m. t.v. tab. tel. tex. tf. tr. trol. ung. univ. uppl. utg. vol.
    vv. äv. övers. övr.
    """,
    exceptions=whole_words("t.ex bl.a m.fl o.s.v d.v.s fr.o.m t.o.m m.m s.k p.g.a i.st.f"),
    whole=(r"[\w.]+:[a-zåäö]{1,4}",),
    domain="se|nu",
    keeps_final_hyphen=True,
    stop_words="""
    aldrig all alla allt alltid allting alltså andra andras annan annat att av bara behöva bland blev bli
    blir blivit bort borta både därför de dem den denna deras dess dessa det detta dig din dina dit ditt du
    där då efter eftersom ej eller en er era ert ett fick finnas finns fler flera flesta fram framför från
    får få för före förut ge genom ger gick gjorde gör göra går gå ha hade han hans har hela henne hennes
    her hit hon honom hur här i ibland icke igen in inför ingen inget ingenting inga innan inne inom inte ja
    jag ju kan kanske kom komma kommer kring kunde kunna kvar man mig min mina mindre mitt mot mycket många
    måste mellan medan med men mer mera mest ned nej ner ni nog nu något någon några när nästan och också om
    oss på redan samma sedan ser sig sin sina sitt själv ska skall skulle snart som står så sådan sådana
    sådant säger sätt till tog under upp ut utan utanför vad var vara vardera varför varit varje vars vart
    vem vems vi vid vidare vilka vilken vilket vill visst vår våra vårt även över
    """,
    numbers="""
    noll en ett två tre fyra fem sex sju åtta nio tio elva tolv tretton fjorton femton sexton sjutton arton
    nitton tjugo trettio fyrtio femtio sextio sjuttio åttio nittio hundra tusen miljon miljoner miljard
    miljarder biljon biljoner första förste andra andre tredje fjärde femte sjätte sjunde åttonde nionde
    tionde elfte tolfte tjugonde hundrade
    """,
    ordinal_endings=(":e", ":a"),
)
