# SPDX-License-Identifier: Apache-2.0
"""The `freshet` command: argv in, exit code out, no logic of its own.

- `app`: the table of commands; each is the file of its name and is imported when it runs.
- Logs: `send`, `read`, `topics`, `dlq`, `replay`, `explain`. Workers: `up`, `annotate`, `learn`,
  `stream_app`. Models: `models` (with `models_tables` and `models_answers`), `adapters`. People:
  `corrections`. Pipelines: `train`, `evaluate`, `calibrate`, `apply`, `convert`, `init`, `debug`.
  This machine: `doctor` (with `doctor_checks`), `bench` (with `bench_runs`).
- What they share: `console` (stdout, stderr and the log), `options`, `config_overrides`
  (`--section.key VALUE`), `user_code` (`--code`) with `as_spacy`, `exit_codes`; `broker`, `registry_options`,
  `pipeline_loader`, `line_files`, `record_json`.
- For people: `pretty`, `dependency_tree`.
- `worker_process`: workers as processes of their own. `fleet`: those of one `freshet up`. `demo/`: its texts.
"""

from __future__ import annotations

from .app import main

__all__ = ["main"]
