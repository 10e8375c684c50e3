# SPDX-License-Identifier: Apache-2.0
"""Texts and annotations once more, beside the stream. Import the files: two of them need the engine, `freshet
explain` does not.

    backfill `freshet apply` on many files: `shards`, which ones; `shard_forms`, read and written; `manifest`,
             what is done
    files    `freshet apply`: files of texts to files of annotations, some lines at a time
    topics   `freshet replay`: a stretch of a topic again, with a chosen version
    lineage  `freshet explain`: where an annotation comes from, and which corrections its model had learned
"""
