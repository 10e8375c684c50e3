# SPDX-License-Identifier: Apache-2.0
"""Danish, cut as in Universal Dependencies' DDT: ordinals keep their point, short forms theirs."""

from __future__ import annotations

from .alphabetic import alphabetic

DATA = alphabetic(
    abbreviations="""
    a.m.b.a. adj. adr. adv. afd. afg. afs. alm. ang. ank. anm. ansv. apr. art. aug. beg. bem. bet. betegn.
    bibl. bl. bl.a. bygn. ca. cand. co. d.d. d.e. d.v.s. d.y. d.æ. dec. dir. disp. div. do. dr. dvs. e.Kr.
    e.l. eks. ekskl. eng. etc. evt. f.eks. f.Kr. f.m. f.o.m. f.t. fa. feb. ff. fhv. fig. fl. flg. fmd. forb.
    foreg. foren. forf. fork. form. forsk. fr. fx. g.m. gl. gns. henv. hhv. hr. i.e. ib. if. iflg. ifm. ing.
    inkl. insp. instr. isl. istf. jan. jf. jr. jul. jun. jvf. kap. kbh. kgl. kl. komm. kr. kst. lat. lign.
    lok. lør. m.a.o. m.fl. m.h.t. m.m. m.v. mag. maks. max. md. medd. medl. mf. mia. min. mio. modsv. modt.
    mr. mrs. mv. mvh. n.br. ndf. nov. nr. nto. o.a. o.l. o.lign. o.m.a. okt. omg. omkr. op. opl. oprind.
    ord. osv. ovenst. overf. p.a. p.b.v. p.g.a. p.t. pct. pers. pga. pkt. pr. prof. pt. ref. res. resp.
    rest. s.u. sdr. sek. sep. sept. sml. sp. spec. spm. spr. sr. st. stk. str. sv. t.eks. t.h. t.o.m. t.v.
    tab. td. tel. tidl. tilf. tirs. tlf. tors. u.st. udg. univ. v.h.a. vedr. vejl. vh. vha. vol. vs. årg.
    årh.
    """,
    whole=(r"[A-ZÆØÅ]/[A-ZÆØÅ]",),
    domain="dk",
    ordinal_digits=2,
    stop_words="""
    af aldrig alene alle allerede alligevel alt altid anden andet andre at bag begge blandt blev blive
    bliver burde bør da de dem den denne dens der deres derfor derfra deri dermed derpå derved det dette dig
    din dine disse dit dog du efter egen ej eller ellers en end endnu ene eneste enhver er et far fem fik
    flere fleste for foran fordi forrige fra få får før først gennem gjorde gjort god gør gøre gørende ham
    han hans har havde have hej hel heller helt hen hende hendes her hos hun hvad hvem hver hvilken hvis
    hvor hvordan hvorfor hvornår i igen igennem ikke imellem imens imod ind indtil ingen intet jeg jer jeres
    jo kan kom komme kommer kun kunne lad langs lav lave lavet lidt lige ligesom man mand mange med meget
    mellem men mens mere mest mig min mindre mindst mine mit mod må måske ned nej noget nogen nogle nok nu
    ny nyt når nær næste næsten og også om omkring op os over overalt på samme sammen se seks selv selvom
    ser ses siden sig sige sin sine sit skal skulle som stadig stor store synes så sådan således tag tage
    temmelig thi ti tidligere til tilbage to tre ud uden udover under undtagen var ved vi via vil ville vor
    vore vores være været
    """,
    numbers="""
    nul en et to tre fire fem seks syv otte ni ti elleve tolv tretten fjorten femten seksten sytten atten
    nitten tyve tredive fyrre halvtreds tres halvfjerds firs halvfems hundrede tusind million millioner
    milliard milliarder første anden andet tredje fjerde femte sjette syvende ottende niende tiende ellevte
    tolvte tyvende
    """,
)
