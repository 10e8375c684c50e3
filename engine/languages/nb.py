# SPDX-License-Identifier: Apache-2.0
"""Norwegian Bokmål, cut as in Universal Dependencies' Bokmaal: ordinals keep their point, short forms
theirs."""

from __future__ import annotations

from .alphabetic import alphabetic

DATA = alphabetic(
    abbreviations="""
    a.m. adm.dir. apr. Aq. aug. avd. avg. b.c. bl.a. bla. bm. bnr. bto. c. ca. cand.mag. co. d.d. d.m. d.y.
    dept. des. dir. div. doc. dp. dr. dss. dvs. e.Kr. e.l. ed. eg. ekskl. el. eng. etc. etg. ev. evt. f.
    f.eks. f.Kr. f.o.m. feb. ff. fhv. fk. fl. flg. foreg. fork. fr. frk. fv. fvt. gl. gno. gnr. grl. gt.
    h.r.adv. hhv. hoh. hr. ifb. ifm. iht. inkl. innb. iom. ist. istf. jan. jf. jr. jul. jun. juris. kfr.
    kgl. kl. komm. kr. kst. lat. lb. lt. m.a.o. m.fl. m.m. m.v. ma. mag. maks. mar. mfl. mht. mill. min.
    mnd. moh. mrd. muh. mv. mva. n.å. ndf. no. nov. nr. nto. nyno. o.a. o.l. obl. off. ofl. okt. op. org.
    osv. ovf. p.a. p.d.d. p.g.a. p.t. pga. ph.d. pkt. pr. pst. pt. red. ref. res. res.kap. resp. rv. s.d.
    s.k. s.u. s.å. sen. sep. sept. siviling. sms. sp. spm. sr. sst. st. stip. stk. stud. sv. t.h. t.o.m.
    t.v. temp. tils. tilsv. tlf. tr. ult. utg. v. vedk. vedr. vg. vgs. vha. vit.ass. vn. vol. vs. vsa. årg.
    årh.
    """,
    domain="no",
    ordinal_digits=2,
    stop_words="""
    alle allerede alt altså andre annen annet at av bak bare bedre beste blant ble bli blir blitt bort bra
    bruk både da dag de del dem den denne dens der dere deres det dette din disse dit ditt du dårlig eg egen
    ei eller en enda ene eneste enn er et ett etter fem fikk fire fjor flere folk for fordi forrige fortsatt
    fra fram først få får før gang gi gikk gir gjennom gjorde gjort gjør gjøre god godt grunn gå går ham han
    hans har hele helt henne hennes her hos hun hva hvem hver hvilke hvilken hvis hvor hvordan hvorfor i
    igjen ikke ingen inn innen innenfor ja jeg jo kan kom komme kommer kunne kveld langt la lite litt løpet
    man mange med meg meget mellom men mens mer mest min mine mitt mot mye må måte ned nei ni noe noen nok
    nye nå når og også om opp oss over par på runde rundt sa samme sammen satt se seg sei selv senere ser si
    sier siden sin sine siste sitt skal skulle slik snart som sted stor store står svært så ta tatt tid
    tidligere til tilbake to tok tre tror tur under ut uten utenfor vant var ved veldig vi videre viktig vil
    ville viser vår våre være vært år
    """,
    numbers="""
    null en én ett to tre fire fem seks sju syv åtte ni ti elleve tolv tretten fjorten femten seksten sytten
    atten nitten tjue tyve tretti tredve førti femti seksti sytti åtti nitti hundre tusen million millioner
    milliard milliarder første andre tredje fjerde femte sjette sjuende syvende åttende niende tiende
    ellevte tolvte tjuende
    """,
)
