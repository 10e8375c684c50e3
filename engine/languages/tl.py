# SPDX-License-Identifier: Apache-2.0
"""Tagalog, cut as in Universal Dependencies' TRG and Ugnayan: the short forms of ay and at are tokens of
their own ('y, 't), prefixes keep their hyphen."""

from __future__ import annotations

from .alphabetic import alphabetic, whole_words, with_either_apostrophe

DATA = alphabetic(
    abbreviations="""
    a.m. Abr. Ago. atb. atbp. Atty. Bb. Blg. Brgy. Btg. Dis. Dr. Dra. Ene. Engr. G. Gng. Gob. Hal. hal. Hen.
    Hon. Hul. Hun. Inc. Jr. Kap. Kgg. Kol. Kor. Ltd. Maj. Mar. Mr. Mrs. Ms. No. Nob. Okt. p.m. pah. Pang.
    Peb. ph. Prof. Prop. Rep. Rev. Sec. Sen. Set. Sgt. Sr. St. Sta. Sto. Tel. tel. vs.
    """,
    clitics=(r"(?<=[^\W\d_])['’][ytn]", r"(?<=[^\W\d_])['’](?:yan|yun)"),
    exceptions=whole_words(
        with_either_apostrophe("'di 'yan 'yon 'yun 'yung 'to 'wag 'pag 'nung 'no 'ka mo'")
    ),
    domain="ph",
    stop_words="""
    ako aking akin alin am amin aming ang ano anumang apat at ating ay ayon ayaw ba bababa bago bakit bawat
    bilang dahil dalawa dapat din dito doon eh ginagawa ginawa gumawa habang halos hanggang hindi huwag iba
    ibaba ibabaw ibig ikaw ilan ilang inyong inyo isa isang ito itong iyan iyo iyon iyong ka kahit kailan
    kailangan kailanman kami kanila kanilang kanino kanya kanyang kapag kapwa karamihan kasi katulad kaya
    kayo ko kong kulang kumuha kundi kung lahat lamang lang lima likod loob lugar maaari maaaring maging
    mahusay makita man marami marapat masyado may mayroon mga minsan mismo mo mula muli na nabanggit naging
    nagkaroon nais nakita naman namin napaka narito nasaan nasa natin ng ngayon ni nila nilang ninyo nito
    niya niyang niyon noon nung o pa paano pagitan pala palabas pamamagitan panahon pangalawa para parang
    pareho pataas pero po puwede rin rito roon sa saan sabihin sarili sasabihin si sila sino siya subalit
    tatlo tayo tulad tungkol una walang wala yung
    """,
    numbers="""
    sero isa isang dalawa dalawang tatlo tatlong apat lima limang anim pito pitong walo walong siyam sampu
    sampung labing-isa labindalawa labintatlo labing-apat labinlima labing-anim labimpito labingwalo
    labinsiyam dalawampu tatlumpu apatnapu limampu animnapu pitumpu walumpu siyamnapu daan sandaan libo
    sanlibo milyon bilyon una ikalawa pangalawa ikatlo pangatlo ikaapat ikalima ikaanim ikapito ikawalo
    ikasiyam ikasampu
    """,
)
