# SPDX-License-Identifier: Apache-2.0
"""`freshet models`: the versions of a model, which of them serve, and what they say differently."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from ..model_registry import (
    MAX_FILE_BYTES,
    ModelRegistry,
    RegistryError,
    Version,
    changed_fields,
    open_registry,
    score_rows,
)
from ..oms_signatures import SignatureError, signed_copy, verify_folder
from .console import err, out, print_json
from .line_files import open_sink
from .models_tables import audit_table, print_diff, print_head, print_workers, versions_table
from .options import JsonOption
from .registry_options import (
    DEFAULT,
    ActorOption,
    NameOption,
    ReasonOption,
    RegistryOption,
    this_user,
)

app = typer.Typer(
    help="Versions of a model: list, put, promote, roll back, compare, verify.",
    no_args_is_help=True,
    add_completion=False,
)

DAY = 86400.0

NumberArgument = Annotated[int, typer.Argument(metavar="VERSION", help="The version's number.")]
EpochOption = Annotated[
    int | None, typer.Option("--expect-epoch", help="Refuse if the champion has changed since this epoch.")
]


@app.command("list")
def list_versions(
    registry: RegistryOption = DEFAULT, name: NameOption = "default", as_json: JsonOption = False
) -> None:
    """List all versions: state, parent, scores, how far they have learned from corrections."""
    with _open(registry, name) as models:
        versions, head = models.versions(), models.head()
    if as_json:
        print_json({"head": asdict(head), "versions": [_plain(version) for version in versions]})
        return
    out.print(
        versions_table(versions, head)
        if versions
        else f"no versions of {name}; `freshet models put DIR` registers one"
    )


@app.command()
def show(
    number: NumberArgument,
    registry: RegistryOption = DEFAULT,
    name: NameOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Show one version whole: files, lineage, scores, verdict."""
    with _open(registry, name) as models:
        version = models.version(number)
    if as_json:
        print_json(_plain(version))
        return
    for key, value in _plain(version).items():
        if key != "files":
            out.print(
                Text.assemble(
                    (f"{key:16}", "bold"),
                    value if isinstance(value, str) else json.dumps(value, ensure_ascii=False),
                )
            )
    table = Table("file", "bytes", "sha256", box=None, pad_edge=False)
    for path, file in version.files.items():
        table.add_row(Text(path), f"{file.size:,}", file.sha256[:16])
    out.print(table)


@app.command()
def put(
    model: Annotated[
        str,
        typer.Argument(metavar="DIR", help="A pipeline's folder, ours or one saved by spaCy, or en_starter."),
    ],
    parent: Annotated[int | None, typer.Option(help="The version it was trained from.")] = None,
    score: Annotated[
        list[str] | None, typer.Option(metavar="NAME=NUMBER", help="A score of it; may be repeated.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Load it first, as an annotator would.")
    ] = True,
    oms: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Sign its files with this private key (PEM), as OpenSSF does."),
    ] = None,
    operation: Annotated[
        str | None, typer.Option(metavar="ID", help="The same id again puts nothing new.")
    ] = None,
    actor: ActorOption = None,
    registry: RegistryOption = DEFAULT,
    name: NameOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Register a pipeline as a new version, a candidate."""
    given = _scores(score)
    folder = _pipelines().find_pipeline(model, check=check)
    with ExitStack() as stack:
        models = stack.enter_context(_open(registry, name))
        put_in = folder if oms is None else stack.enter_context(signed_copy(folder, oms))
        version = models.put(put_in, parent=parent, scores=given, actor=actor or this_user(), op_id=operation)
    if as_json:
        print_json(_plain(version))
        return
    signed = f"signed {version.signed_by}" if version.signed_by else "not signed"
    out.print(
        f"version {version.number}: {len(version.files)} files, {version.size:,} bytes, "
        f"{version.manifest_digest[:12]}, {signed}"
    )


@app.command()
def promote(
    number: NumberArgument,
    reason: ReasonOption = "",
    force: Annotated[
        bool, typer.Option("--force", help="Without the gate's consent; needs a reason.")
    ] = False,
    expect_epoch: EpochOption = None,
    actor: ActorOption = None,
    registry: RegistryOption = DEFAULT,
    name: NameOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Make a version champion. It needs the gate's verdict against the present one, unless there is none
    yet."""
    with _open(registry, name) as models:
        epoch = models.head().epoch if expect_epoch is None else expect_epoch
        head = models.promote(
            number, expected_epoch=epoch, actor=actor or this_user(), reason=reason, force=force
        )
    print_head(head, as_json)


