# SPDX-License-Identifier: Apache-2.0
"""Polish, cut as in Universal Dependencies' PDB: compounds are cut at the hyphen, and the point of a short
form is a token of its own."""

from __future__ import annotations

from .alphabetic import alphabetic

DATA = alphabetic(
    splits_hyphens=True,
    splits_points=True,
    keeps_final_hyphen=False,
    domain="pl",
    stop_words="""
    a aby ach aż albo ale ależ ani bardziej bardzo bez bo bowiem by być był była było były będzie będą będę
    cały cię ciebie co cokolwiek coraz coś czasem często czy czyli daleko dla dlaczego dlatego do dobrze
    dokąd dość dużo dwa dwaj dwie dzisiaj dziś gdy gdyby gdyż gdzie gdziekolwiek go i ich ile im inna inne
    inny innych iż ja ją jak jaka jakaś jakby jaki jakichś jakie jakiś jako jakoś je jeden jedna jednak
    jedno jego jej jemu jest jestem jeszcze jeśli jeżeli już każdy kiedy kierunku kilka kim kimś kto
    ktokolwiek która które którego której który których którym którzy ku lat lecz lub ma mają mam mi między
    mimo mną mnie moja moje może możliwe można mój mu my na nad nam nami nas nasi nasz nasza nasze naszego
    natomiast nawet nic nich nie niech niego niej niemu nigdy nim nimi niż no o obok od oni one ono około on
    ona oraz po pod podczas pomimo ponad ponieważ poza przed przede przedtem przez przy raz razie roku
    również sam sama są się skąd sobie sobą sposób swoja swoje swoją swój ta tak taka taki takie takich
    także tam te tego tej ten temu teraz też to tobą tobie toteż trzeba tu tutaj twoja twoje twój twym ty
    tych tylko tym u w wam wami was wasz wasza wasze we według wiele wielu więc wszyscy wszystkich wszystkie
    wszystkim wszystko wtedy wy z za zapewne zawsze ze znowu znów został została żaden żadna że żeby
    """,
    numbers="""
    zero jeden jedna jedno dwa dwie trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście
    dwanaście trzynaście czternaście piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście
    dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt
    dziewięćdziesiąt sto dwieście trzysta czterysta pięćset sześćset siedemset osiemset dziewięćset tysiąc
    tysiące tysięcy milion miliony milionów miliard miliardy miliardów bilion pierwszy pierwsza drugi druga
    trzeci trzecia czwarty piąty szósty siódmy ósmy dziewiąty dziesiąty
    """,
)
