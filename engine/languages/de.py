# SPDX-License-Identifier: Apache-2.0
"""German, cut as in Universal Dependencies' GSD: compounds and cut-off words keep their hyphens, ordinals
their point."""

from __future__ import annotations

from .alphabetic import alphabetic, whole_words

DATA = alphabetic(
    abbreviations="""
    a.D. Abb. Abk. Abs. Abschn. Abt. allg. Anm. Apr. Aufl. Aug. Bd. Bde. Bearb. begr. bes. Best.-Nr. betr.
    bspw. bzgl. bzw. ca. Co. Corp. d.h. Dez. Dipl. Dipl.-Ing. Doz. Dr. Dres. e.V. ehem. eigtl. einschl.
    entspr. etc. evtl. exkl. Fa. Fam. Feb. Febr. ff. Fig. Forts. Fr. Frl. geb. gegr. Ges. gest. Ggf. Hbf.
    hl. Hr. Hrn. Hrsg. i.d.R. Inc. Ing. Inh. inkl. insb. insbes. Jan. Jh. Jhd. Jhdt. jr. Kap. kath. kfm.
    lat. lfd. Lit. lt. Ltd. m.E. Mag. max. med. Mill. mind. Mio. Mrd. MwSt. Mwst. n.Chr. nachm. Nov. Nr.
    Nrn. o.ä. Obj. Okt. Pat. phil. Pkt. Priv.-Doz. Prof. rd. Red. Reg.-Bez. rel. resp. röm. S. s. s.o. s.u.
    schweiz. Sen. Sept. sog. Sr. St. staatl. Stck. Std. stellv. Str. Tab. Tel. tgl. Tsd. u.a. u.s.w. u.U.
    u.v.m. Univ. urspr. usf. usw. v.a. v.Chr. Verf. verh. versch. Vgl. vgl. Vol. vorm. vs. wg. Whg. wiss.
    z.B. z.Hd. z.T. z.Z. zit. zzgl. zzt. österr.
    """,
    clitics=(r"(?<=[a-zäöüß])['’]s", r"(?<=[a-zäöüß]{2})['’](?:nem|ner|nen|ne|n|m|re)"),
    exceptions=whole_words("'s ’s 'n ’n 'ne ’ne 'nen ’nen 'ner ’ner 'nem ’nem S'il"),
    whole=(r"[§]{1,2}", r"\w+-/\w+", r"\w{2,}/-\w+"),
    units="mm|cm|dm|km|m|qm|m²|cm²|km²|m³|ha|mg|kg|g|t|ml|cl|dl|l|ms|sek|min|h|km/h|[kMGT]?[WB]|[kMGT]?Hz|[kMG]?Wh|hPa"
    "|°C|°F|°|Uhr|Euro|Mio|Mrd",
    domain="de|at|ch",
    ordinal_digits=2,
    stop_words="""
    aber alle allem allen aller alles als also am an ander andere anderem anderen anderer anderes auch auf
    aus bei beim bin bis bist da dabei dadurch dafür dagegen daher dahin damit danach daran darauf daraus
    darf darin darüber darum das dass davon davor dazu dein deine deinem deinen deiner dem den denen denn
    dennoch der deren des deshalb dessen dich die dies diese dieselbe diesem diesen dieser dieses dir doch
    dort du durch dürfen eben ein eine einem einen einer eines einige einigen einiger einmal er es etwa
    etwas euch euer eure für ganz gar gegen gewesen gibt hab habe haben hat hatte hatten hier hin hinter ich
    ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im immer in indem ins ist ja jede jedem jeden jeder jedes
    jedoch jene jenem jenen jener jenes jetzt kann kein keine keinem keinen keiner können könnte machen man
    manche mehr mein meine meinem meinen meiner mich mir mit muss müssen nach nachdem nein nicht nichts noch
    nun nur ob oder ohne schon sehr sein seine seinem seinen seiner seines seit selbst sich sie sind so
    solche solchem solchen solcher soll sollen sollte sondern sonst über um und uns unser unsere unter viel
    viele vom von vor während war waren was weil weiter welche welchem welchen welcher welches wenn wer
    werde werden weshalb wie wieder will wir wird wo wohl wollen worden würde würden zu zum zur zwar
    zwischen
    """,
    numbers="""
    null ein eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn
    sechzehn siebzehn achtzehn neunzehn zwanzig einundzwanzig dreißig vierzig fünfzig sechzig siebzig
    achtzig neunzig hundert tausend million millionen milliarde milliarden billion billionen erste ersten
    erster erstes zweite zweiten zweiter dritte dritten dritter vierte vierten fünfte fünften sechste
    sechsten siebte siebten achte achten neunte neunten zehnte zehnten elfte zwölfte zwanzigste hundertste
    tausendste
    """,
)
