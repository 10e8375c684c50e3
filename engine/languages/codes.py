# SPDX-License-Identifier: Apache-2.0
"""The languages that there are: code, name of the class, and how those without rules of their own are
written."""

from __future__ import annotations

from collections.abc import Mapping

from .language_data import WritingSystem

NAMES: Mapping[str, str] = {
    "af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "az": "Azerbaijani", "bg": "Bulgarian",
    "bn": "Bengali", "bo": "Tibetan", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German",
    "dsb": "LowerSorbian", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque",
    "fa": "Persian", "fi": "Finnish", "fo": "Faroese", "fr": "French", "ga": "Irish", "gd": "Scottish",
    "grc": "AncientGreek", "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "hsb": "UpperSorbian", "ht": "HaitianCreole", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian",
    "is": "Icelandic", "it": "Italian", "ja": "Japanese", "kmr": "Kurmanji", "kn": "Kannada", "ko": "Korean",
    "ky": "Kyrgyz", "la": "Latin", "lb": "Luxembourgish", "lg": "Luganda", "lij": "Ligurian",
    "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "ml": "Malayalam", "mr": "Marathi",
    "ms": "Malay", "nb": "Norwegian", "ne": "Nepali", "nl": "Dutch", "nn": "NorwegianNynorsk",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sa": "Sanskrit", "si": "Sinhala",
    "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "ta": "Tamil",
    "te": "Telugu", "th": "Thai", "ti": "Tigrinya", "tl": "Tagalog", "tn": "Setswana", "tr": "Turkish",
    "tt": "Tatar", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "xx": "MultiLanguage", "yo": "Yoruba",
    "zh": "Chinese",
}  # fmt: skip
"""Code -> name of its class, as spaCy documents them."""

_RIGHT_TO_LEFT = WritingSystem(direction="rtl", has_case=False)
_NO_CASE = WritingSystem(has_case=False)
_NO_LETTERS = WritingSystem(has_case=False, has_letters=False)

WRITING: Mapping[str, WritingSystem] = {
    **dict.fromkeys(("ar", "fa", "he", "ur"), _RIGHT_TO_LEFT),
    **dict.fromkeys(("am", "ti"), _NO_CASE),
    **dict.fromkeys(("ja", "ko", "zh"), _NO_LETTERS),
}
"""Languages that are not written from left to right with large and small letters."""
