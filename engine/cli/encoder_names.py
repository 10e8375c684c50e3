# SPDX-License-Identifier: Apache-2.0
"""Which encoder a new config starts from, by language, as the documentation recommends."""

from __future__ import annotations

from collections.abc import Mapping

MULTILINGUAL = "bert-base-multilingual-uncased"
"""For languages that have none of their own here."""

RECOMMENDED: Mapping[str, str] = {
    "ar": "asafaya/bert-base-arabic",
    "bg": "iarfmoose/roberta-base-bulgarian",
    "bn": "sagorsarker/bangla-bert-base",
    "ca": "projecte-aina/roberta-base-ca-v2",
    "da": "Maltehb/danish-bert-botxo",
    "de": "bert-base-german-cased",
    "el": "nlpaueb/bert-base-greek-uncased-v1",
    "en": "roberta-base",
    "es": "dccuchile/bert-base-spanish-wwm-cased",
    "et": "tartuNLP/EstBERT",
    "fa": "HooshvareLab/bert-fa-base-uncased",
    "fi": "TurkuNLP/bert-base-finnish-cased-v1",
    "fr": "camembert-base",
    "hi": "ai4bharat/indic-bert",
    "id": "indobenchmark/indobert-base-p1",
    "it": "dbmdz/bert-base-italian-cased",
    "ja": "cl-tohoku/bert-base-japanese-char-v2",
    "ko": "klue/bert-base",
    "nb": "NbAiLab/nb-bert-base",
    "nl": "GroNLP/bert-base-dutch-cased",
    "pl": "dkleczek/bert-base-polish-cased-v1",
    "pt": "neuralmind/bert-base-portuguese-cased",
    "ro": "dumitrescustefan/bert-base-romanian-cased-v1",
    "ru": "DeepPavlov/rubert-base-cased",
    "sv": "KB/bert-base-swedish-cased",
    "ta": "monsoon-nlp/tamillion",
    "te": "kuppuluri/telugu_bertu",
    "th": "monsoon-nlp/bert-base-thai",
    "tr": "dbmdz/bert-base-turkish-cased",
    "uk": "ukr-models/xlm-roberta-base-uk",
    "ur": "urduhack/roberta-urdu-small",
    "zh": "bert-base-chinese",
}
"""Names of models of Hugging Face's hub."""


def recommended_encoder(lang: str) -> str:
    """What a new config for a language starts from."""
    return RECOMMENDED.get(lang, MULTILINGUAL)
