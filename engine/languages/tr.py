# SPDX-License-Identifier: Apache-2.0
"""Turkish, cut as in Universal Dependencies' IMST: endings after an apostrophe stay with their name
(Ankara'da)."""

from __future__ import annotations

from .alphabetic import alphabetic

DATA = alphabetic(
    abbreviations="""
    A.Ş. Alb. Alm. anat. Ank. ant. Apt. apt. ark. ask. astr. astrol. Av. bağ. bit. biy. bkz. Bl. bl. bot.
    bs. bsk. bul. Bulv. Böl. büy. Bşk. c. Cad. cad. cm. coğr. Cum. dak. dan. dg. dok. Doç. doğ. Dr. dr. drl.
    dz. Ecz. ed. edeb. ekon. Ens. Erm. etc. f. Fak. fel. fil. fiz. fizy. fl. Fr. gaz. Gen. gn. Gnkur. gr.
    Gön. hay. haz. hek. hlk. Hst. huk. Hv. Hz. Hükm. Inc. is. İng. İt. jeol. kal. Kd. kim. km. Kor. Kora.
    kr. krş. Kur. Lab. Lat. lit. log. Ltd. M.S. M.Ö. mad. Mah. mat. Md. Mec. mec. mek. Mim. mm. Müh. müz.
    No. no. nr. Nu. Nö. Okt. Onb. Opr. Or. Org. Ort. Osm. Ped. Prof. prof. psikol. Rum. Rus. sa. Sav. sb.
    sf. Sl. Sn. sn. snt. Sok. sok. sos. Srp. St. T.C. tar. tek. Tel. tel. telg. Tic. tiy. tls. Tuğg. Tüm.
    Tüma. Tğm. Uzm. vb. vd. Vet. vet. vs. Yar. yay. Yb. Yd. YKS. Yrd. Yun. yy. zf. zool. Zrh. çev. Çvş. öl.
    ör. ünl. Ür. Şb. Şti.
    """,
    whole=(r"[\w.%]+['’][^\W\d_]{1,12}",),
    domain="tr",
    ordinal_digits=2,
    stop_words="""
    acaba acep ama ancak arada aslında asla artık az bana bazen bazı bazısı belki ben benden beni benim beri
    biçimde bile bir biraz biri birçok birden birbiri birkaç birşey biz bize bizden bizi bizim böyle böylece
    bu buna bunda bundan bunlar bunları bunların bunu bunun burada bütün çoğu çok çünkü da daha dahi de defa
    değil diğer diğeri diye dolayı dolayısıyla edecek eden ederek edilen ediyor eğer en etmek etti fakat
    falan filan gene gerek gibi göre hala halde halen hangi hani hatta hem henüz hep hepsi her herhangi
    herkes hiç hiçbir için ile ilgili ise işte itibaren kadar karşın kendi kendine kendisi kez ki kim kimden
    kime kimi kimse lakin madem mi mı mu mü mesela nasıl ne neden nedenle nerde nerede nereye nesi neyse
    niçin niye o olan olarak oldu olduğu olduğunu olmadı olmak olması olsa olup olur oluyor ona onca ondan
    onlar onlardan onları onların onu onun orada öbür ön önce öte ötürü öyle pek rağmen sadece sana sanki
    sen senden seni senin siz sizden size sizi sizin sonra şayet şekilde şey şeyden şeyi şimdi şöyle şu şuna
    şunda şundan şunu şunun tabii tarafından tüm tümü üzere var vardı ve veya ya yani yapmak yaptı yerine
    yine yoksa yok zaten zira
    """,
    numbers="""
    sıfır bir iki üç dört beş altı yedi sekiz dokuz on yirmi otuz kırk elli altmış yetmiş seksen doksan yüz
    bin milyon milyar trilyon birinci ikinci üçüncü dördüncü beşinci altıncı yedinci sekizinci dokuzuncu
    onuncu yirminci yüzüncü bininci
    """,
    ordinal_endings=("inci", "ıncı", "uncu", "üncü", "nci", "ncı", "ncu", "ncü"),
)
