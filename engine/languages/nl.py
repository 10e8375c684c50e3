# SPDX-License-Identifier: Apache-2.0
"""Dutch, cut as in Universal Dependencies' Alpino: plurals and short words keep their apostrophe (foto's,
's)."""

from __future__ import annotations

from .alphabetic import alphabetic, whole_words, with_either_apostrophe

DATA = alphabetic(
    abbreviations="""
    a.g.v. a.h.w. a.u.b. afb. afd. afz. alg. apr. art. ass. aug. b.d. B.V. b.v. bc. betr. bijv. bijz. blz.
    bv. bvb. c.q. c.s. ca. cat. cf. co. corr. d.d. d.m.v. d.w.z. dec. dgl. dhr. dir. div. dr. drs. ds. e.a.
    e.d. e.e.a. e.o. ed. enz. etc. evt. excl. fam. feb. fig. geb. gem. gen. hfst. hist. i.c. i.e. i.h.a.
    i.h.b. i.p.v. i.s.m. i.v.m. inc. incl. ing. inz. ir. jan. jhr. jkvr. jr. jul. jun. k.k. kath. lic. lt.
    m.a.w. m.b.t. m.b.v. m.i. m.i.v. m.n. m.u.v. max. med. mej. mevr. min. mld. mln. mnd. mr. mrs. mrt. mv.
    n.a.v. n.Chr. n.o.t.k. N.V. n.v.t. nl. nov. nr. nrs. o.a. o.b.v. o.i. o.i.d. o.l.v. o.m. o.t.t. okt. p.
    p.a. p.m. p.o. p/a. pag. par. pres. prof. red. ref. resp. s.v.p. sec. sep. sept. sr. St. st. str. t.a.v.
    t.b.v. t.g.v. t.n.v. t.o.v. t.t. t/m tel. temp. ts. tsz. u.a. uitg. univ. v.Chr. v.d. v.h. v.l.n.r. v.u.
    vb. vgl. vlg. vnl. vol. voorz. vs. vz. w.o. w.v.t.t.k. wnd. wo. z.g.a.n. z.i. z.k.h. zgn. zo.
    """,
    exceptions=whole_words(
        with_either_apostrophe(
            "'s 't 'n 'k 'm 'r 'ns 'tzelfde d'r m'n z'n zo'n z'on 's-Gravenhage 's-Hertogenbosch"
        )
    ),
    whole=(r"[^\W\d_]+['’](?:s|tje|tjes|er|ers|en|n)", r"['’]\d\d", r"['’]s-[A-Z]\w+"),
    domain="nl|be",
    stop_words="""
    aan achter af al alle alleen allemaal als altijd ander andere anders ben bent bij binnen boven buiten
    daar daarbij daarna daarom daarop daarvan dan dat de deze die dit doch doen door dus echter een eens en
    enige er erg ervan even gaan gaat ge geen geweest geworden had hadden heb hebben hebt heeft heel hem hen
    het hier hij hoe hun ieder iedere iemand iets ik in inmiddels is ja je jij jou jouw jullie kan komt kon
    konden kunnen kunt laat maar maken me meer men met mij mijn moest moet moeten mogen na naar naast niet
    niets nieuw nog nooit nu of om omdat onder ons onze ook op over reeds samen sinds soms te tegen tijdens
    toch toe toen tot tussen u uit uw vaak van vanaf veel verder via voor vooral waar waarom wanneer want
    waren was wat we weer wel welk welke werd werden wie wij wil willen word worden wordt zal ze zei zeer
    zelf zich zichzelf zij zijn zo zoals zonder zou zouden zowel zulke zullen zult
    """,
    numbers="""
    nul een één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien
    zeventien achttien negentien twintig eenentwintig dertig veertig vijftig zestig zeventig tachtig
    negentig honderd duizend miljoen miljard biljoen biljard eerste tweede derde vierde vijfde zesde zevende
    achtste negende tiende elfde twaalfde twintigste honderdste duizendste
    """,
    ordinal_endings=("ste", "de", "e"),
)