@app.command()
def rollback(
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; stands in the audit chain.")],
    expect_epoch: EpochOption = None,
    actor: ActorOption = None,
    registry: RegistryOption = DEFAULT,
    name: NameOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Serve the champion before; the present one is retired."""
    with _open(registry, name) as models:
        head = models.rollback(actor=actor or this_user(), reason=reason, expected_epoch=expect_epoch)
    print_head(head, as_json)


@app.command()
def shadow(
    number: Annotated[
        int | None, typer.Argument(metavar="[VERSION]", help="The version; nobody without one.")
    ] = None,
    reason: ReasonOption = "",
    actor: ActorOption = None,
    registry: RegistryOption = DEFAULT,
    name: NameOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Let a version annotate beside the champion, without its answers being sent."""
    with _open(registry, name) as models:
        head = models.set_shadow(number, actor=actor or this_user(), reason=reason)
    print_head(head, as_json)


@app.command()
def canary(
    number: Annotated[
        int | None, typer.Argument(metavar="[VERSION]", help="The version; nobody without one.")
    ] = None,
    percent: Annotated[int, typer.Option(min=1, max=100, help="Of the keys.")] = 10,
    reason: ReasonOption = "",
    force: Annotated[
        bool, typer.Option("--force", help="Without the gate's consent; needs a reason.")
    ] = False,
    actor: ActorOption = None,
    registry: RegistryOption = DEFAULT,
    name: NameOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Let a version answer for a part of the keys."""
    with _open(registry, name) as models:
        head = models.set_canary(number, percent, actor=actor or this_user(), reason=reason, force=force)
    print_head(head, as_json)


@app.command()
def retire(
    number: NumberArgument,
    reason: ReasonOption = "",
    actor: ActorOption = None,
    registry: RegistryOption = DEFAULT,
    name: NameOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Take a version out of service for good; `gc` may then drop its files."""
    with _open(registry, name) as models:
        version = models.retire(number, actor=actor or this_user(), reason=reason)
    if as_json:
        print_json(_plain(version))
        return
    out.print(f"version {version.number} is retired")


@app.command()
def diff(
    before: Annotated[int, typer.Argument(metavar="VERSION", help="The one.")],
    after: Annotated[int, typer.Argument(metavar="VERSION", help="The other.")],
    text: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Show what they say differently of it; may be repeated."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--texts", metavar="FILE", help="The same for each line of a file.")
    ] = None,
    registry: RegistryOption = DEFAULT,
    name: NameOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Compare two versions: scores, files, lineage, and their answers to texts."""
    texts = [*(text or ()), *(file.read_text(encoding="utf-8-sig").splitlines() if file else ())]
    with _open(registry, name) as models:
        pair = models.version(before), models.version(after)
        found = _pipelines().compare_answers(models, pair, texts) if texts else []
    if as_json:
        shown = [
            {"text": said, "changes": [asdict(change) for change in differing]} for said, differing in found
        ]
        print_json({"scores": score_rows(*pair), "changed": changed_fields(*pair), "texts": shown})
        return
    print_diff(pair, found)


@app.command()
def verify(
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="[VERSION...]", help="Which ones; all without any.")
    ] = None,
    oms: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Hold each to its OpenSSF signature, too, by this public key."),
    ] = None,
    registry: RegistryOption = DEFAULT,
    name: NameOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Check each file, the manifest's signature and the audit chain. Exit code 1 where something was
    changed."""
    found: dict[str, str] = {}
    with _open(registry, name) as models:
        wanted = numbers or [version.number for version in models.versions() if not version.collected]
        found["audit"] = _fault(models.audit)
        for number in wanted:
            found[str(number)] = _fault(lambda number=number: models.verify(number))
            if oms is not None and not found[str(number)]:
                found[str(number)] = _fault(lambda number=number: _verify_oms(models, number, oms))
    if as_json:
        print_json([{"what": what, "good": not fault, "fault": fault} for what, fault in found.items()])
    else:
        for what, fault in found.items():
            out.print(
                Text.assemble(("bad   ", "bold red") if fault else ("ok    ", "green"), f"{what:8}", fault)
            )
    raise typer.Exit(1 if any(found.values()) else 0)


def _verify_oms(models: ModelRegistry, number: int, key: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="freshet-oms-") as place:
        verify_folder(models.fetch(number, Path(place) / str(number)), key)


@app.command()
def export(
    number: NumberArgument,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or an empty folder.")],
    registry: RegistryOption = DEFAULT,
    name: NameOption = "default",
) -> None:
    """Write a version's files, verified, into a folder; `freshet models put` takes it back."""
    with _open(registry, name) as models:
        out.print(f"version {number} is in {models.fetch(number, directory)}", markup=False)


@app.command("file")
def read_file(
    number: NumberArgument,
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="One of those that `freshet models show` lists.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Where it goes; else stdout.")
    ] = None,
    max_bytes: Annotated[
        int, typer.Option("--max-bytes", min=0, help="A larger file is not read.")
    ] = MAX_FILE_BYTES,
    registry: RegistryOption = DEFAULT,
    name: NameOption = "default",
) -> None:
    """Read one file of a version, verified, without the others."""
    with _open(registry, name) as models:
        data = models.read_file(number, path, max_bytes=max_bytes)
    with open_sink("-" if output is None else str(output)) as sink:
        sink.write(data)


