# SPDX-License-Identifier: Apache-2.0
"""What components that write by labelled patterns have in common: their patterns, where these come from, and
how they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..doc.batch import Batch
from ..doc.doc import Doc
from ..doc.example import Example
from ..doc.span import Span
from ..matching import Entry, LabelledPatterns, Matcher, PhraseMatcher, ReadPhrases
from .component import GetExamples, Scorer, Scores
from .on_documents import OnDocuments, batch_of_docs

PATTERNS, SUFFIX = "patterns.jsonl", ".jsonl"
FUZZY_BLOCK = {"@misc": "freshet.levenshtein_compare.v1"}
"""The comparison of fuzzy patterns that a config gets where it names none."""


class Ruler(OnDocuments):
    """Holds labelled patterns; what becomes of their matches is for those who derive from it."""

    label_data = None
    validate = True
    """Patterns are always validated."""

    def __init__(self, name: str, patterns: LabelledPatterns, scorer: Scorer | None) -> None:
        self.name = name
        self.labelled = patterns
        self.scorer = scorer

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of all patterns, sorted."""
        return self.labelled.labels

    @property
    def patterns(self) -> list[dict[str, Any]]:
        """All patterns as they were given: maps of `label`, `pattern` and perhaps `id`."""
        return self.labelled.entries

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of all patterns, sorted."""
        return self.labelled.ids

    def __len__(self) -> int:
        """Number of patterns."""
        return len(self.labelled)

    def __bool__(self) -> bool:
        """One without patterns is a ruler, too."""
        return True

    def __contains__(self, label: object) -> bool:
        """Whether a pattern has this label."""
        return label in self.labels

    def clear(self) -> None:
        """Remove all patterns."""
        self.labelled.clear()

    def add_patterns(self, patterns: Iterable[Entry]) -> None:
        """Add patterns as maps of `label`, `pattern` and perhaps `id`. Raises: PatternError."""
        self.labelled.add(patterns)

    @property
    def matcher(self) -> Matcher:
        """What finds patterns of tokens."""
        return self.labelled.matchers[0]

    @property
    def phrase_matcher(self) -> PhraseMatcher:
        """What finds phrases."""
        return self.labelled.matchers[1]

    @property
    def token_patterns(self) -> dict[str, list[Any]]:
        """Patterns of tokens by their labels."""
        return self.labelled.by_label(list)

    @property
    def phrase_patterns(self) -> dict[str, list[Any]]:
        """Phrases by their labels, as documents where there is a pipeline to read them, else as texts."""
        phrases = self.labelled.by_label(str)
        read = self.labelled.read_phrases
        if read is None:
            return phrases
        return {label: [Doc(read([text], False), 0) for text in texts] for label, texts in phrases.items()}

    def match(self, doc: Doc) -> list[Span]:
        """Spans that patterns match in a document, which stays as it is; all of them, by their places."""
        found = dict(self.labelled.find(batch_of_docs([doc]))).get(0, ())
        spans = sorted({(match.start, match.end, *self.labelled.name(match.key)) for match in found})
        return [Span(doc, start, end, label, span_id=span_id) for start, end, label, span_id in spans]

    def read_phrases_with(self, read: ReadPhrases) -> None:
        """Take what tokenizes phrases."""
        self.labelled.read_phrases = read

    def initialize(
        self, get_examples: GetExamples, sample: Batch, patterns: Sequence[Entry] | None = None
    ) -> None:
        """Take the patterns, where the config gives some, in place of all others. Raises: PatternError."""
        if patterns is not None:
            self.labelled.clear()
            self.labelled.add(patterns)

    def score(self, examples: Sequence[Example]) -> Scores:
        """Scores by the configured scorer."""
        return self.scorer(examples) if self.scorer is not None else {}

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the patterns to a file of JSON lines, where the path ends so, else to a folder."""
        if Path(path).suffix == SUFFIX:
            Path(path).write_bytes(self.labelled.to_lines())
        else:
            super().to_disk(path, exclude=exclude)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Any:
        """Take over the patterns of a file of JSON lines, or of a folder. Raises: PatternError,
        ModelFileError."""
        if Path(path).is_file():
            self.labelled.load_lines(Path(path).read_bytes())
            return self
        return super().from_disk(path, exclude=exclude)

    def files(self) -> dict[str, bytes]:
        """The patterns."""
        return {PATTERNS: self.labelled.to_lines()}

    def load_files(self, files: Mapping[str, bytes]) -> None:
        """Take over what `files` gave."""
        self.labelled.load_lines(files[PATTERNS])
