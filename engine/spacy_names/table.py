# SPDX-License-Identifier: Apache-2.0
"""The one table of documented names: module after `spacy.`, name, and what it is here.

A place is `module:attribute`, or a module alone. Modules of languages (`lang.de`) are added by `languages`.
"""

from __future__ import annotations

from collections.abc import Mapping

from .languages import language_modules

_API = "engine.api"
_UTIL = "engine.util"
_OFFSETS = "engine.doc.entity_offsets"
_COMPONENTS = {
    "AttributeRuler": "attribute_ruler",
    "DependencyParser": "parser",
    "EntityLinker": "entity_linker",
    "EntityRecognizer": "ner",
    "EntityRuler": "entity_ruler",
    "Lemmatizer": "lemmatizer",
    "Morphologizer": "morphologizer",
    "SentenceRecognizer": "senter",
    "Sentencizer": "sentencizer",
    "SpanCategorizer": "spancat",
    "SpanFinder": "span_finder",
    "SpanRuler": "span_ruler",
    "Tagger": "tagger",
    "TextCategorizer": "textcat",
}
"""Class of a component, and its module here, which has the documented name."""


def _from(place: str, *names: str) -> dict[str, str]:
    return {name: f"{place}:{name}" for name in names}


_CLASSES = {name: f"engine.components.{module}:{name}" for name, module in _COMPONENTS.items()}
_OWN_PIPES = _from("engine.components.pipe", "Pipe", "TrainablePipe")
_MODELS = _from(
    "engine.models",
    "CharacterEmbed",
    "HashEmbedCNN",
    "MaxoutWindowEncoder",
    "MishWindowEncoder",
    "MultiHashEmbed",
)
_KB = _from(
    "engine.knowledge",
    *("Candidate", "InMemoryLookupKB", "KnowledgeBase", "get_candidates", "get_candidates_batch"),
)
_KB_MAKERS = {
    "empty_kb": "engine.knowledge.kb_makers:empty_kb",
    "empty_kb_for_config": "engine.knowledge.kb_makers:empty_kb_of_length",
    "load_kb": "engine.knowledge.kb_makers:kb_from_file",
}
_BILUO = _from(
    _OFFSETS,
    *("biluo_to_iob", "iob_to_biluo", "offsets_to_biluo_tags", "remove_bilu_prefix", "split_bilu_label"),
)
_TAGS = {
    **_BILUO,
    "biluo_tags_to_offsets": f"{_OFFSETS}:biluo_tags_to_offsets",
    "biluo_tags_to_spans": f"{_OFFSETS}:biluo_tags_to_doc_spans",
}
_CHECKS = _from(
    "engine.doc.example_checks",
    *("validate_distillation_examples", "validate_examples", "validate_get_examples"),
)
_AUGMENTERS = {
    "create_combined_augmenter": "engine.training.augmenters:make_combined",
    "create_lower_casing_augmenter": "engine.training.augmenters:make_lower_case",
    "create_orth_variants_augmenter": "engine.training.augmenters:make_orth_variants",
    "dont_augment": "engine.training.augmenters:dont_augment",
}
_CORPORA = {
    "Corpus": "engine.training.corpus:Corpus",
    "JsonlCorpus": "engine.training.corpus:configure_jsonl_corpus",
    "PlainTextCorpus": "engine.training.corpus:configure_plain_text_corpus",
}
_UTIL_NAMES = _from(
    _UTIL,
    *("combine_score_weights", "compile_infix_regex", "compile_prefix_regex", "compile_suffix_regex"),
    *("compounding", "create_default_optimizer", "decaying", "dict_to_dot", "dot_to_dict", "dot_to_object"),
    *("ensure_path", "escape_html", "filter_spans", "fix_random_seed", "get_arg_names"),
    *("get_installed_models", "get_lang_class"),
    *("get_model_meta", "get_package_path", "get_package_version", "get_sourced_components"),
    *("get_words_and_spaces", "ignore_error", "import_file", "is_in_jupyter", "is_package", "itershuffle"),
    *("lang_class_is_loaded", "load_config", "load_config_from_str", "load_meta", "load_model"),
    *("load_model_from_config", "load_model_from_init_py", "load_model_from_package", "load_model_from_path"),
    *("logger", "make_tempdir", "minibatch", "minify_html", "raise_error", "registry", "resolve_dot_names"),
    *("set_dot_to_object", "set_lang_class", "walk_dict", "working_dir"),
)
_SETUP_GPU = {"setup_gpu": "engine.devices:setup_gpu", "import_code": "engine.spacy_names.own_files:run_file"}

