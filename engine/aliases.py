# SPDX-License-Identifier: Apache-2.0
"""Names of the ecosystem and what they are called here: the one table."""

from __future__ import annotations

from collections.abc import Mapping

ALIASES: Mapping[str, Mapping[str, str]] = {
    "architectures": {
        "spacy.CharacterEmbed.v1": "freshet.CharacterEmbed.v1",
        "spacy.CharacterEmbed.v2": "freshet.CharacterEmbed.v1",
        "spacy.HashEmbedCNN.v2": "freshet.HashEmbedCNN.v1",
        "spacy.MaxoutWindowEncoder.v2": "freshet.MaxoutWindowEncoder.v1",
        "spacy.MishWindowEncoder.v2": "freshet.MishWindowEncoder.v1",
        "spacy.MultiHashEmbed.v2": "freshet.MultiHashEmbed.v1",
        "spacy.SpanCategorizer.v1": "freshet.SpanCategorizer.v1",
        "spacy.Tagger.v1": "freshet.Tagger.v1",
        "spacy.Tagger.v2": "freshet.Tagger.v1",
        "spacy.TextCatBOW.v1": "freshet.TextCatBOW.v1",
        "spacy.TextCatBOW.v2": "freshet.TextCatBOW.v1",
        "spacy.TextCatBOW.v3": "freshet.TextCatBOW.v2",
        "spacy.TextCatCNN.v1": "freshet.TextCatCNN.v1",
        "spacy.TextCatCNN.v2": "freshet.TextCatCNN.v1",
        "spacy.TextCatEnsemble.v2": "freshet.TextCatEnsemble.v1",
        "spacy.TextCatParametricAttention.v1": "freshet.TextCatParametricAttention.v1",
        "spacy.TextCatReduce.v1": "freshet.TextCatReduce.v1",
        "spacy.Tok2Vec.v1": "freshet.Tok2Vec.v1",
        "spacy.Tok2Vec.v2": "freshet.Tok2Vec.v1",
        "spacy.Tok2VecListener.v1": "freshet.Tok2VecListener.v1",
        "spacy.TransitionBasedParser.v1": "freshet.TransitionBasedParser.v1",
        "spacy.TransitionBasedParser.v2": "freshet.TransitionBasedParser.v1",
    },
    "augmenters": {"spacy.lower_case.v1": "freshet.lower_case.v1"},
    "batchers": {
        "spacy.batch_by_padded.v1": "freshet.batch_by_padded.v1",
        "spacy.batch_by_sequence.v1": "freshet.batch_by_sequence.v1",
        "spacy.batch_by_words.v1": "freshet.batch_by_words.v1",
    },
    "layers": {
        "spacy.FeatureExtractor.v1": "freshet.FeatureExtractor.v1",
        "spacy.LinearLogistic.v1": "freshet.LinearLogistic.v1",
        "spacy.StaticVectors.v1": "freshet.StaticVectors.v1",
        "spacy.StaticVectors.v2": "freshet.StaticVectors.v1",
        "spacy.mean_max_reducer.v1": "freshet.mean_max_reducer.v1",
    },
    "loggers": {
        "spacy.ConsoleLogger.v1": "freshet.ConsoleLogger.v1",
        "spacy.ConsoleLogger.v2": "freshet.ConsoleLogger.v1",
        "spacy.ConsoleLogger.v3": "freshet.ConsoleLogger.v1",
    },
    "misc": {
        "spacy.first_longest_spans_filter.v1": "freshet.first_longest_spans_filter.v1",
        "spacy.levenshtein_compare.v1": "freshet.levenshtein_compare.v1",
        "spacy.ngram_range_suggester.v1": "freshet.ngram_range_suggester.v1",
        "spacy.ngram_suggester.v1": "freshet.ngram_suggester.v1",
        "spacy.preset_spans_suggester.v1": "freshet.preset_spans_suggester.v1",
        "spacy.prioritize_existing_ents_filter.v1": "freshet.prioritize_existing_ents_filter.v1",
        "spacy.prioritize_new_ents_filter.v1": "freshet.prioritize_new_ents_filter.v1",
    },
    "readers": {
        "spacy.Corpus.v1": "freshet.Corpus.v1",
        "spacy.JsonlCorpus.v1": "freshet.JsonlCorpus.v1",
        "spacy.read_labels.v1": "freshet.read_labels.v1",
        "srsly.read_json.v1": "freshet.read_json.v1",
        "srsly.read_jsonl.v1": "freshet.read_jsonl.v1",
    },
    "scorers": {
        "spacy.attribute_ruler_scorer.v1": "freshet.attribute_ruler_scorer.v1",
        "spacy.entity_ruler_scorer.v1": "freshet.ner_scorer.v1",
        "spacy.lemmatizer_scorer.v1": "freshet.lemmatizer_scorer.v1",
        "spacy.morphologizer_scorer.v1": "freshet.morphologizer_scorer.v1",
        "spacy.ner_scorer.v1": "freshet.ner_scorer.v1",
        "spacy.overlapping_labeled_spans_scorer.v1": "freshet.overlapping_labeled_spans_scorer.v1",
        "spacy.parser_scorer.v1": "freshet.parser_scorer.v1",
        "spacy.senter_scorer.v1": "freshet.senter_scorer.v1",
        "spacy.sentencizer_scorer.v1": "freshet.senter_scorer.v1",
        "spacy.spancat_scorer.v1": "freshet.spancat_scorer.v1",
        "spacy.tagger_scorer.v1": "freshet.tagger_scorer.v1",
        "spacy.textcat_multilabel_scorer.v1": "freshet.textcat_multilabel_scorer.v1",
        "spacy.textcat_multilabel_scorer.v2": "freshet.textcat_multilabel_scorer.v1",
        "spacy.textcat_scorer.v1": "freshet.textcat_scorer.v1",
        "spacy.textcat_scorer.v2": "freshet.textcat_scorer.v1",
    },
    "tokenizers": {"spacy.Tokenizer.v1": "freshet.Tokenizer.v1"},
    "vectors": {"spacy.Vectors.v1": "freshet.Vectors.v1"},
}
"""Namespace -> name in public configs -> name here, with the same arguments and meaning."""
