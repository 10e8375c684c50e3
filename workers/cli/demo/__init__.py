# SPDX-License-Identifier: Apache-2.0
"""What `freshet up --demo` streams, what simulated people say to it, and what is shown; import the files.

- `samples`: the bundled texts (`texts`, `tickers`, `people`, `base` and `holdout`, all `.jsonl`) and their
  gold entities.
- `stream`: texts into a log, and what becomes of each. `outcomes`: annotations and dead letters, counted.
- `people`: simulated people who correct annotations, and how well the model did in their eyes.
- `feed`: how far learning is: versions, verdicts, the champion.
- `screen`: all of it in the terminal.
"""
