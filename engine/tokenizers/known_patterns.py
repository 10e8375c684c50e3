# SPDX-License-Identifier: Apache-2.0
"""Patterns that are known to end on a chunk of any kind, by their digests: those run by Python's `re` at
once.

`tests/engine/tokenizers/test_known_patterns.py` holds the list to the rules, and the patterns to their time;
`python -m tests.engine.tokenizers.known_patterns` writes it.
"""

from __future__ import annotations

import hashlib


def digest_of_pattern(source: str) -> str:
    """What a pattern is known by."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def is_known(source: str) -> bool:
    """Whether a pattern is one of the list."""
    return digest_of_pattern(source) in OWN | MADE_ELSEWHERE


_ELSEWHERE = """
20484e7c23ff6354f53c6975 7adb1342672774f94ffb32ef 7aea2cc4f6485aee9e58e1e3 b63cbb601f9759784870f088
dd56f4c42b61ebcd5a0a3225
"""
MADE_ELSEWHERE = frozenset(_ELSEWHERE.split())
"""Those that English pipelines of spaCy 3 are saved with: prefixes, suffixes, infixes, addresses."""

_OWN = """
02b1a109412e51de05c5eb33 0a66b72788b3fea5962a2c1c 10bb7fa643f80e6e8a24694f 10be483c4b8ca5cbaf7c46c4
154737a5813b4e0b9808d7d8 1b26b94247718f76a057c7f8 1f8bcf53f99f3471516f491b 2003476a930f4c23473b3b5c
21f53aeb6485019d14580159 2244bf81f89f06d32a399979 261dea1c1d69e448ff9f710f 28dcfde87bcd6ec30c66fe0b
2920662ab6c25f16af495a9f 2a126aa7a084798faa29b072 2a3f731378a0649ac32eaf41 2d9400e75c3688387a9c22e5
33a41a56e6593752a74f8910 370c106c9b9843530b659ed1 396e04808c159f401b82ba3c 39c99981ec74748ec7751a16
3af98097509bd8eefc74c207 3c99980a4fff85cb6d5bee01 3cb96b1c399e197ef0e201f5 3cb983a77eb14091622c0272
4501db9d19acf4feb77b3fad 4724e45ffc5332ec4023ab8e 50e74aa455d3a8cd73573907 510a1f801c7fa009eebfa079
5278d5f5b1a27133fad3cafc 5282f0192c4cf35d761b2d4b 5adf982635454c0e5a4f7a6a 5b396a02dac40999c7a49102
5e119068785001f130c5b0b9 64c614a4c4beec924109cec2 67a8346803b5eccaad81a0b0 6b653eb06c9cd86c4bab3bd6
6da7b9f624c036e19dafa4ef 75a08601a8ba32d98576f4a6 75be0429c9dbc057b2f37290 78240faa8d908738b1cc3079
8b580a611d3378fb24d46ab1 9268489c4422a73294697169 96f4fbd84a160a740f2ef00f 970925645206296b81e40326
9d2442532d032e0ce76270a4 a1654a673b6123059b66be74 a17637ecc0e47caf5ffae623 a6564cd4afdc941d4292cbb6
b4a35deb5e4960933b2c30f1 b50e93a8e82fbaccf666021c bb70b11970f30b45367a673e bc7cc3c6a8556dcbf7c8ff1c
bc81861fdefcddd44913318b bf0d4f76a41d5cdcf92ab56a c1eda2af694d443e02411609 ce1049332995f6ac30c05fb0
d02cd533a27f762edb46a899 d03d9ebf8ebb80512bf29e7f d64d0bac0251dc078efe89d4 d7e488c283510650bcdfe8d5
db3d2edc2d50223318c0ed57 dcf5f5b0ca29d07aff366b9c dd2e3f23c4652e691a8361df e4bb82457673b501059b30d4
f05bccad8e59635f51406000 fdd8ad728bd3a08c3f3730e1
"""
OWN = frozenset(_OWN.split())
"""Digests of the patterns of our languages, and of the pipeline that the wheel brings."""
