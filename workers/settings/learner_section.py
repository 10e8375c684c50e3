# SPDX-License-Identifier: Apache-2.0
"""Settings of the streaming trainer: the sections `[learner]` and `[learner.gate]`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .authors_section import AuthorSettings
from .section import Limit, Section, at_least, between, setting, subsection
from .sources import SettingsSource, merge

NOT_NEGATIVE = Limit("0 or more", at_least(0).holds)


@dataclass(frozen=True, slots=True)
class GateSettings(Section):
    """What a candidate must show. F scores are fractions from 0 to 1."""

    place: ClassVar[str] = "learner -> gate"
    ignored: ClassVar[Mapping[str, object]] = {"resamples": 1000, "seed": 0}

    alpha: float = setting(
        0.01,
        "Probability that any of the candidates that are no better is ever promoted in a champion's place, "
        "and that a champion that is no worse is ever rolled back.",
        between(1e-6, 0.5),
    )
    min_gain: float = setting(
        0.0,
        "Mean F over the layers must be shown to rise by more than this; -1: nothing is to be shown.",
        between(-1, 1),
    )
    refresh: bool = setting(
        True,
        "Where the champion was shown to be better than one before it, the same student, gone on, takes its "
        "place as soon as the estimate of its gain is above min_gain and nothing speaks against it.",
    )
    tolerance: float = setting(
        0.01, "F that a layer may lose: a candidate that is shown to lose more is refused.", between(0, 1)
    )
    label_tolerance: float = setting(
        0.05, "The same for a single label of guarded_label_layers.", between(0, 1)
    )
    max_hidden_loss: float = setting(
        0.3,
        "F that a layer of the holdout may lose unnoticed: a candidate is refused while the holdout is too "
        "small to exclude so much; 1: never.",
        between(0, 1),
    )
    confidence: float = setting(
        0.9, "How sure these losses, and the bounds in verdicts, must be.", between(0.5, 0.9999)
    )
    guarded_layers: tuple[str, ...] = setting(
        (), "Layers that may not lose more than the tolerance; none: all that the holdout annotates."
    )
    guarded_label_layers: tuple[str, ...] = setting(
        ("ents", "cats"), "Layers whose single labels may not lose more than label_tolerance."
    )
    min_label_support: int = setting(
        20,
        "Such a label counts from so many occurrences in the holdout on.",
        between(1, float("inf")),
    )
    min_holdout: int = setting(
        1, "Documents that the holdout must have; with fewer no candidate passes.", between(0, float("inf"))
    )
    min_recent: int = setting(1, "The same for recent held-out corrections.", between(0, float("inf")))
    max_negative_flips: float = setting(
        0.1,
        "Share of a layer's right answers that may become wrong; refused where more is shown.",
        between(0, 1),
    )
    max_author_share: float = setting(
        0.8,
        "Share of the corrections that judge which may be one author's, where there are several; the others "
        "of his do not count.",
        between(0, 1),
    )
    max_latency_ratio: float = setting(
        1.5, "CPU time against the champion's at most.", between(0.01, float("inf"))
    )
    max_size_ratio: float = setting(
        1.5, "Bytes of weights against the champion's at most.", between(0.01, float("inf"))
    )
    min_regret: int = setting(
        10,
        "Held-out corrections since its promotion from which on the champion is compared with the one "
        "before, and taken back where it is shown to be worse; 0: never.",
        between(0, float("inf")),
    )

    @property
    def log_confidence(self) -> float:
        """The evidence that shows a loss with this confidence, as a logarithm."""
        return -math.log(1 - self.confidence)

    def guards(self, layer: str) -> bool:
        """Whether the layer may not lose: one of `guarded_layers`, or any where none is named."""
        return not self.guarded_layers or layer in self.guarded_layers


@dataclass(frozen=True, slots=True)
class ConsolidationSettings(Section):
    """A training on base and all corrections so far, in idle time and at the end of a stream; what comes out
    is the learner from there on."""

    place: ClassVar[str] = "learner -> consolidation"

    every: int = setting(
        50, "After so many corrections that the last one did not have; 0: never.", NOT_NEGATIVE
    )
    growth: float = setting(
        0.5, "And not before they are this share of all corrections so far.", NOT_NEGATIVE
    )
    max_epochs: int = setting(15, "Passes over all examples at most.", between(1, float("inf")))
    max_words: int = setting(2_000_000, "Or about so many words; 0: any number.", NOT_NEGATIVE)
    batch_words: int = setting(400, "Words a batch.", between(1, float("inf")))
    patience: int = setting(
        3,
        "Stop after so many passes that are worse on the choosing documents than the best one, beyond its "
        "standard error.",
        between(1, float("inf")),
    )
    slice_words: int = setting(
        5000,
        "Words between two looks at the log in idle time: so long a new correction waits.",
        between(1, float("inf")),
    )


@dataclass(frozen=True, slots=True)
class AdapterSettings(Section):
    """An adapter of low rank (LoRA) as what is learned of a pipeline on a transformer."""

    place: ClassVar[str] = "learner -> adapter"

    rank: int = setting(
        0,
        "Learn an adapter of this rank on each encoder, whose weights stay as they are: candidates are a few "
        "megabytes; 0: learn all weights.",
        NOT_NEGATIVE,
    )
    alpha: float = setting(
        16.0, "What an adapter says is multiplied by this over its rank.", between(1e-6, 1e6)
    )
    dropout: float = setting(0.0, "Dropout of its input while it learns.", between(0, 0.9))
    target_modules: tuple[str, ...] = setting(
        ("all-linear",), 'Layers of the encoder that it is on, as PEFT names them: ["query", "value"].'
    )
    heads: bool = setting(
        True,
        "The heads learn too. false: they stay, so that one pipeline serves the adapters of many "
        "(docs/adapters.md).",
    )


@dataclass(frozen=True, slots=True)
class TrainerSettings(Section):
    """How corrections become versions. Durations in seconds; counts are of corrections that are learned; 0
    means never."""

    place: ClassVar[str] = "learner"
    ignored: ClassVar[Mapping[str, object]] = {"max_text_chars": 1_000_000}

    registry: str = setting(
        "embedded:./.freshet",
        "Where versions and checkpoints are kept: embedded:PATH, redis://, rediss://, unix:// or sentinel://.",
    )
    name: str = setting("default", "Name of the line of versions in the registry.")
    registry_id: str = setting(
        "", "Identity of the registry that may be learned into (`freshet models list --json`); empty: any."
    )
    registry_accept: bool = setting(
        False,
        "Learn into the registry as it is at the start, even if it came back empty or is another one than "
        "before. For one start.",
    )
    checkpoint_every: int = setting(
        100, "A checkpoint after so many corrections that were learned; 0: never.", NOT_NEGATIVE
    )
    candidate_every: int = setting(150, "A candidate after so many of them; 0: never.", NOT_NEGATIVE)
    candidate_seconds: float = setting(
        300.0, "Or so many seconds after the first one that no candidate has learned; 0: never.", NOT_NEGATIVE
    )
    candidate_idle_seconds: float = setting(
        20.0, "Or when nothing came for so many seconds: people pause; 0: never.", NOT_NEGATIVE
    )
    candidate_idle_gap: float = setting(
        60.0, "Seconds from one candidate to one in a pause at least: each takes room for ever.", NOT_NEGATIVE
    )
    keep_versions: int = setting(
        200,
        "Of the versions that the gate refused or that serve no more, the newest so many keep their files, "
        "and all that taught; others cannot be served or verified again. 0: all.",
        NOT_NEGATIVE,
    )
    promote: bool = setting(True, "A candidate that passes the gate becomes champion at once.")
    base_corpus: str = setting(
        "corpora.base",
        "Section with what the first champion learned from, for rehearsal; empty or null: none.",
    )
    held_out_percent: float = setting(
        10.0,
        "Percent of all documents, chosen by their id, whose corrections are never learned; they judge "
        "candidates.",
        Limit("less than 100 percent, and 0 or more", lambda value: bool(0 <= value < 100)),
    )
    choosing_percent: float = setting(
        30.0,
        "Percent of the held-out documents and of the holdout that candidates are made by (when to stop, how "
        "much of the champion to keep); the gate judges by the others.",
        Limit("less than 100 percent, and 0 or more", lambda value: bool(0 <= value < 100)),
    )
    champion_shares: tuple[float, ...] = setting(
        (0.0, 0.25, 0.5, 0.75),
        "A candidate is so much of the champion's weights and the rest of the learner's: the share that the "
        "choosing documents like best, the first one unless another is better beyond chance.",
        Limit("shares from 0 to below 1", lambda shares: all(0 <= share < 1 for share in shares)),
    )
    held_out_kept: int = setting(500, "Of those corrections the newest so many.", NOT_NEGATIVE)
    ids_kept: int = setting(
        100_000,
        "Ids of corrections that are remembered, so that a repeated one is passed over.",
        NOT_NEGATIVE,
    )
    fading: float = setting(
        0.995,
        "What the scores so far weigh after one more correction, in progressive validation.",
        NOT_NEGATIVE,
    )
    drift_delta: float = setting(
        0.002,
        "Probability of a false alarm of its drift detector (ADWIN): less is slower and surer.",
        NOT_NEGATIVE,
    )
    distillation: float = setting(
        0.0, "Weight of the champion's opinion where people do not contradict it; 0: none.", NOT_NEGATIVE
    )
    average: float = setting(
        0.99, "Decay of the weights' moving average, which is the candidate; 0: none.", NOT_NEGATIVE
    )
    average_ramp: float = setting(
        30.0,
        "The student's average is over one of so many of its steps, until it has its full length: at first "
        "the newest weights are the best.",
        Limit("1 or more", lambda ramp: ramp >= 1),
    )
    grow_labels: tuple[str, ...] = setting(
        (),
        'Heads that get a label that a correction brings and they lack: ["ner", "textcat"], ["*"] for all; '
        "none: such labels are counted and passed over, so that no slip of the pen becomes a class.",
    )
    grow_limit: int = setting(
        20, "Labels that a head gets in this way at most; further ones are passed over.", NOT_NEGATIVE
    )
    rates: Mapping[str, float] = setting(
        {},
        "Factors of the learn rate by pattern over parameters, the first that matches; 0 freezes. Heads "
        'learn alone with "tok2vec/*" = 0.0',
    )
    gate: GateSettings = subsection(GateSettings)
    authors: AuthorSettings = subsection(AuthorSettings)
    consolidation: ConsolidationSettings = subsection(ConsolidationSettings)
    adapter: AdapterSettings = subsection(AdapterSettings)


def read_trainer_settings(section: Mapping[str, object], registry: str = "") -> TrainerSettings:
    """The settings of a `[learner]` section; `registry` given by the environment or the command line wins.

    Raises: SettingsError with the place, what was expected, what came and the names that exist.
    """
    given = SettingsSource("flags", {"registry": registry} if registry else {})
    return merge(TrainerSettings, (SettingsSource("learner", section, text=False), given))
