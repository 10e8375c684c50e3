# SPDX-License-Identifier: Apache-2.0
"""The table of commands, and the group that loads a command's module only when that command runs."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from ..signals import leave_on_signals
from .as_spacy import add_option
from .plugins import plugin_command, plugin_help, plugin_names

COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("up", "The whole loop on this machine: log, annotator and, with --demo, sample texts."),
    "annotate": ("annotate", "Run one annotator worker."),
    "send": ("send", "Send JSONL or plain lines to a topic."),
    "read": ("read", "Read a topic as JSONL or, with --pretty, in colour."),
    "topics": ("topics", "Create, list, describe topics; show lags."),
    "dlq": ("dlq", "List, show and redrive dead letters."),
    "models": ("models", "Versions of a model: list, put, promote, roll back, compare, verify."),
    "adapters": ("adapters", "Adapters of encoders: export, import, merge (PEFT's files)."),
    "corrections": ("corrections", "Who corrects, how far they agree, whose corrections are learned."),
    "stream-app": ("stream_app", "Validate, join and count corrections beside the fleet; serve the counts."),
    "console": ("web_console", "The web console: look, correct, publish, see it go live."),
    "verify": ("verify", "Check a folder's OpenSSF signature with a key."),
    "explain": ("explain", "Say where an annotation comes from: model, parents, corrections learned."),
    "replay": ("replay", "Annotate a stretch of a topic again with a chosen version."),
    "train": ("train", "Train a pipeline from a config."),
    "ray": ("ray", "Train with several workers: `ray train`."),
    "pretrain": ("pretrain", "Learn an embedding from raw text, before training."),
    "learn": ("learn", "Learn from corrections as they come; put and promote new versions."),
    "assemble": ("assemble", "Make a pipeline of a config without training."),
    "evaluate": ("evaluate", "Score a pipeline on held-out data."),
    "find-threshold": ("find_threshold", "Try thresholds of a component, name the best."),
    "calibrate": ("calibrate", "Make a pipeline's confidences hold, by held-out data."),
    "apply": ("apply", "Annotate a file without a log."),
    "convert": ("convert", "Turn CoNLL-U, IOB2, Prodigy data or .spacy files into JSONL or .spacy."),
    "init": ("init", "Write or complete a training config."),
    "debug": ("debug", "Look at data, a config, a model or where the time goes."),
    "package": ("package", "Make a Python package of a pipeline."),
    "download": ("download", "Install a pipeline's package with pip."),
    "info": ("info", "Say what is installed, or what a pipeline is."),
    "validate": ("validate", "Check whether the installed pipelines load."),
    "find-function": ("find_function", "Say where a registered function stands."),
    "benchmark": ("benchmark", "Measure a pipeline's speed or accuracy on data."),
    "run-script": ("run_script", "Run a Python script in which `import spacy` means Freshet."),
    "project": ("project", "Not here: what runs project files instead."),
    "doctor": ("doctor", "Check broker, topics, model, CPU and GPU; say what to do."),
    "bench": ("bench", "Measure throughput and latency on this machine."),
}


class LazyGroup(TyperGroup):
    """Lists its commands from the table; imports a command's module when it is run, so that `--help` answers
    at once."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the table's order; then those of other packages."""
        return [*COMMANDS, *plugin_names()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A stand-in with the name and the help line, for listings."""
        line = COMMANDS[cmd_name][1] if cmd_name in COMMANDS else plugin_help(cmd_name)
        return TyperCommand(cmd_name, help=line) if line is not None else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The real command for the first argument; a wrong name is a usage error."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is None or command is None:
            return name, command, rest
        return name, _load(name) if name in COMMANDS else plugin_command(name), rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error of ours becomes a message and an exit code, anything else keeps its
        traceback."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            code = import_module(".exit_codes", __package__).report(error)
            if code is None:
                raise
            raise typer.Exit(code) from error


def _load(name: str) -> Any:
    if name == "annotate":  # loading takes seconds, in which a supervisor may change its mind
        leave_on_signals()
    module = import_module(f".{COMMANDS[name][0]}", __package__)
    command = get_command(module.app)
    command.name = name
    add_option(command)
    return command


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"freshet {version('freshet')}")
        raise typer.Exit


app = typer.Typer(
    name="freshet",
    cls=LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def freshet(
    show_version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    """Streaming NLP workers: text topics in, annotations out, exactly once."""


def main() -> None:
    """Run the command line of this process."""
    app(args=sys.argv[1:], prog_name="freshet")
