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
_DEFAULTS = "engine.spacy_names.default_models"
_DEFAULT_MODELS = {
    "dep_parser": "DEFAULT_PARSER_MODEL",
    "edit_tree_lemmatizer": "DEFAULT_EDIT_TREE_LEMMATIZER_MODEL",
    "entity_linker": "DEFAULT_NEL_MODEL",
    "morphologizer": "DEFAULT_MORPH_MODEL",
    "ner": "DEFAULT_NER_MODEL",
    "senter": "DEFAULT_SENTER_MODEL",
    "span_finder": "DEFAULT_SPAN_FINDER_MODEL",
    "tagger": "DEFAULT_TAGGER_MODEL",
    "tok2vec": "DEFAULT_TOK2VEC_MODEL",
}
"""Documented module of a component, and the block in it."""
_SCORES = {
    "dep_parser": "make_parser_scorer",
    "edit_tree_lemmatizer": "make_lemmatizer_scorer",
    "lemmatizer": "make_lemmatizer_scorer",
    "morphologizer": "make_morphologizer_scorer",
    "ner": "make_ner_scorer",
    "senter": "make_senter_scorer",
    "sentencizer": "make_senter_scorer",
    "tagger": "make_tagger_scorer",
}
_CLASS_OF = {
    **{module: (name, _CLASSES[name]) for name, module in _COMPONENTS.items()},
    "dep_parser": ("DependencyParser", _CLASSES["DependencyParser"]),
    "edit_tree_lemmatizer": (
        "EditTreeLemmatizer",
        "engine.components.trainable_lemmatizer:TrainableLemmatizer",
    ),
    "tok2vec": ("Tok2Vec", "engine.components.tok2vec:EmbeddingComponent"),
}


def _of_component(module: str) -> dict[str, str]:
    """A component's documented module: its class, the block of its model, what makes its scorer."""
    name, place = _CLASS_OF[module]
    default = _DEFAULT_MODELS.get(module)
    scorer = _SCORES.get(module)
    return {
        name: place,
        **({} if default is None else {default: f"{_DEFAULTS}:{default}"}),
        **({} if scorer is None else {scorer: f"engine.scoring.scorer:{scorer}"}),
    }


