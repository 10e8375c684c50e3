# SPDX-License-Identifier: Apache-2.0
"""What a worker needs from its machine, checked piece by piece; each failure says what to do."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from sysconfig import get_config_var

import engine
from engine.cores import n_cores
from engine.errors import EngineError
from engine.extras import TORCH, MissingExtraError, extras
from engine.jit.cpu_level import host_features
from engine.jit.shipped import shipped_code
from engine.kernels import choose_backend, cpu_features, extra_for
from engine.lazy_torch import torch

from ..bundled import find_model
from ..errors import WorkerError
from ..model_registry import DEFAULT_NAME, RegistryError, open_registry
from ..model_registry.embedded import program_for
from ..model_registry.server_program import ChosenProgram, choose_program
from ..settings import WorkerSettings
from ..transports import Transport, TransportError, open_transport, shown_address
from ..transports.codecs import PACKAGE, missing_codecs

SENTENCE = "Freshet runs in Kigali."


class State(StrEnum):
    """How a check ended. Only `bad` keeps a worker from working."""

    good = "good"
    note = "note"
    bad = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found and, where it is not good, what to do."""

    name: str
    state: State
    found: str
    advice: str = ""


def run_checks(
    settings: WorkerSettings, model: str, registry: str | None, precision: str = "auto", device: str = "cpu"
) -> Iterator[Check]:
    """All checks, one by one as they are done; the pipeline is tried with this precision and device."""
    yield _python()
    yield _packages()
    yield from _extras()
    yield _cpu()
    yield _machine_code()
    yield _gpu()
    yield from _log(settings)
    yield from _model(model, precision, device)
    yield _redis(registry)


def _python() -> Check:
    found = f"Python {sys.version.split()[0]}, Freshet {version('freshet')}"
    if get_config_var("Py_GIL_DISABLED"):
        return Check(
            "python",
            State.note,
            f"{found}, free-threaded",
            "Freshet was never run on a free-threaded build; take the ordinary one of the same version",
        )
    if (3, 11) <= sys.version_info[:2] <= (3, 14):
        return Check("python", State.good, found)
    return Check("python", State.note, found, "Freshet is tested on Python 3.11 to 3.14")


def _packages() -> Check:
    found = ", ".join(f"{name} {version(name)}" for name in ("thinc", "numba", "numpy", "kafka-python"))
    if missing := missing_codecs():
        return Check(
            "packages",
            State.bad,
            f"{found}; without codec: Kafka batches of {', '.join(missing)}",
            f"pip install {PACKAGE}",
        )
    if find_spec("crc32c") is None:
        return Check(
            "packages",
            State.note,
            found,
            "without crc32c Kafka batches are checksummed in Python, at half the speed: pip install crc32c",
        )
    return Check("packages", State.good, found)


def _extras() -> Iterator[Check]:
    """What a base install leaves out."""
    for extra in extras():
        found = f"{extra.version or 'here'}" if extra.is_installed else f"not installed: {extra.line_to_type}"
        yield Check("extra", State.good, f"{extra.name} ({extra.gives}) {found}")


def _cpu() -> Check:
    features = cpu_features()
    bfloat16 = "with" if host_features().get("avx512bf16", False) else "without"
    found = (
        f"{features.name}, {n_cores()} cores for this process, {bfloat16} bfloat16; "
        f"matrix products by {choose_backend().name}"
    )
    return Check("cpu", State.good, found)


def _machine_code() -> Check:
    shipped = shipped_code()
    if shipped.set is not None:
        level = shipped.set.origin.level
        return Check(
            "machine code", State.good, f"{len(shipped.set)} functions came with Freshet for {level}"
        )
    found = f"compiled on this machine at a first text ({shipped.reason})"
    if not shipped.any_came:
        return Check("machine code", State.good, found)
    return Check(
        "machine code",
        State.note,
        found,
        "a first text takes 15 s or more: install the wheel's own versions of numba and llvmlite, or set "
        "NUMBA_CACHE_DIR to a folder that is kept",
    )


def _gpu() -> Check:
    if not TORCH.is_installed:
        found = "not looked for, since torch is not installed; pipelines run on the CPU"
        return Check("gpu", State.good, found)
    if not torch.cuda.is_available():
        return Check(
            "gpu",
            State.good,
            f"none that torch can use (torch {torch.__version__}); pipelines run on the CPU",
        )
    name, cuda = torch.cuda.get_device_name(0), str(torch.version.cuda or "")
    cupy = next((extra for extra in ("cupy-cuda12x", "cupy-cuda13x") if _is_installed(extra)), None)
    wanted = f"cuda{cuda.partition('.')[0]}"
    found = f"{name}, torch for CUDA {cuda}, {cupy or 'no CuPy'}"
    if cupy is None or wanted not in cupy:
        return Check(
            "gpu",
            State.note if cupy is None else State.bad,
            found,
            f"CuPy must have torch's CUDA major: pip install 'freshet[{wanted}]'",
        )
    return Check("gpu", State.good, found)


