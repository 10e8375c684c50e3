# SPDX-License-Identifier: Apache-2.0
"""`freshet corrections`: the people who correct, how far they agree, and what is decided about them."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from ..corrections import Decided, decide, decisions_after
from ..errors import WorkerError
from ..model_registry import ModelRegistry, open_registry
from .console import err, out, print_json
from .models_tables import show_time, time_column
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
    help="The people who correct: how far they agree, whose corrections are learned.",
    no_args_is_help=True,
    add_completion=False,
)

MAX_NAMED = 20
"""Authors named in a message at most."""


def _named(author: str) -> str:
    """The author's name. Raises: BadParameter for an empty one: corrections name somebody."""
    if not author.strip():
        raise typer.BadParameter(
            "expected the name of an author, got nothing; see `freshet corrections authors`"
        )
    return author


AuthorArgument = Annotated[
    str, typer.Argument(metavar="AUTHOR", help="As corrections name the author.", callback=_named)
]
OperationOption = Annotated[
    str | None, typer.Option("--operation", metavar="ID", help="The same id again decides nothing new.")
]


@app.command()
def authors(
    registry: RegistryOption = DEFAULT, name: NameOption = "default", as_json: JsonOption = False
) -> None:
    """List the authors as the trainer knew them at its last checkpoint, and what was decided about them.

    `model`: F of what the model said before it learned their corrections; `others`: F against people who
    corrected the same texts; both by layer, with how much they rest on. `evidence`: how many to one it speaks
    against them that they disagree far more than the others; at 100 (1 / false_alarm) they are held back.
    """
    with open_registry(registry, name) as models:
        found, decided = last_report(models), decisions_after(models, "")
    if as_json:
        decisions = [{"author": one.author, "decided": one.decided, "time": when(one.id)} for one in decided]
        print_json({"authors": found, "decisions": decisions})
        return
    out.print(
        authors_table(found, {one.author: f"{one.decided}\n{when(one.id)}" for one in decided})
        if found
        else f"no authors of {name} yet; `freshet learn` tells of them at its checkpoints"
    )


@app.command()
def review(
    author: AuthorArgument,
    accept: Annotated[
        bool | None,
        typer.Option(
            "--accept/--hold",
            help="accept: learn what was held back and what comes, and never hold it back again unasked; "
            "hold: hold back what comes.",
        ),
    ] = None,
    reason: ReasonOption = "",
    actor: ActorOption = None,
    operation: OperationOption = None,
    registry: RegistryOption = DEFAULT,
    name: NameOption = "default",
) -> None:
    """Decide whether an author's corrections are learned: `--accept` or `--hold`."""
    if accept is None:
        raise typer.BadParameter("expected --accept or --hold, got neither")
    decided = Decided.ACCEPT if accept else Decided.HOLD
    with open_registry(registry, name) as models:
        known = last_report(models)
        decide(models, author, decided, actor=actor or this_user(), reason=reason, op_id=operation)
    if known and author not in known:
        err.print(f"note: {_unknown(author, known)}", markup=False)
    err.print(f"{author}: {decided}; the trainer goes by it from its next segment on", markup=False)


@app.command()
def revoke(
    author: AuthorArgument,
    reason: ReasonOption = "",
    unlisted: Annotated[
        bool, typer.Option("--unlisted", help="Even if the trainer told of no such author.")
    ] = False,
    actor: ActorOption = None,
    operation: OperationOption = None,
    registry: RegistryOption = DEFAULT,
    name: NameOption = "default",
) -> None:
    """Take back what an author taught.

    The trainer learns again from its first version, by its journal, without the author's corrections; it goes
    on from there, and what comes out is a candidate, which the gate judges as any other. From then on the
    author's corrections are passed over. Since learning again takes as long as all learning so far, a name
    that `freshet corrections authors` does not list is refused.
    """
    with open_registry(registry, name) as models:
        known = last_report(models)
        if known and author not in known and not unlisted:
            raise WorkerError(
                f"{_unknown(author, known)}; --unlisted revokes all the same: of many authors the list has "
                "the latest"
            )
        decide(models, author, Decided.REVOKE, actor=actor or this_user(), reason=reason, op_id=operation)
        learns = models.checkpoint() is not None
    err.print(
        f"{author}: revoked; "
        + (
            "the trainer learns again without this author, now or when `freshet learn` is started"
            if learns
            else "nothing was learned yet"
        ),
        markup=False,
    )


def _unknown(author: str, known: Collection[str]) -> str:
    """That nobody of that name has corrected anything, and who has."""
    close = difflib.get_close_matches(author, known, n=3)
    names = close or sorted(known)[:MAX_NAMED]
    more = len(known) - len(names)
    return (
        f"expected an author that the trainer knew at its last checkpoint, got {author!r}; "
        f"{'similar ones are' if close else 'there are'}: {', '.join(names)}"
        + (f" and {more} more" if more and not close else "")
    )


def last_report(models: ModelRegistry) -> Mapping[str, Any]:
    """The authors in the newest row of metrics that tells of them."""
    rows = (row.row for row in reversed(models.metrics()) if row.row.get("kind") == "authors")
    found = next(rows, None)
    return {} if found is None else found["authors"]


def authors_table(found: Mapping[str, Any], decided: Mapping[str, str]) -> Table:
    """One line an author."""
    table = Table(
        "author",
        "standing",
        "read",
        "learned",
        "held",
        "model",
        "others",
        "evidence",
        time_column("decided"),
        box=None,
        pad_edge=False,
    )
    styles = {"held": "bold yellow", "revoked": "bold red", "trusted": "green"}
    for name, row in found.items():
        counts = row["counts"]
        table.add_row(
            Text(name),
            Text(row["standing"], styles.get(row["standing"], "")),
            str(counts.get("read", 0)),
            str(counts.get("learned", 0)),
            str(row["held"]) + (f" (+{row['forgotten']})" if row["forgotten"] else ""),
            agreement(row["model"]),
            agreement(row["others"]),
            f"{row['evidence']:.3g}",
            decided.get(name, ""),
        )
    return table


def agreement(layers: Mapping[str, Any]) -> str:
    """F by layer, with how much it rests on."""
    return " ".join(f"{layer} {100 * f:.1f} ({n:.0f})" for layer, (f, n) in layers.items())


def when(entry_id: str) -> str:
    """The time of a link of the audit chain."""
    return show_time(int(entry_id.partition("-")[0]) / 1000)
