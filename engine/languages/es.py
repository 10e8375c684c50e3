# SPDX-License-Identifier: Apache-2.0
"""Spanish, cut as in Universal Dependencies' AnCora and GSD: opening marks, abbreviations in pairs
(EE.UU.)."""

from __future__ import annotations

from .alphabetic import alphabetic

DATA = alphabetic(
    abbreviations="""
    a.C. a.m. abr. admón. ago. apdo. art. arts. av. avda. Bco. Bs. c. cap. caps. CC.AA. CC.OO. cf. col.
    coord. cta. Cía. cía. d.C. dcha. dep. depto. dic. doc. Dr. Dra. Dres. Dª. Dña. ed. eds. EE.UU. ej. Emmo.
    ene. entlo. esq. etc. Exc. Excma. Excmo. ext. Fdez. Fdo. feb. FF.AA. fig. figs. Fr. gob. Gral. gral.
    Hno. Hnos. ibíd. Ilma. Ilmo. imp. Inc. inc. Ing. izda. izq. JJ.OO. Jr. jul. jun. Kg. Lic. Ltd. Ltda.
    Mons. Mtro. mzo. Mª. máx. mín. nov. nro. Nª. núm. núms. oct. op. P.D. p.ej. p.m. pl. Prof. Profa. Prov.
    pte. pág. págs. párr. R.I.P. ref. Rep. RR.HH. Rte. S.A. s.f. S.L. S.R.L. sept. Sgto. Sr. Sra. Sras.
    Sres. Srta. Sta. Sto. Tel. tel. teléf. trad. tít. Ud. Uds. Vd. Vds. Vol. vol. vols. vs.
    """,
    whole=(r"(?:[A-ZÁÉÍÓÚÑ]{2}\.){2}", r"[Nn]\.?[°ºª]", r"\d+[.]?[ºª°]"),
    domain="es|mx|ar|cl|co",
    stop_words="""
    a acá ahí al algo algún alguna algunas alguno algunos allá allí ambos ante antes aquel aquella aquellas
    aquellos aquí así aun aún aunque bajo bien cada casi cierta ciertas cierto ciertos como cómo con conmigo
    contigo contra cual cuál cuales cualquier cuando cuándo cuanto cuánto cuya cuyas cuyo cuyos da dan de
    debe deben del demás dentro desde donde dónde dos durante e el él ella ellas ello ellos en encima
    entonces entre era eran eres es esa esas ese eso esos esta ésta está están estaba estaban estado estamos
    estar estas este éste esto estos estoy etc fin fue fueron fui ha haber había habían hace hacen hacer
    hacia han hasta hay haya he hemos hoy incluso ir la las le les lo los luego más me mediante menos mi mí
    mía mientras mío mis misma mismas mismo mismos mucha muchas mucho muchos muy nada nadie ni ningún
    ninguna ninguno no nos nosotras nosotros nuestra nuestras nuestro nuestros nunca o os otra otras otro
    otros para pero poca pocas poco pocos podemos poder por porque qué pues puede pueden que quien quién
    quienes quizá quizás se sea sean según ser será serán si sí sido siempre siendo sin sino sobre sois
    solamente solo sólo somos son soy su sus suya suyas suyo suyos tal tales también tampoco tan tanta
    tantas tanto tantos te tendrá tenemos tener tengo tenía ti tiene tienen toda todas todavía todo todos
    tras tu tú tus tuya tuyo un una unas uno unos usted ustedes va vamos van vosotras vosotros voy vuestra
    vuestro y ya yo
    """,
    numbers="""
    cero uno una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis
    diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco
    veintiséis veintisiete veintiocho veintinueve treinta cuarenta cincuenta sesenta setenta ochenta noventa
    cien ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos
    novecientos mil millón millones billón billones trillón trillones primer primero primera segundo segunda
    tercer tercero tercera cuarto cuarta quinto quinta sexto sexta séptimo séptima octavo octava noveno
    novena décimo décima
    """,
    ordinal_endings=("º", "ª", "°"),
)
