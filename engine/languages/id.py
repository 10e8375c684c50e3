# SPDX-License-Identifier: Apache-2.0
"""Indonesian, cut as in Universal Dependencies' GSD: doubled words keep their hyphen (anak-anak)."""

from __future__ import annotations

from .alphabetic import alphabetic

DATA = alphabetic(
    abbreviations="""
    a.l. a.n. a.s. Agt. Agus. Alm. alm. Apr. Bpk. bpk. Brigjen. d.a. d.h. Des. dkk. dll. Dr. dr. Dra. Drs.
    dsb. dst. dto. Feb. Gg. H. hal. Hj. hlm. Ir. Irjen. Jan. Jl. jl. Jln. jln. jml. Jul. Jun. Kab. Kec. Kep.
    Kol. Kompol. Kpt. lk. Lt. Ltd. M.A. M.B.A. M.Hum. M.Kes. M.Kom. M.M. M.P. M.Pd. M.Psi. M.Sc. M.Si. M.Sn.
    M.T. Mayjen. Mgr. No. no. Nov. Okt. Pdt. Prof. Prop. Prov. PT. Rp. s.d. S.E. S.H. S.Hut. S.I.Kom. S.I.P.
    S.Kom. S.Pd. S.Psi. S.S. S.Sos. S.T. S.Th. saw. sda. Sdr. Sdri. Sep. Sept. swt. Tbk. Tel. Telp. tgl.
    u.b. u.p. vs. yg. ytd. Yth. yth.
    """,
    clitics=(r"(?<=[A-Z]{2})-nya",),
    units="mm|cm|dm|km|m|m²|km²|ha|mg|kg|g|ton|ml|l|detik|menit|jam|km/jam|[kMGT]?[WB]|[kMGT]?Hz|°C|°F|°",
    domain="id|co\\.id",
    stop_words="""
    ada adalah adanya adapun agak agar akan aku akankah akhir akhirnya amat anda antar antara apa apabila
    apakah apalagi asalkan atas atau ataupun bagai bagaimana bagaimanapun bagi bahkan bahwa bahwasanya baik
    banyak baru beberapa begini begitu belum benar berapa berikut berkali bersama besar betul biasa biasanya
    bila bilakah bisa boleh buat bukan bukankah cara cukup dahulu dalam dan dapat dari daripada dekat demi
    demikian dengan depan di dia diri dirinya dong dulu guna hal hampir hanya harus hendak hingga ia ialah
    ibarat ingin inginkah ini inikah itu itukah jadi jangan jangankan jauh jika jikalau juga justru kala
    kalau kalian kami kamu kan kapan karena kata ke kelak kemudian kenapa kepada ketika khususnya kini kira
    kita kok kurang lagi lah lain lainnya lalu lama lebih lewat maka makin mampu mana manakala masih masing
    mau maupun melainkan melalui memang mengapa menjadi menuju menurut mereka meski meskipun mungkin namun
    nanti nya nyaris oleh orang pada padahal paling pasti per perlu pernah pula pun rasanya rupanya saat
    saja saling sama sambil sampai sana sangat satu saya se sebab sebagai sebagaimana sebaliknya sebanyak
    sebelum sebelumnya sebenarnya sebuah secara sedang sedangkan sedikit segala segera sehingga sejak sejauh
    sekali sekalian sekarang seketika sekitar selain selalu selama selanjutnya seluruh semakin sementara
    semua semuanya sendiri seolah seorang sepanjang seperti sering serta seseorang sesuatu sesudah setelah
    setiap siapa sini suatu sudah supaya tadi tak tanpa tapi telah tentang tentu terhadap terjadi terlalu
    tersebut tetapi tiap tidak toh untuk usai wah walau walaupun yaitu yakni yang
    """,
    numbers="""
    nol satu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas belas puluh seratus ratus
    seribu ribu sejuta juta miliar milyar biliun triliun kesatu pertama kedua ketiga keempat kelima keenam
    ketujuh kedelapan kesembilan kesepuluh
    """,
)
