# SPDX-License-Identifier: Apache-2.0
"""The shared encoder as a component, and what configs say of it. Nothing imports this folder before a name in
it is looked up (`engine.config.registry`).

- `registered`: all that the registry knows of it
- `transformer`, `curated_transformer`: the components; `transformer_model`, `curated_models`: their
  architectures
- `encoder_part`: an encoder inside a Thinc layer; `frozen_layers`: its lower part, kept as it is;
  `part_adapters`: what learns in its place, and what documents choose
- `texts_reader`, `span_getters`: pieces of spans; `pieces_reader`, `piece_encoders`: pieces of tokens
- `model_loaders`: where a curated encoder's weights and pieces come from
- `piece_output`: what listeners read; `listener`, `curated_listeners`, `scalar_weight`: how
- `tok2vec_transformer`: an encoder of a head's own
- `trf_data`, `wordpieces`, `model_output`, `doc_output`, `views`, `trf_extension`: what people look at
- `annotation_setters`, `own_models`: functions and models of people's own
- `adamw`: an optimizer with groups; `unfreezing`: a callback
"""