_SUGGESTERS = "engine.components.suggesters"
_SPANCAT = {
    "DEFAULT_SPANCAT_MODEL": f"{_DEFAULTS}:DEFAULT_SPANCAT_MODEL",
    "DEFAULT_SPANCAT_SINGLELABEL_MODEL": f"{_DEFAULTS}:DEFAULT_SPANCAT_SINGLELABEL_MODEL",
    "build_ngram_range_suggester": f"{_SUGGESTERS}:ngram_range_suggester",
    "build_ngram_suggester": f"{_SUGGESTERS}:ngram_suggester",
    "build_preset_spans_suggester": f"{_SUGGESTERS}:preset_spans_suggester",
    "make_spancat_scorer": "engine.scoring.ruler_scores:make_spancat_scorer",
    "Suggester": f"{_SUGGESTERS}:Suggester",
}
_TEXTCAT = {
    "DEFAULT_SINGLE_TEXTCAT_MODEL": f"{_DEFAULTS}:DEFAULT_SINGLE_TEXTCAT_MODEL",
    "make_textcat_scorer": "engine.scoring.categories:make_textcat_scorer",
}
_MULTILABEL = {
    "DEFAULT_MULTI_TEXTCAT_MODEL": f"{_DEFAULTS}:DEFAULT_MULTI_TEXTCAT_MODEL",
    "MultiLabel_TextCategorizer": "engine.components.textcat:MultiLabelTextCategorizer",
    "make_textcat_multilabel_scorer": "engine.scoring.categories:make_textcat_multilabel_scorer",
}
_BATCHERS = {
    "configure_minibatch": "engine.training.batchers:configure_by_sequence",
    "configure_minibatch_by_padded_size": "engine.training.batchers:configure_by_padded",
    "configure_minibatch_by_words": "engine.training.batchers:configure_by_words",
    **_from("engine.training.batchers", "minibatch_by_padded_size", "minibatch_by_words"),
}
_OWN_PIPES = _from("engine.components.pipe", "Pipe", "TrainablePipe")
_MODELS = _from(
    "engine.models",
    "CharacterEmbed",
    "HashEmbedCNN",
    "MaxoutWindowEncoder",
    "MishWindowEncoder",
    "MultiHashEmbed",
)
_OF_MODELS = {
    "build_Tok2Vec_model": "Tok2Vec",
    "build_bow_text_classifier": "TextCatBOWOverlapping",
    "build_bow_text_classifier_v3": "TextCatBOW",
    "build_finder_model": "SpanFinder",
    "build_hash_embed_cnn_tok2vec": "HashEmbedCNN",
    "build_nel_encoder": "EntityLinker",
    "build_reduce_text_classifier": "TextCatReduce",
    "build_simple_cnn_text_classifier": "TextCatCNN",
    "build_spancat_model": "SpanCategorizer",
    "build_tagger_model": "Tagger",
    "build_tb_parser_model": "TransitionBasedParser",
    "build_text_classifier_lowdata": "TextCatLowData",
    "build_text_classifier_v2": "TextCatEnsemble",
    "build_textcat_parametric_attention_v1": "TextCatParametricAttention",
    "BiLSTMEncoder": "BiLSTMEncoder",
}
"""Documented name of a function that makes a model, and ours."""
_BUILDERS = {name: f"engine.models:{ours}" for name, ours in _OF_MODELS.items()}
_LAYERS = {
    **_from("engine.layers", "FeatureExtractor", "StaticVectors", "Tok2VecListener"),
    "PrecomputableAffine": "engine.layers.precomputable_affine:precomputable_affine",
    "build_linear_logistic": "engine.layers.span_vectors:linear_logistic",
    "build_mean_max_reducer": "engine.layers.span_vectors:mean_max_reducer",
    "create_pretrain_characters": "engine.models.pretraining:PretrainCharacters",
    "create_pretrain_vectors": "engine.models.pretraining:PretrainVectors",
    "extract_ngrams": "engine.layers.bag_of_words:bag_of_words",
    "extract_spans": "engine.layers.span_vectors:extract_ragged_spans",
    "tok2vec_listener_v1": "engine.layers:Tok2VecListener",
}
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
    *("DummyTokenizer", "SimpleFrozenDict", "SimpleFrozenList", "expand_exc", "filter_chain_spans"),
    *("from_bytes", "from_dict", "from_disk", "normalize_slice", "split_command"),
    *("to_bytes", "to_dict", "to_disk", "update_exc"),
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
        "download": "workers.cli.download:download_pipeline",  # imported for those who ask for it alone
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
    "cli.assemble": {"assemble": "engine.cli.assemble:assemble"},
    "cli.download": {"download": "workers.cli.download:download_pipeline"},
    "cli.info": {"info": "engine.cli.info:info"},
    "cli.find_threshold": {"find_threshold": "engine.cli.find_threshold:find_threshold"},
    "cli.evaluate": {"evaluate": "engine.cli.evaluate:evaluate"},
    "cli.init_config": {
        "fill_config": "engine.cli.fill_config:fill_config",
        "init_config": "engine.cli.init_config:init_config",
    },
    "cli.package": {"package": "engine.cli.package:package"},
    "cli.train": {"train": "engine.cli.train:train"},
    "displacy": {
        "": "engine.displacy",
        **_from("engine.displacy", "render"),
        "serve": "workers.http.displacy:serve",  # imported for those who ask for it alone
    },
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
    "ml": {**_MODELS, **_BUILDERS, **_LAYERS},
    "ml.extract_ngrams": {"extract_ngrams": _LAYERS["extract_ngrams"]},
    "ml.extract_spans": {"extract_spans": _LAYERS["extract_spans"]},
    "ml.featureextractor": {"FeatureExtractor": "engine.layers:FeatureExtractor"},
    "ml.models": {**_MODELS, **_KB_MAKERS, **_BUILDERS, **_LAYERS},
    "ml.models.multi_task": {**_from("engine.models", "MultiTask"), **_LAYERS},
    "ml.models.spancat": {"build_spancat_model": _BUILDERS["build_spancat_model"], **_LAYERS},
    "ml.models.span_finder": {"build_finder_model": _BUILDERS["build_finder_model"]},
    "ml.models.textcat": dict(_BUILDERS),
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
        "MultiLabel_TextCategorizer": _MULTILABEL["MultiLabel_TextCategorizer"],
        "merge_entities": "engine.components.document_functions:merge_entities",
        "merge_noun_chunks": "engine.components.document_functions:merge_noun_chunks",
        "merge_subtokens": "engine.components.document_functions:merge_subtokens",
    },
    "pipeline.functions": {
        **_from(
            "engine.components.document_functions", "merge_entities", "merge_noun_chunks", "merge_subtokens"
        ),
        "DocCleaner": "engine.components.doc_cleaner:DocCleaner",
        "TokenSplitter": "engine.components.token_splitter:TokenSplitter",
    },
    "pipeline.pipe": _from("engine.components.pipe", "Pipe"),
    "pipeline.trainable_pipe": _from("engine.components.pipe", "TrainablePipe"),
    "pipeline.entityruler": {"EntityRuler": _CLASSES["EntityRuler"]},
    "pipeline.attributeruler": {"AttributeRuler": _CLASSES["AttributeRuler"]},
    "pipeline.textcat_multilabel": _MULTILABEL,
    **{f"pipeline.{module}": {name: _CLASSES[name]} for name, module in _COMPONENTS.items()},
    **{f"pipeline.{module}": _of_component(module) for module in {**_DEFAULT_MODELS, **_SCORES}},
    "pipeline.spancat": {"SpanCategorizer": _CLASSES["SpanCategorizer"], **_SPANCAT},
    "pipeline.textcat": {"TextCategorizer": _CLASSES["TextCategorizer"], **_TEXTCAT},
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
        "create_copy_from_base_model": "engine.pipeline.callbacks:copy_from_base_model",
        **_from("engine.training.batchers", "minibatch_by_padded_size", "minibatch_by_words"),
    },
    "training.augment": dict(_AUGMENTERS),
    "training.batchers": _BATCHERS,
    "training.callbacks": {"create_copy_from_base_model": "engine.pipeline.callbacks:copy_from_base_model"},
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
    "util": {**_UTIL_NAMES, "run_command": "workers.cli.run_command:run_command"},
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
