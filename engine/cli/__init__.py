# SPDX-License-Identifier: Apache-2.0
"""What commands do, as functions for programs, under the names that the documentation gives them:
`from engine.cli.train import train`. Parsing and printing is `workers/cli`'s.

Import the files; this door imports nothing of them.

- `train`: a config's training, from files to `model-best` and `model-last`
- `init_config`: a new config from a few wishes; `quickstart`: the blocks that it puts together;
  `fill_config`: an incomplete one completed; `config_problems`: all that is wrong with one
- `init_pipeline`: label files, and pipelines ready to train
- `assemble`: a config's pipeline, initialized but not trained
- `evaluate`, `find_threshold`, `benchmark_speed`: scores, the best threshold, words a second
- `convert`: annotated data from one form into another
- `debug_data`, `debug_model`, `profile`: a look at data, at a model's layers, at where the time goes
- `package`: a pipeline as a Python package; `info`: what is installed, what a pipeline is
- `find_function`: where a registered function stands
"""

from __future__ import annotations

from ..thinc_import import thinc as thinc  # first: it comes without torch
