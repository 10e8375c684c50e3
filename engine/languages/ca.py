# SPDX-License-Identifier: Apache-2.0
"""Catalan, cut as in Universal Dependencies' AnCora: elided words and weak pronouns are tokens of their
own (l', -se, 'n), the l·l stays whole."""

from __future__ import annotations

from .alphabetic import alphabetic, whole_words, with_either_apostrophe

DATA = alphabetic(
    abbreviations="""
    a.C. a.m. abr. adj. adm. ag. ap. apt. art. av. avda. cap. cf. Cia. cia. cit. col. coord. ctra. d.C. dc.
    des. desc. dg. dir. dj. dl. dm. doc. Dr. dr. Dra. dra. ds. dt. dv. e.g. ed. EE.UU. etc. ex. Excm. febr.
    fig. gen. Gral. gral. hab. i.e. Il·lm. Inc. jul. Ltd. Mn. Mns. Mons. màx. mín. N. nov. núm. núms. oct.
    op. p.ex. p.m. pl. pral. Prof. prof. pta. ptes. ptge. pàg. pàgs. ref. reg. S.A. S.L. seg. segl. set.
    sgt. Sr. sr. Sra. Srta. ss. St. Sta. tel. trad. trav. tít. univ. vg. vol. vols. vs.
    """,
    elided="l|d|m|t|s|n",
    clitics=(
        r"(?<=\w)-(?:me|te|se|lo|los|la|les|li|ne|hi|ho|nos|vos|us)",
        r"(?<=[^\W\d_])['’](?:ls|ns|[lmtsn])",
        r"(?<=[^\W\d_])-(?:l|m|t|s|n)['’](?:en|hi|ho)?",
    ),
    exceptions=whole_words(with_either_apostrophe("pot-ser d'en")),
    whole=(r"(?:[A-ZÀÈÉÍÒÓÚ]{2}\.){2}", r"\d+(?:r|n|t|è|a|ns|rs)\.?"),
    domain="cat|es|ad",
    stop_words="""
    a abans això al algun alguna algunes alguns allà allò als altra altre altres amb ambdós aquell aquella
    aquelles aquells aquest aquesta aquestes aquests aquí així bastant bé cada cadascun cap com contra d'
    dalt damunt de del dels des després dins dos durant e el ell ella elles ells els em en encara ens entre
    era eren érem es és esta està estan estat estava et etc fa fan fer fins foren fou ha haver havia havien
    hem hi ho i igual ja jo l' la les li lo llavors lluny m' ma mal mateix mateixa meu meva meves meus
    mentre més menys mi molt molta moltes molts n' ni no nogensmenys només nos nosaltres nostra nostre
    nostres o on os pel pels per què perquè però poc poca pocs podem poden poder potser primer prop pot puc
    qual quals qualsevol quan quant quatre que quelcom qui quin quina quines quins s' sa saben sap se segons
    sense ser serà ses seu seus seva seves si sí sinó sobre sobretot soc sóc solament sols som són sota sou
    t' ta també tampoc tan tant tanta tants te tenir ter teu teus teva teves tinc tot tota totes tots tres
    tu un una unes uns us va vaig vam van vas vers vol vosaltres vostè vostra vostre vostres
    """,
    numbers="""
    zero un una dos dues tres quatre cinc sis set vuit nou deu onze dotze tretze catorze quinze setze disset
    divuit dinou vint trenta quaranta cinquanta seixanta setanta vuitanta noranta cent cents mil milió
    milions bilió bilions primer primera segon segona tercer tercera quart quarta cinquè cinquena sisè setè
    vuitè novè desè
    """,
)
