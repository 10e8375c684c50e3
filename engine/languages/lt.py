# SPDX-License-Identifier: Apache-2.0
"""Lithuanian, cut as in Universal Dependencies' ALKSNIS: short forms keep their point (m., mln., t.y.)."""

from __future__ import annotations

from .alphabetic import alphabetic

DATA = alphabetic(
    abbreviations="""
    d. a.a.ž. a.k. a.s. acad. adv. akad. akt. al. ang. angl. aps. apskr. apyg. asist. asmv. aut. avd. b.k.
    bendr. bt. buhalt. dail. dek. dir. dirig. doc. dol. dr. drp. dvit. dėst. e.g. egz. eil. ekon. ekv. el.p.
    etc. fak. faks. filol. filos. g. geol. gerb. gim. gv. gyv. hab. ind. insp. inž. isp. istor. išl. jaun.
    jn. jun. k. k.a. kab. kand. kart. kat. ketv. kg. kl. kln. km. kn. koresp. kpt. kr. kt. kub. kun. kv.
    l.e.p. lit. lot. lt. ltn. m. m.e. m.m. mat. matem. med. min. mjr. mln. mlrd. mok. moksl. mokyt. mot.
    mst. mėn. N.B. nkt. not. nov. Nr. nr. p. p.m.e. pan. past. pav. pavad. pirm. pl. plg. plk. po.Kr. pr.
    pr.Kr. pranc. proc. prof. prot. psl. pss. pvz. pšt. r. raj. red. rež. rus. rš. s. sav. saviv. sek. sen.
    sk. skl. skv. skyr. sp. spec. sr. st. str. stud. t. t.p. t.t. t.y. tech. tel. tir. tūkst. up. upl. vad.
    val. vet. vid. virš. vnt. vok. vs. vtv. vv. vyr. įsk. š.m. šiaur. šnek. šv. ž. žml. žr.
    """,
    whole=(r"\d+-(?:asis|oji|ieji|osios|ojo|ąjį|ajame|uoju|us|ai|os|iai|ies|ių|tas|ta|oje|ame|aisiais|ųjų)",),
    domain="lt",
    stop_words="""
    abi abidvi abiejų abu abudu ai anai ana anas ant apie arba ar argi aš aplink arti bei be bet beveik čia
    dabar dar daug dėl dėka deja dviem gal galbūt gi iki ir iš išilgai it itin į jai jais jam jame jau jei
    jeigu ji jie jiedu jiems jis jo jog jos joje jomis juo juos juose jų ją jį kad kada kadangi kai kaip kas
    katra katras ką kažkas kažkoks kiek kiekvienas kita kitas kiti kito kol koks kodėl kur kuri kurie kurio
    kuris kurios kurių kurį kuriame labai lig ligi link lyg man mane manęs mano mat mes mums mumis mus mūsų
    na nebe nebent negi negu nei neigi nė nes nors nuo o ogi pagal pakol palei pas paskui pat pati patys
    pačių pats per po prie prieš pro pusiau sau savas save savęs savimi savo skersai su sulig ta tad tai
    taip tam tame tarp tarsi tarytum tas tau tave tavęs tavo te tie tiek tik tikriausiai to todėl toje tokia
    toks tokie toliau tos tu tuo tuomet tuos turi turėti tų tą ties už užu va vėl ver vien vienas viena
    vienok virš vis visa visas visi viso visų vos yra būti buvo bus būtų šalia šiai šiam šie ši šio šios
    šiuo šis šit šita šitas šitie šių šį štai
    """,
    numbers="""
    nulis vienas viena du dvi trys keturi keturios penki penkios šeši šešios septyni septynios aštuoni
    aštuonios devyni devynios dešimt vienuolika dvylika trylika keturiolika penkiolika šešiolika
    septyniolika aštuoniolika devyniolika dvidešimt trisdešimt keturiasdešimt penkiasdešimt šešiasdešimt
    septyniasdešimt aštuoniasdešimt devyniasdešimt šimtas šimtai tūkstantis tūkstančiai milijonas milijonai
    milijardas milijardai pirmas pirma antras antra trečias trečia ketvirtas penktas šeštas septintas
    aštuntas devintas dešimtas
    """,
)
