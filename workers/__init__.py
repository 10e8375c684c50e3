# SPDX-License-Identifier: Apache-2.0
"""The workers: they stream texts through the engine, and their command line.

From the top down; a folder knows those below it (`pyproject.toml` holds it to that):

cli             commands: words in, exit code out; `demo` below it
console         the web console: what people see, correct and decide
annotator       texts of a topic in, annotations and dead letters out, each record once
trainer         corrections are learned as they come, and become versions
reprocess       files without a log, a stretch of a topic again, where an annotation comes from
corrections     the one way to read a correction; the workers that check, join and count them
gate            whether a candidate may take the champion's place
serving         the models that annotate now, and how another one takes their place
http            the one small server: health and metrics, tables, drawn documents, the console
model_registry  trained versions in Redis: put, judged, promoted, rolled back
dead_letters    records that could not be processed, written and sent back
transports      logs behind one protocol: Kafka, an embedded one, one in memory
settings        one validated section each
metrics         the catalogue of all metrics; logs, redaction: what a process tells, without texts and secrets
retry, signals, hashed_share, bundled, errors: one backoff; the end of a process; a share by hash; files of
  the wheel; what can go wrong

Importing this package costs nothing; import the folders.
"""
