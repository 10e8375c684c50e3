# SPDX-License-Identifier: Apache-2.0
"""The streaming trainer: corrections are learned as they come, each exactly once, and become versions.

Importing this folder costs nothing; import the files: `trainer_config` and `trainer` to learn, `reproduce` to
learn a version again, `corrections_reader` to make `freshet.KafkaCorrections.v1` known to configs.

One correction passes, in this order:

- `source`: what is read next and when a segment ends: the live log, or a journal of what was done before
- `partition_cursor`: records by partition and offset; how far reading has come
- `example_stream`: records in, examples out; what was read and is not learned yet
- `correction_filter`: each correction once; what is held out; what nobody can read
- `author_ledger`: whose corrections are learned as they come; `author_agreement`, `author_evidence`: by what;
  `held_back`: the others, until their author was reviewed
- `example_factory`: examples of corrections, and of the sources that are kept of them
- `session`: batches are scored, then learned; the listener hears of steps and of segments' ends
- `consolidator`: the slow one of two speeds: a training on all so far, which becomes the learner
- `checkpointer`: state and offsets in one commit, on top of the one before
- `choosing`: how much of the champion a candidate keeps, by documents that the gate does not use
- `candidates`: put, judged, promoted; a champion that corrections speak against is rolled back

and these serve them:

- `trainer_config`: the learning config (the settings of `[learner]` stand in `workers.settings`)
- `corrections_reader`: the corpus that a config names
- `session_parts`: learner, optimizer, batcher, filter and scores, as the config describes them
- `session_state`: how a session begins; the one form in which it is kept
- `events`, `journal`, `saved_events`: what was done, as values and in its saved form
- `recipe`: journal, config and digest beside a version's files
- `pending`: when checkpoints and candidates are due
- `schedules`: schedules that go on where they stood
- `known_registry`: whether the registry is the one that was learned into before
- `checkpoints`, `registry_retry`, `metrics_rows`: the registry, as the trainer uses it
- `telemetry`: its metrics and health, for Prometheus and probes
- `trainer`: opens the session and listens to it
- `remake`: a session learned again without an author; `silent_listener`: who hears that
- `reproduce`: a version learned again, to see that the same bytes come out
"""
