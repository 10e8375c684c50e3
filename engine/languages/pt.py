# SPDX-License-Identifier: Apache-2.0
"""Portuguese, cut as in Universal Dependencies' Bosque and GSD: pronouns joined by a hyphen are tokens of
their own (tornou -se)."""

from __future__ import annotations

from .alphabetic import alphabetic

DATA = alphabetic(
    abbreviations="""
    a.C. a.m. abr. Adm. adv. ago. Al. ap. apto. art. arts. aux. av. Bel. br. Cap. cap. Cel. cel. cf. Cia.
    cia. col. coord. cód. d.C. dep. depto. dez. Dr. Dra. Drs. e.g. E.U.A. ed. eds. Eng. Engª. esp. est. etc.
    ex. Exma. Exmo. fev. fig. fl. fls. Gen. gen. gov. gr. i.e. ibid. Ilmo. Inc. inc. jan. Jr. jr. jul. jun.
    lat. Lic. Ltda. ltda. Maj. Min. min. Mr. Mrs. máx. mín. nov. nº. obs. op. out. p.ex. p.m. par. Pe. pe.
    pp. pres. proc. Prof. prof. Profa. Profª. prov. pág. págs. ref. Rep. Rev. S.A. s.a. Sen. set. Sr. sr.
    Sra. Srs. Srta. Sta. Sto. séc. sécs. tel. Ten. trad. tít. univ. V.Exa. v.g. vol. vols. vs.
    """,
    elided="d|n|pel",
    clitics=(
        r"(?<=\w)-(?:me|te|se|lhes?|nos|vos|[oa]s?|l[oa]s?|n[oa]s?|mo|ma|to|ta|lho|lha)",
        r"(?<=\w)-(?:me|te|se|lhe|nos|vos|lo|la)-(?:ia|ei|á|emos|ão|iam|íamos)",
    ),
    whole=(r"\d+[.]?[ºª°]", r"[Nn]\.?[°ºª]"),
    domain="pt|br",
    stop_words="""
    a à acerca agora ainda além algo alguém algum alguma algumas alguns ali ambos antes ao aos apenas apoio
    após aquela aquelas aquele aqueles aqui aquilo as às assim até atrás através bem cada cá com como comigo
    conforme conosco contra contudo cuja cujo da dá daquela daquele das de dela delas dele deles demais
    dentro depois desde dessa desse desta deste deve devem do dois dos duas durante e é ela elas ele eles em
    embora enquanto entre era eram essa essas esse esses esta está estão estar estas estava este estes estou
    eu faz fazem fazer foi for fora foram fosse há isso isto já lá lhe lhes logo longe mais mas me meio
    menos mesma mesmo meu meus mim minha minhas muito muitos na nada não nas nela nele nem nenhum nenhuma
    nessa nesse nesta neste no nos nós nossa nossas nosso nossos num numa nunca o onde ora os ou outra
    outras outro outros para parece pela pelas pelo pelos per perto pode podem poder pois por porém porque
    porquê portanto posso pouca pouco poucos próprio quais qual qualquer quando quanto quase que quê quem
    quer se seja sem sempre sendo ser será serão seu seus si sido sim sob sobre somente são sua suas tal
    também tanta tanto tão te tem têm temos tenho ter teu teus ti tinha toda todas todavia todo todos tu tua
    tuas tudo um uma umas uns vai vão você vocês vos vós vossa vosso
    """,
    numbers="""
    zero um uma dois duas três quatro cinco seis sete oito nove dez onze doze treze catorze quatorze quinze
    dezasseis dezesseis dezassete dezessete dezoito dezanove dezenove vinte trinta quarenta cinquenta
    sessenta setenta oitenta noventa cem cento duzentos trezentos quatrocentos quinhentos seiscentos
    setecentos oitocentos novecentos mil milhão milhões bilhão bilhões bilião biliões trilhão trilhões
    primeiro primeira segundo segunda terceiro terceira quarto quarta quinto quinta sexto sexta sétimo
    sétima oitavo oitava nono nona décimo décima
    """,
    ordinal_endings=("º", "ª", "°", "os", "as", "o", "a"),
)