@app.command("workers")
def list_workers(
    registry: RegistryOption = DEFAULT, name: NameOption = "default", as_json: JsonOption = False
) -> None:
    """List the workers that are there now: host, version that they serve, epoch that they follow, lag."""
    with _open(registry, name) as models:
        entries, head = models.workers(), models.head()
    if as_json:
        print_json([asdict(entry) for entry in entries])
        return
    if entries:
        print_workers(entries, head)
    else:
        out.print(f"no workers of {name} have spoken lately")


@app.command()
def gc(
    older_than: Annotated[
        float, typer.Option(metavar="DAYS", min=0, help="Only what is unused for longer.")
    ] = 7.0,
    actor: ActorOption = None,
    registry: RegistryOption = DEFAULT,
    name: NameOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Drop the files of retired versions, and blobs that nothing names."""
    with _open(registry, name) as models:
        versions, blobs = models.collect_garbage(older_than * DAY, actor=actor or this_user())
    if as_json:
        print_json({"versions": versions, "blobs": blobs})
        return
    out.print(f"{versions} retired versions, {blobs} blobs")


@app.command()
def audit(
    registry: RegistryOption = DEFAULT, name: NameOption = "default", as_json: JsonOption = False
) -> None:
    """Who changed what, when and why; the chain is verified."""
    with _open(registry, name) as models:
        entries = models.audit()
    if as_json:
        for entry in entries:
            print_json(asdict(entry))
        return
    out.print(audit_table(entries))


@contextmanager
def _open(address: str, name: str) -> Iterator[ModelRegistry]:
    with open_registry(address, name) as models:
        for remark in models.check().remarks() if not address.startswith("embedded:") else ():
            err.print(Text.assemble(("note: ", "yellow"), remark))
        yield models


def _pipelines() -> Any:
    # The engine takes seconds to import; who rolls back in a hurry does not wait for it.
    return import_module(".models_answers", __package__)


def _plain(version: Version) -> dict[str, Any]:
    plain = asdict(version)
    return {**plain, "lineage": version.lineage.to_json(), "size": version.size}


def _fault(check: Any) -> str:
    try:
        check()
    except (RegistryError, SignatureError) as error:
        return str(error)
    return ""


def _scores(pairs: Sequence[str] | None) -> Mapping[str, float]:
    scores = {}
    for pair in pairs or ():
        key, sign, value = pair.partition("=")
        try:
            if not sign:
                raise ValueError
            scores[key] = float(value)
        except ValueError:
            raise typer.BadParameter(f"expected NAME=NUMBER, got {pair!r}", param_hint="--score") from None
    return scores
