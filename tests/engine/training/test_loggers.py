from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from engine.errors import EngineError
from engine.training.loggers import make_console_logger, make_jsonl_logger
from engine.training.loop import StepInfo


class Named:
    """The part of a pipeline that loggers use."""

    names = ("tok2vec", "tagger")
    config: ClassVar[dict[str, Any]] = {
        "training": {"eval_frequency": 10, "score_weights": {"tag_acc": 1.0, "tag_micro_p": None}}
    }


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def info(step: int = 10) -> StepInfo:
    """What a step says."""
    return StepInfo(
        epoch=0,
        step=step,
        score=0.5,
        other_scores={"tag_acc": 0.5},
        losses={"tagger": 3.25},
        checkpoints=[(0.5, step)],
        seconds=2.0,
        words=100,
    )


def test_the_console_shows_a_head_and_a_row_per_evaluation() -> None:
    """Columns for losses and weighted scores; steps between evaluations write nothing to a file."""
    out = io.StringIO()
    log, finish = make_console_logger()(Named(), out, out)
    for item in (None, info(), None, info(20)):
        log(item)
    finish()
    head, _, first, second = out.getvalue().splitlines()
    assert head.split() == ["epoch", "step", "words/s", "loss", "tagger", "tag_acc", "score"]
    assert first.split() == ["0", "10", "50", "3.25", "50.00", "0.5000"]
    assert second.split()[1] == "20"


def test_a_terminal_sees_the_steps_pass() -> None:
    """With a progress bar a live line counts the steps until the next row, which replaces it."""
    out = Terminal()
    log, _ = make_console_logger(progress_bar=True)(Named(), out, out)
    log(None)
    assert out.getvalue() == "\r  step 1, next row at 10 "
    log(info())
    assert "\r\033[K" in out.getvalue()


def test_json_lines_hold_everything(tmp_path: Path) -> None:
    """Each evaluation is one JSON object, on standard output or in a new file."""
    out, path = io.StringIO(), tmp_path / "log.jsonl"
    log, _ = make_jsonl_logger()(Named(), out, out)
    log(None)
    log(info())
    assert json.loads(out.getvalue())["other_scores"] == {"tag_acc": 0.5}
    log, finish = make_console_logger(console_output=False, output_file=str(path))(Named(), out, out)
    log(info())
    finish()
    assert json.loads(path.read_text())["step"] == 10


def test_a_log_file_is_never_overwritten(tmp_path: Path) -> None:
    """A log that exists is an error that names it."""
    path = tmp_path / "log.jsonl"
    path.write_text("")
    with pytest.raises(EngineError, match=r"expected a new file .*log\.jsonl"):
        make_jsonl_logger(str(path))(Named(), io.StringIO(), io.StringIO())
