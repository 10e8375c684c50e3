# SPDX-License-Identifier: Apache-2.0
"""French, cut as in Universal Dependencies' GSD: elided words and inverted pronouns are tokens of their
own (l', -t-il), compounds stay whole."""

from __future__ import annotations

from .alphabetic import alphabetic, whole_words, with_either_apostrophe

DATA = alphabetic(
    abbreviations="""
    adj. adr. apr. apr.J.-C. art. av. av.J.-C. avr. bd. bibl. boul. bull. c.-à-d. cf. ch. chap. chr. Cie.
    cie. coll. cons. coord. dept. dir. doc. dr. déc. dép. ed. env. etc. ex. exempl. fam. fasc. fg. fig. fév.
    févr. gal. gouv. gén. hab. hon. ibid. id. ill. imp. inc. inf. introd. J.-B. J.-C. J.-L. J.-M. J.-P.
    janv. jr. juil. jur. l.c. lat. lib. lieut. litt. loc. ltd. M. math. max. Mgr. min. MM. mod. ms. méd.
    mém. n.b. nb. nov. obs. oct. op. p.ex. pag. par. ph. pl. pp. prem. prof. prop. préf. prés. pub. r.v.
    rem. rens. rub. réf. rép. rév. S.A. S.A.R.L. sc. sect. sept. soc. sous-dir. sq. St. suiv. sup. suppl.
    syn. sér. th. trad. trim. tél. univ. v. var. vol. vx. éd. édit.
    """,
    elided="c|d|j|l|m|n|s|t|ç|qu|jusqu|lorsqu|puisqu|quoiqu|presqu|quelqu",
    clitics=(
        r"(?<=\w)-t-(?:ils?|elles?|on|en|y)",
        r"(?<=\w)-(?:je|tu|ils?|elles?|on|nous|vous|ce|moi|toi|lui|leur|les|le|la|en|y)",
        r"(?<=\w)(?<![cC]elui)(?<![cC]elle)(?<![cC]eux)(?<![cC]elles)-(?:ci|là)",
    ),
    exceptions=whole_words(
        with_either_apostrophe(
            "aujourd'hui presqu'île presqu'îles quelqu'un quelqu'une prud'homme prud'hommes grand'mère"
        )
        + " rendez-vous au-delà par-delà moi-même toi-même lui-même elle-même soi-même eux-mêmes elles-mêmes "
        "nous-mêmes vous-même vous-mêmes celui-ci celui-là celle-ci celle-là ceux-ci ceux-là celles-ci "
        "celles-là là-bas là-haut là-dessus là-dedans jusque-là"
    ),
    whole=(r"(?i:n)[°º]\d*",),
    domain="fr|be|ch|ca|qc",
    stop_words="""
    a ai aie aient ainsi alors as au aucun aucune aujourd'hui auquel aura auraient aurait aussi autre autres
    aux auxquelles auxquels avaient avais avait avant avec avez avoir avons ayant beaucoup bien c' ça car ce
    ceci cela celle celles celui cependant certain certaine certaines certains ces cet cette ceux chacun
    chacune chaque chez ci comme comment d' dans de dehors déjà depuis des desquelles desquels dès deux
    devant doit doivent donc dont du duquel durant elle elles en encore entre envers es est et étaient étais
    était étant etc été être eu eux faire fait fois font hors ici il ils j' je jusque l' la là laquelle le
    lequel les lesquelles lesquels leur leurs lors lorsque lui m' ma mais malgré me même mêmes mes mien moi
    moins mon n' ne ni non nos notre nôtre nous nul on ont or ou où par parce parfois parmi pas pendant peu
    peut peuvent plus plusieurs plutôt pour pourquoi près puis puisque qu' quand que quel quelle quelles
    quelque quelques quels qui quoi quoique s' sa sans sauf se selon sera seront ses si sien soi soit sommes
    son sont sous suis sur t' ta tandis te tel telle telles tels tes toi ton toujours tous tout toute toutes
    très trop tu un une vers voici voilà vont vos votre vôtre vous y
    """,
    numbers="""
    zéro un une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize
    dix-sept dix-huit dix-neuf vingt vingt-deux trente quarante cinquante soixante soixante-dix septante
    quatre-vingt quatre-vingts quatre-vingt-dix huitante octante nonante cent cents mille million millions
    milliard milliards billion billions premier première deuxième second seconde troisième quatrième
    cinquième sixième septième huitième neuvième dixième onzième douzième vingtième centième millième
    """,
    ordinal_endings=("ème", "eme", "ère", "ers", "er", "nde", "nd", "e"),
)