def _log(settings: WorkerSettings) -> Iterator[Check]:
    try:
        with (
            closing(open_transport(settings.broker, kafka=settings.kafka)) as transport,
            closing(transport.admin()) as admin,
        ):
            topics = {topic.name: len(topic.bounds) for topic in admin.topics()}
            yield Check("log", State.good, f"{shown_address(settings.broker)} answers, {len(topics)} topics")
            for name in (settings.input_topic, settings.output_topic, settings.dead_letters_to):
                yield _topic(transport, name, topics)
            if settings.input_topic in topics:
                lag = sum(item.lag for item in admin.group_lag(settings.group, [settings.input_topic]))
                yield Check("group", State.good, f"{settings.group} is {lag:,} texts behind")
    except TransportError as error:
        yield Check(
            "log",
            State.bad,
            str(error),
            f"is {shown_address(settings.broker)} the right address (--broker, FRESHET_BROKER), is the "
            "broker up, and are TLS and SASL as it wants them (FRESHET_KAFKA_*)?",
        )


def _topic(transport: Transport, name: str, topics: dict[str, int]) -> Check:
    """Whether a topic is there, and can be read: one record of it is."""
    if name not in topics:
        return Check("topic", State.bad, f"{name} is missing", f"freshet topics create {name}")
    found = f"{name}, {topics[name]} partitions"
    try:
        first = next(iter(transport.read(name, limit=1)), None)
    except TransportError as error:
        return Check("topic", State.bad, f"{found}: {error}", "a worker could not read it either")
    return Check("topic", State.good, f"{found}, " + ("empty" if first is None else "a record was read"))


def _model(name: str, precision: str, device: str) -> Iterator[Check]:
    try:
        folder, began = find_model(name), time.perf_counter()
        pipeline = engine.load(folder, precision=precision, device=device)
        loaded = time.perf_counter()
        entities = [f"{entity.text} {entity.label}" for entity in pipeline(SENTENCE).ents]
        seconds = f"loaded in {loaded - began:.1f} s, first text in {time.perf_counter() - loaded:.1f} s"
        yield Check(
            "model", State.good, f"{folder} {pipeline.version}: {', '.join(pipeline.names)}; {seconds}"
        )
        yield Check("sentence", State.good, f"{SENTENCE!r}: {', '.join(entities) or 'no entities'}")
        yield _needs(precision, device)
    except MissingExtraError as error:
        yield Check("model", State.bad, str(error), error.extra.line_to_type)
    except (EngineError, WorkerError) as error:
        yield Check(
            "model",
            State.bad,
            str(error),
            "name a pipeline's folder with --model, or train one: make starter",
        )


def _needs(precision: str, device: str) -> Check:
    extra = extra_for(precision, device)
    needed = "no extra" if extra is None else f"the extra {extra.name!r}, which is installed"
    return Check("needs", State.good, f"this pipeline with precision {precision} on {device} needs {needed}")


def _redis(address: str | None) -> Check:
    if address is None:
        try:
            taken = _taken(choose_program())
        except RegistryError as error:
            return Check(
                "redis", State.note, "no registry named, and no server for an embedded one", str(error)
            )
        return Check("redis", State.good, f"no registry named; an embedded one takes {taken}")
    advice = (
        "is the address right (--registry, FRESHET_REGISTRY), and is Redis up? docs/registry.md "
        "names the settings it needs"
    )
    try:
        return _registry(address)
    except WorkerError as error:
        return Check("redis", State.bad, str(error), advice)


def _registry(address: str) -> Check:
    with open_registry(address, os.environ.get("FRESHET_REGISTRY_NAME", DEFAULT_NAME)) as registry:
        facts, head = registry.check(), registry.head()
        count, changes = len(registry.versions()), len(registry.audit())
    memory = f"{facts.used_memory / 2**20:,.0f} MiB" + (
        f" of {facts.max_memory / 2**20:,.0f}" if facts.max_memory else ""
    )
    found = f"{registry.address}: {facts.name} {facts.version}, append-only file, {facts.policy}, {memory}"
    serving = f"champion {head.champion}" if head.champion is not None else "no champion"
    found += f"; {registry.name}: {count} versions, {serving}, {changes} changes in an unbroken chain"
    kind, _, folder = address.partition(":")
    if kind == "embedded":
        found += f"; a start there takes {_taken(program_for(Path(folder)))}"
    if remarks := facts.remarks():
        return Check("redis", State.note, found, "; ".join(remarks))
    return Check("redis", State.good, found)


def _taken(chosen: ChosenProgram) -> str:
    return f"{chosen.program.release}, {chosen.program.path} ({chosen.why})"


def _is_installed(distribution: str) -> bool:
    try:
        return bool(version(distribution))
    except PackageNotFoundError:
        return False
