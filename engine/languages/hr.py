# SPDX-License-Identifier: Apache-2.0
"""Croatian, cut as in Universal Dependencies' SET: ordinals and years keep their point (2010.)."""

from __future__ import annotations

from .alphabetic import alphabetic

DATA = alphabetic(
    abbreviations="""
    adj. adv. akad. akuz. aps. arh. bl. bos. br. cca. d.d. d.o.o. dipl. dir. doc. dok. dr. dr.sc. dvd. eng.
    engl. est. etc. ev. g. gdin. gen. god. gosp. gr. gđa. gđe. hrv. i.e. ing. ins. inž. isp. itd. itsl. izd.
    j.n. jd. k.č. kat. kem. kn. kol. kom. lat. lip. lok. mag. mil. min. mj. mlrd. mr. mr.sc. n.e. nak. nast.
    njem. nom. npr. o.g. odg. odn. odsj. op. op.cit. os. ožu. pl. podr. pogl. pok. por. pov. pr. pr.n.e.
    prev. pril. prof. ps. r. rd. red. ref. rkp. ruj. rus. sc. sek. sij. sl. srp. st. str. stu. sv. tal. tel.
    tis. tj. tzv. ul. ur. usp. var. vd. velj. vl. vol. vs. zag. zam. zast. zb. čl. šk. šp. žen.
    """,
    domain="hr",
    ordinal_digits=4,
    stop_words="""
    a ako ali baš bez bi bih bijah bila bili bilo bio bismo biste biti bit bješe bude budem budemo budete
    budu budući bumo da dakle dalje do dok drugi duž dva ga gdje hoće hoćemo hoćete hoćeš hoću i iako ih ili
    im iz iza ipak ispod ispred između ja je jedan jedna jedno jednog jer jesam jesi jesmo jest jeste jesu
    jim joj još ju kada kad kako kao ko koga koja koje kojeg kojem koji kojih kojim kojima koju kroz li me
    meni među mene mi mimo moj moja moje mojim mu na nad nakon nam nama nas naš naša naše našeg ne nego neka
    neke neki nekog neku nema netko neće nećemo nećete nećeš neću nešto ni nije nijedan niko nikoga nikoji
    nisam nisi nismo niste nisu niti nitko no njega njegov njegova njegovo njemu njezin njezina njih njihov
    njihova njim njima njoj nju o od odmah on ona oni ono onda onaj oko osim ova ovaj ove ovo ovoga ovom pa
    pak pet po pod podno pored poslije prije preko prema pri protiv radi s sa sam samo san sav se sebe sebi
    si smo ste sto su sve svi svih svog svoj svoja svoje svom svu ta tada taj tako također te tebe tebi ti
    tim to tom tome tu tvoj tvoja tvoje u uoči uz vam vama vas vaš vaša vaše već vi vrlo za zar zato zbog
    što štoviše će ćemo ćete ćeš ću
    """,
    numbers="""
    nula jedan jedna jedno dva dvije tri četiri pet šest sedam osam devet deset jedanaest dvanaest trinaest
    četrnaest petnaest šesnaest sedamnaest osamnaest devetnaest dvadeset trideset četrdeset pedeset šezdeset
    sedamdeset osamdeset devedeset sto dvjesto tristo petsto tisuća tisuće tisuću milijun milijuna milijarda
    milijarde milijardi bilijun prvi prva drugi druga treći treća četvrti peti šesti sedmi osmi deveti
    deseti
    """,
)