_TRANSFORMER = "engine.components.transformer"
_TRF_DATA = {
    **_from(f"{_TRANSFORMER}.trf_data", "FullTransformerBatch", "TransformerData"),
    "WordpieceBatch": f"{_TRANSFORMER}.wordpieces:WordpieceBatch",
}
_SPAN_GETTERS = _from(f"{_TRANSFORMER}.span_getters", "get_doc_spans", "get_sent_spans", "get_strided_spans")
_SETTER = _from(f"{_TRANSFORMER}.annotation_setters", "null_annotation_setter")

NAMES: Mapping[str, Mapping[str, str]] = {
    "": {
        **_from(_API, "blank", "load", "registry"),
        **_from("engine.devices", "prefer_gpu", "require_cpu", "require_gpu"),
        "Config": "engine.api:Config",
        "Language": "engine.api:Language",
        "Vocab": "engine.api:Vocab",
        "__version__": "engine.spacy_names.versions:__version__",
        "explain": "engine.glossary:explain",
        "info": "engine.cli.info:info",
        "setup_default_warnings": "engine.spacy_names.versions:setup_default_warnings",
    },
    "about": _from("engine.spacy_names.versions", "__title__", "__version__"),
    "attrs": {"": "engine.vocab.attrs"},
    "cli": {
        "assemble": "engine.cli.assemble:assemble",
        "convert": "engine.cli.convert:convert",
        "evaluate": "engine.cli.evaluate:evaluate",
        "fill_config": "engine.cli.fill_config:fill_config",
        "find_threshold": "engine.cli.find_threshold:find_threshold",
        "info": "engine.cli.info:info",
        "init_config": "engine.cli.init_config:init_config",
        "package": "engine.cli.package:package",
        "train": "engine.cli.train",
    },
    "cli._util": {**_SETUP_GPU, "parse_config_overrides": "engine.config.config:parse_overrides"},
    "cli.convert": {"convert": "engine.cli.convert:convert"},
    "cli.evaluate": {"evaluate": "engine.cli.evaluate:evaluate"},
    "cli.init_config": {
        "fill_config": "engine.cli.fill_config:fill_config",
        "init_config": "engine.cli.init_config:init_config",
    },
    "cli.package": {"package": "engine.cli.package:package"},
    "cli.train": {"train": "engine.cli.train:train"},
    "displacy": {"": "engine.displacy", **_from("engine.displacy", "render")},
    "glossary": _from("engine.glossary", "GLOSSARY", "explain"),
    "kb": dict(_KB),
    "kb.candidate": _from("engine.knowledge", "Candidate", "get_candidates", "get_candidates_batch"),
    "kb.kb": _from("engine.knowledge", "KnowledgeBase"),
    "kb.kb_in_memory": _from("engine.knowledge", "InMemoryLookupKB"),
    "lang.char_classes": {"": "engine.languages.char_classes"},
    "language": {
        "BaseDefaults": "engine.tokenizers:BaseDefaults",
        "Language": "engine.api:Language",
        "create_tokenizer": "engine.pipeline.resources:configure_tokenizer",
    },
    "lexeme": _from(_API, "Lexeme"),
    "lookups": {
        "Lookups": "engine.api:Lookups",
        "Table": "engine.vocab.lookups:Table",
    },
    "matcher": _from(
        "engine.matching", "DependencyMatcher", "Matcher", "PhraseMatcher", "levenshtein_compare"
    ),
    "ml": dict(_MODELS),
    "ml.extract_ngrams": {},
    "ml.featureextractor": {"FeatureExtractor": "engine.layers:FeatureExtractor"},
    "ml.models": {
        **_MODELS,
        **_KB_MAKERS,
        "build_nel_encoder": "engine.models:EntityLinker",
        "build_Tok2Vec_model": "engine.models:Tok2Vec",
        "build_hash_embed_cnn_tok2vec": "engine.models:HashEmbedCNN",
        "build_tagger_model": "engine.models:Tagger",
        "build_tb_parser_model": "engine.models:TransitionBasedParser",
    },
    "ml.models.tok2vec": {
        **_MODELS,
        "build_Tok2Vec_model": "engine.models:Tok2Vec",
        "build_hash_embed_cnn_tok2vec": "engine.models:HashEmbedCNN",
        "tok2vec_listener_v1": "engine.layers:Tok2VecListener",
    },
    "ml.models.entity_linker": {**_KB_MAKERS, "build_nel_encoder": "engine.models:EntityLinker"},
    "ml.models.tagger": {"build_tagger_model": "engine.models:Tagger"},
    "ml.models.parser": {"build_tb_parser_model": "engine.models:TransitionBasedParser"},
    "ml.staticvectors": {"StaticVectors": "engine.layers:StaticVectors"},
    "morphology": _from("engine.vocab.morphology", "Morphology"),
    "pipeline": {
        **_CLASSES,
        **_OWN_PIPES,
        "EditTreeLemmatizer": "engine.components.trainable_lemmatizer:TrainableLemmatizer",
        "Tok2Vec": "engine.components.tok2vec:EmbeddingComponent",
        "merge_entities": "engine.components.document_functions:merge_entities",
        "merge_noun_chunks": "engine.components.document_functions:merge_noun_chunks",
        "merge_subtokens": "engine.components.document_functions:merge_subtokens",
    },
    "pipeline.functions": _from(
        "engine.components.document_functions", "merge_entities", "merge_noun_chunks", "merge_subtokens"
    ),
    "pipeline.edit_tree_lemmatizer": {
        "EditTreeLemmatizer": "engine.components.trainable_lemmatizer:TrainableLemmatizer"
    },
    "pipeline.pipe": _from("engine.components.pipe", "Pipe"),
    "pipeline.trainable_pipe": _from("engine.components.pipe", "TrainablePipe"),
    "pipeline.dep_parser": {"DependencyParser": _CLASSES["DependencyParser"]},
    "pipeline.entityruler": {"EntityRuler": _CLASSES["EntityRuler"]},
    "pipeline.tok2vec": {"Tok2Vec": "engine.components.tok2vec:EmbeddingComponent"},
    **{f"pipeline.{module}": {name: _CLASSES[name]} for name, module in _COMPONENTS.items()},
    "scorer": {
        "Scorer": "engine.api:Scorer",
        **_from("engine.scoring.documented_scores", "PRFScore", "ROCAUCScore"),
        "get_ner_prf": "engine.scoring.example_scorer:get_ner_prf",
    },
    "strings": {
        **_from(_API, "StringStore"),
        **_from("engine.vocab.string_store", "get_string_id", "hash_string"),
    },
    "symbols": {"": "engine.vocab.symbols"},
    "tokenizer": {"Tokenizer": "engine.tokenizers:EditableTokenizer"},
    "tokens": {
        **_from(_API, "Doc", "DocBin", "MorphAnalysis", "Span", "SpanGroup", "Token"),
        "SpanGroups": "engine.doc.span_group:SpanGroups",
    },
    "tokens.doc": _from(_API, "Doc"),
    "tokens.span": _from(_API, "Span"),
    "tokens.span_group": _from(_API, "SpanGroup"),
    "tokens.span_groups": _from("engine.doc.span_group", "SpanGroups"),
    "tokens.morphanalysis": _from(_API, "MorphAnalysis"),
    "tokens.token": _from(_API, "Token"),
    "tokens.underscore": {"Underscore": "engine.doc.underscore:Underscore"},
    "training": {
        **_TAGS,
        **_AUGMENTERS,
        **_CORPORA,
        "Alignment": "engine.doc.token_alignment:TokenAlignment",
        "Example": "engine.api:Example",
        **_CHECKS,
        "console_logger": "engine.training.loggers:make_console_logger_with_progress",
        "minibatch_by_padded_size": "engine.training.batchers:configure_by_padded",
        "minibatch_by_words": "engine.training.batchers:configure_by_words",
    },
    "training.augment": dict(_AUGMENTERS),
    "training.corpus": dict(_CORPORA),
    "training.alignment": {"Alignment": "engine.doc.token_alignment:TokenAlignment"},
    "training.example": {**_from(_API, "Example"), **_CHECKS},
    "training.initialize": {"init_nlp": "engine.spacy_names.documented_training:init_nlp"},
    "training.iob_utils": dict(_TAGS),
    "training.loggers": {
        "console_logger": "engine.training.loggers:make_console_logger_with_progress",
    },
    "training.loop": {"train": "engine.spacy_names.documented_training:train"},
    "transformers": {
        **_TRF_DATA,
        **_SPAN_GETTERS,
        **_SETTER,
        **_from(_API, "registry"),
        "Transformer": f"{_TRANSFORMER}.transformer:Transformer",
        "TransformerModel": f"{_TRANSFORMER}.transformer_model:TransformerModel",
        "install_extensions": f"{_TRANSFORMER}.trf_extension:install_extensions",
    },
    "transformers.annotation_setters": dict(_SETTER),
    "transformers.data_classes": dict(_TRF_DATA),
    "transformers.span_getters": dict(_SPAN_GETTERS),
    "util": dict(_UTIL_NAMES),
    "vectors": _from("engine.vectors", "BaseVectors", "Mode", "Vectors"),
    "vocab": _from(_API, "Vocab"),
    **language_modules(),
}
"""Module after `spacy.` -> name -> place here; "" is the module itself, whose other names are here, too."""

ADVICE: Mapping[str, str] = {
    "pipeline.transformer": "transformers are another package's (spacy-transformers), which is not read here",
    "ml": "architectures are made by registry.get('architectures', NAME)",
    "errors": "messages stand where they are raised; catch engine.EngineError or ValueError",
    "compat": "Python 3.11 and newer need no compatibility module",
}
"""What to do instead of a module that is not here."""
