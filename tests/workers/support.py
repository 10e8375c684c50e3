# SPDX-License-Identifier: Apache-2.0
"""A small deterministic model and a way to run a worker in a thread, for tests of workers."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from schemas import Annotation, ModelRef, Source, TextMessage, encode_annotation
from workers.annotator.annotator import Annotator, run_annotator
from workers.serving.live_model import LiveModel
from workers.serving.model import Model, StageTimer, untimed
from workers.settings import WorkerSettings
from workers.transports.base import OutgoingRecord, Record, Transport
from workers.transports.memory import MemoryTransport

REF = ModelRef("words", "1.0", "sha256:0")

Annotate = Callable[[Sequence[TextMessage], Sequence[Source], StageTimer], list[bytes]]


@dataclass(frozen=True, eq=False)
class FunctionModel:
    """A model that is a function."""

    ref: ModelRef
    function: Annotate

    def annotate(
        self, messages: Sequence[TextMessage], sources: Sequence[Source], timer: StageTimer = untimed
    ) -> list[bytes]:
        """Call the function."""
        return self.function(messages, sources, timer)


def words_model(version: str = "1.0", *, poison: str = "POISON", delay: float = 0.0) -> Model:
    """A model that splits at blanks; texts that hold `poison` make the whole batch fail, as a real one
    would."""
    ref = ModelRef("words", version, f"sha256:{version}")

    def annotate(
        messages: Sequence[TextMessage], sources: Sequence[Source], timer: StageTimer
    ) -> list[bytes]:
        if delay:
            time.sleep(delay)
        if any(poison in message.text for message in messages):
            raise ValueError(f"a text holds {poison}")
        return [_annotation(message, source, ref) for message, source in zip(messages, sources, strict=True)]

    return FunctionModel(ref, annotate)


def _annotation(message: TextMessage, source: Source, ref: ModelRef) -> bytes:
    starts, ends, at = [], [], 0
    for word in message.text.split(" "):
        starts.append(at)
        ends.append(at + len(word))
        at += len(word) + 1
    return encode_annotation(
        Annotation(message.id, message.text, message.lang, {"start": starts, "end": ends}, ref, source)
    )


def memory_log(partitions: int = 4, **options: int) -> MemoryTransport:
    """A log in memory with the three topics of a worker."""
    transport = MemoryTransport(**options)
    create_topics(transport, partitions)
    return transport


def create_topics(
    transport: Transport, partitions: int = 4, names: Sequence[str] = ("texts", "annotations", "texts.dlq")
) -> None:
    """Make topics."""
    with closing(transport.admin()) as admin:
        for name in names:
            admin.create_topic(name, partitions)


def write(transport: Transport, records: Sequence[OutgoingRecord]) -> None:
    """Write records as they are."""
    with closing(transport.producer()) as producer:
        producer.send(records)


def send(
    transport: Transport,
    values: Sequence[bytes | None],
    topic: str = "texts",
    key: Callable[[int], bytes | None] = lambda i: b"%d" % i,
) -> None:
    """Write values to a topic."""
    write(transport, [OutgoingRecord(topic, value, key(i)) for i, value in enumerate(values)])


def texts(n: int, text: str = "some words to annotate") -> list[bytes]:
    """Values of `n` good messages."""
    return [b'{"text":"%s %d"}' % (text.encode(), i) for i in range(n)]


@dataclass
class Outcome:
    """What came out of a log's topics for the records of an input topic."""

    inputs: set[str] = field(default_factory=set)
    annotations: list[Record] = field(default_factory=list)
    dead_letters: list[Record] = field(default_factory=list)

    @property
    def seen(self) -> Counter[str]:
        """How many outputs each input has, by `topic:partition:offset`."""
        return Counter(source_of(record) for record in [*self.annotations, *self.dead_letters])

    @property
    def lost(self) -> set[str]:
        """Inputs without an output."""
        return self.inputs - set(self.seen)

    @property
    def doubled(self) -> set[str]:
        """Inputs with more than one output."""
        return {source for source, n in self.seen.items() if n > 1}

    @property
    def exact(self) -> bool:
        """Whether every input has exactly one annotation or one dead letter."""
        return set(self.seen) == self.inputs and not self.doubled


def outcome(transport: Transport, settings: WorkerSettings = WorkerSettings()) -> Outcome:  # noqa: B008 - frozen
    """Read all topics, committed records only."""
    inputs = {f"{r.topic}:{r.partition}:{r.offset}" for r in transport.read(settings.input_topic)}
    return Outcome(
        inputs, list(transport.read(settings.output_topic)), list(transport.read(settings.dead_letters_to))
    )


def source_of(record: Record) -> str:
    """The input that an output belongs to, by its header."""
    return dict(record.headers)["src"].decode()


def settings_for_tests(**changes: object) -> WorkerSettings:
    """Settings with short times and without a health server."""
    quick: dict[str, object] = {
        "health_port": -1,
        "commit_interval": 0.02,
        "threads": 2,
        "slot": f"test-{threading.get_ident()}-{time.monotonic_ns()}",
    }
    return WorkerSettings(**(quick | changes))  # type: ignore[arg-type]


@dataclass
class Running:
    """A worker in a thread."""

    stop: threading.Event
    thread: threading.Thread
    worker: Annotator | None = None
    code: int | None = None
    error: BaseException | None = None

    def finish(self, timeout: float = 30.0) -> int | None:
        """Ask it to stop, wait, and give its exit code."""
        self.stop.set()
        self.thread.join(timeout)
        return self.code


@contextmanager
def running(
    transport: Transport, settings: WorkerSettings, model: Model | LiveModel, **options: object
) -> Iterator[Running]:
    """Run a worker in a thread, and stop it at the end of the block."""

    def work() -> None:
        try:
            state.code = run_annotator(
                settings,
                transport,
                model,
                stop=state.stop,
                on_start=lambda w: setattr(state, "worker", w),
                **options,
            )
        except BaseException as error:
            state.error = error

    state = Running(threading.Event(), threading.Thread(target=work, daemon=True))
    state.thread.start()
    try:
        yield state
    finally:
        state.finish()


def wait_until(check: Callable[[], bool], timeout: float = 30.0) -> None:
    """Wait for a condition. Raises: AssertionError where it does not come true in time."""
    deadline = time.monotonic() + timeout
    while not check():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def annotate_all(
    transport: Transport,
    settings: WorkerSettings,
    model: Model | LiveModel,
    timeout: float = 30.0,
    **options: object,
) -> tuple[Outcome, int | None]:
    """Run one worker until every input has an output; what came out, and the exit code."""
    with running(transport, settings, model, **options) as state:
        wait_until(lambda: state.error is not None or not outcome(transport, settings).lost, timeout)
        code = state.finish()
    if state.error is not None:
        raise state.error
    return outcome(transport, settings), code
