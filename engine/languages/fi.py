# SPDX-License-Identifier: Apache-2.0
"""Finnish, cut as in Universal Dependencies' TDT: a colon joins case endings to short forms and numbers
(EU:n)."""

from __future__ import annotations

from .alphabetic import alphabetic

DATA = alphabetic(
    abbreviations="""
    aik. alk. alv. ap. ark. as. ed. eKr. em. esim. etc. evp. fil. fil.maist. ha. harv. hlö. hra. huom. ilt.
    ip. jKr. jms. jne. joht. jr. k. kand. kd. kk. klo. kpl. kr. ks. kv. l. leht. lis. lk. lkm. lyh. lähd.
    lääk. maist. milj. mk. ml. mlk. mm. mon. mrd. n. nim. nk. nro. ns. nti. nyk. o.s. oik. op. os. p. par.
    per. pj. po. prof. pros. pvm. pyh. rek. rkl. rva. s. sd. seur. siht. so. sr. srk. st. synt. t. til. tms.
    tn. toht. toim. tri. ts. tuom. tuon. tv. ty. un. v. vas. vert. vht. virk. vm. vrt. vs. vsk. yht. yks.
    ym. yms. yo.
    """,
    whole=(r"[\w.%°-]+:[a-zäö]{1,6}", r"[\w-]+['’][a-zäö]{1,5}"),
    domain="fi",
    ordinal_digits=2,
    stop_words="""
    aina ainakin ainoastaan alla alle asti edelleen ei eikä eivät ehkä eli emme en enemmän ennen ensi entä
    esi että ette et eräs eri esimerkiksi hän häneen häneltä hänelle hänen hänessä hänestä hänet häntä he
    heidän heidät heihin heille heillä heistä heitä hyvin ihan ilman itse itsensä ja jo johon joihin joiden
    joilla joille joissa joista joita joka joko jokainen joku jolla jolle jolloin jolta jonka jonkin jopa
    jos joskus jossa josta jota jotain jotka jotta juuri kai kaikki kaikkien kanssa kautta keneen kenen
    kerran keskellä keskuudessa ketkä ketä koko koska koskaan kuin kuinka kuitenkaan kuitenkin kuka kukaan
    kun kuten kyllä lisäksi luo lähes lähellä läpi me meidän meille meissä meistä meitä melko mihin mikä
    mikään miksi millainen millä milloin miltä minkä minua minulla minulle minun minusta minut minä missä
    mistä miten mitkä mitä mitään molemmat monet moni mukaan mutta muu muut muun muita myös myöskään niiden
    niihin niille niillä niin niissä niistä niitä noin noita nuo nyt näiden näihin näille näillä näin näissä
    näistä näitä nämä ne ole olemme olen olet olette oli olimme olin olisi olisivat olit olivat olla olleet
    ollut on ovat paljon pian pitkin poikki pois päin saa se sekä sellainen sen siihen siinä siis siitä
    sille sillä silti sinua sinulla sinun sinut sinä sitten sitä suoraan taas tai takana takia te teidän
    teille teitä tuo tuohon tuon tuossa tuosta tuota tähän tällä tälle tämä tämän tässä tästä tätä vaan vai
    vaikka vain vasta vastaan vielä voi vuoksi yli
    """,
    numbers="""
    nolla yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän kymmenen yksitoista kaksitoista
    kolmetoista neljätoista viisitoista kuusitoista seitsemäntoista kahdeksantoista yhdeksäntoista
    kaksikymmentä kolmekymmentä neljäkymmentä viisikymmentä kuusikymmentä seitsemänkymmentä
    kahdeksankymmentä yhdeksänkymmentä sata tuhat miljoona miljardi biljoona ensimmäinen toinen kolmas
    neljäs viides kuudes seitsemäs kahdeksas yhdeksäs kymmenes
    """,
)
