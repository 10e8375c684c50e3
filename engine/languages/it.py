# SPDX-License-Identifier: Apache-2.0
"""Italian, cut as in Universal Dependencies' ISDT: elided words are tokens of their own (l', dell', c')."""

from __future__ import annotations

from .alphabetic import alphabetic, whole_words, with_either_apostrophe

DATA = alphabetic(
    abbreviations="""
    a.C. ago. all. amm. app. approx. apr. arch. art. artt. avv. c.a. c.c. c.p. c.p.c. C.so c.so cap. capp.
    cc. cfr. cit. co. cod. col. coll. comm. cost. d.C. D.L. d.l. D.Lgs. d.lgs. D.P.R. dic. dis. dott.
    Dott.ssa dott.ssa dr. Dr.ssa dr.ssa ecc. ed. edd. egr. es. etc. F.lli f.lli fam. feb. fig. figg. gen.
    geom. gg. giu. ibid. ill. ing. int. lat. lett. ltd. lug. mag. mons. mr. mrs. ms. n. nn. nov. nr. on. op.
    ott. p.es. P.za p.za pag. pagg. par. pp. pres. proc. prof. Prof.ssa prof.ssa profs. prov. rag. rep. rev.
    s.a. S.n.c. S.p.A. s.p.a. S.r.l. s.r.l. sec. seg. segg. sen. sez. sig. Sig.na Sig.ra sig.ra Sigg. sigg.
    sp. spett. ss. St. tab. tel. trad. u.s. univ. V.le v.le vol. voll. vs.
    """,
    elided=(
        "l|un|gl|c|d|s|m|t|v|n|dell|nell|all|dall|sull|coll|pell|quell|quest|bell|sant|tutt|nient|senz|anch|com|dov|cos|quand"
        "|quant|buon|grand|ciascun|nessun|qualcun|alcun|quattr|mezz|altr|dev|neanch|cent|trent|vent|degl|negl"
    ),
    exceptions=whole_words(
        with_either_apostrophe(
            "po' mo' be' di' fa' va' sta' da' a' de' ne' co' su' to' ca' 'sto 'sta 'sti 'ste"
        )
    ),
    whole=(r"['’]\d\d", r"\d+[°ºª]", r"[Nn]\.?[°º]"),
    domain="it",
    stop_words="""
    a abbia abbiamo ad agli ai al alcune alcuni all alla alle allo allora altra altre altri altro anche
    ancora aveva avevano avere c' che chi ci ciascuno ciò coi col come con contro così cui d' da dagli dai
    dal dall dalla dalle dallo degli dei del dell della delle dello dentro deve di dopo dove dovrà due
    durante e è ebbe ecco ed egli era erano essa esse essere essi esso fa fare fatto fino fra fu furono già
    gli ha hai hanno ho i il in infatti invece io l' la le lei li lo loro lui ma me meno mentre mi mia mie
    miei mio molta molte molti molto ne né negli nei nel nell nella nelle nello nessun nessuna nessuno
    niente noi non nostra nostre nostri nostro o od ogni oltre oppure ora per perché perciò però più po'
    poca poche pochi poco poi poiché può qual quale quali quando quanta quante quanti quanto quasi quella
    quelle quelli quello questa queste questi questo qui quindi sa sarà saranno se sé sei sempre senza si
    sia siamo siano solo sono sopra sotto sta stata state stati stato stesso su sua sue sugli sui sul sull
    sulla sulle sullo suo suoi tale tanto te ti tra troppo tu tua tue tuo tuoi tutta tutte tutti tutto un
    una uno v' verso vi voi vostra vostre vostri vostro
    """,
    numbers="""
    zero uno una due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici
    sedici diciassette diciotto diciannove venti ventuno ventidue trenta quaranta cinquanta sessanta
    settanta ottanta novanta cento duecento trecento mille mila milione milioni miliardo miliardi bilione
    primo prima secondo seconda terzo terza quarto quarta quinto quinta sesto sesta settimo settima ottavo
    ottava nono nona decimo decima
    """,
    ordinal_endings=("º", "ª", "°"),
)
