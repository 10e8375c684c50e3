# SPDX-License-Identifier: Apache-2.0
"""Several workers that train one pipeline: the protocol, as plain values. What carries messages is a `Post`;
no file here knows a cluster. Import the files; this door imports nothing of them.

- `settings`: `[training.distributed]`; `run`: one worker's run; `run_state`: a run as a value
- `member`: what the learners have in common; `sync`, `owned`, `local`: one strategy each
- `shards`: a batch cut the same way for any number of workers; `reduction`: a sum in one order
- `slots`, `gradients`: arrays that learn, by name; their gradients as values; `tables`: what is kept
  of them
- `ownership`, `owner`: who owns which array; quorum, versions and staleness
- `post`: messages between workers; `meters`: what is counted
- `simulator`: the protocol with seeded delays, stragglers and crashes; `scaling`: rates of 2 to 256 workers
"""
