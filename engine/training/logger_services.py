# SPDX-License-Identifier: Apache-2.0
"""Loggers that send a run to a tracking service: Weights & Biases, MLflow, ClearML. Each is an extra, and is
imported when a training that names it begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

from confection import Config

from ..config.config import interpolate_config
from ..config.registry import registry
from ..extras import CLEARML, MLFLOW, WANDB
from .logger_chain import compile_patterns, matching
from .logger_table import Logged
from .loggers import Logger, LogStep, make_plain_console_logger
from .loop import StepInfo

Send = Callable[[StepInfo], None]
Begin = Callable[[Logged], tuple[Send, Callable[[], None]]]


@registry.loggers("spacy.WandbLogger.v5")
def make_wandb_logger(
    project_name: str,
    remove_config_values: list[str] = [],  # noqa: B006  # never changed; what fill-config writes
    model_log_interval: int | None = None,
    log_dataset_dir: str | None = None,
    entity: str | None = None,
    run_name: str | None = None,
    log_best_dir: str | None = None,
    log_latest_dir: str | None = None,
    log_custom_stats: list[str] | None = None,
) -> Logger:
    """Config, scores and losses to Weights & Biases; models every so many steps and data as artifacts."""
    patterns = compile_patterns(log_custom_stats or ())

    def begin(pipeline: Logged) -> tuple[Send, Callable[[], None]]:
        WANDB.require("spacy.WandbLogger")
        wandb = import_module("wandb")
        config = config_without(pipeline.config, remove_config_values)
        run = wandb.init(project=project_name, config=config, entity=entity, name=run_name)
        if log_dataset_dir:
            _wandb_artifact(wandb, run, log_dataset_dir, "dataset")

        def send(info: StepInfo) -> None:
            run.log({**metrics_of(info), **matching(info, patterns)})
            if model_log_interval and info["step"] % model_log_interval == 0:
                _wandb_artifact(wandb, run, info.get("output_path"), "checkpoint")
            if _is_newest_best(info):
                _wandb_artifact(wandb, run, log_best_dir, "model_best")
            _wandb_artifact(wandb, run, log_latest_dir, "model_last")

        return send, run.finish

    return _logger(begin)


@registry.loggers("spacy.WandbLogger.v4")
def make_wandb_logger_4(
    project_name: str,
    remove_config_values: list[str] = [],  # noqa: B006
    model_log_interval: int | None = None,
    log_dataset_dir: str | None = None,
    entity: str | None = None,
    run_name: str | None = None,
    log_best_dir: str | None = None,
    log_latest_dir: str | None = None,
) -> Logger:
    """The same without statistics of one's own, and with the console's table."""
    return _beside_console(
        make_wandb_logger(
            project_name,
            remove_config_values,
            model_log_interval,
            log_dataset_dir,
            entity,
            run_name,
            log_best_dir,
            log_latest_dir,
        )
    )


@registry.loggers("spacy.WandbLogger.v3")
def make_wandb_logger_3(
    project_name: str,
    remove_config_values: list[str] = [],  # noqa: B006
    model_log_interval: int | None = None,
    log_dataset_dir: str | None = None,
    entity: str | None = None,
    run_name: str | None = None,
) -> Logger:
    """The same without folders of models."""
    logger: Logger = make_wandb_logger_4(
        project_name, remove_config_values, model_log_interval, log_dataset_dir, entity, run_name
    )
    return logger


@registry.loggers("spacy.WandbLogger.v2")
def make_wandb_logger_2(
    project_name: str,
    remove_config_values: list[str] = [],  # noqa: B006
    model_log_interval: int | None = None,
    log_dataset_dir: str | None = None,
) -> Logger:
    """The same without a team's or a run's name."""
    logger: Logger = make_wandb_logger_4(
        project_name, remove_config_values, model_log_interval, log_dataset_dir
    )
    return logger


@registry.loggers("spacy.WandbLogger.v1")
def make_wandb_logger_1(
    project_name: str,
    remove_config_values: list[str] = [],  # noqa: B006
) -> Logger:
    """Config, scores and losses, and the console's table."""
    logger: Logger = make_wandb_logger_4(project_name, remove_config_values)
    return logger


@registry.loggers("spacy.MLflowLogger.v2")
def make_mlflow_logger(
    run_id: str | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    tags: dict[str, Any] | None = None,
    remove_config_values: list[str] = [],  # noqa: B006
    log_custom_stats: list[str] | None = None,
) -> Logger:
    """Config as parameters, scores and losses as metrics, and each better pipeline as an artifact, to
    MLflow."""
    patterns = compile_patterns(log_custom_stats or ())

    def begin(pipeline: Logged) -> tuple[Send, Callable[[], None]]:
        MLFLOW.require("spacy.MLflowLogger")
        mlflow = import_module("mlflow")
        mlflow.start_run(
            run_id=run_id, experiment_id=experiment_id, run_name=run_name, nested=nested, tags=tags
        )
        parameters = flat_text(config_without(pipeline.config, remove_config_values))
        for start in range(0, len(parameters), 100):  # so many one call may bring
            mlflow.log_params(dict(list(parameters.items())[start : start + 100]))

        def send(info: StepInfo) -> None:
            numbers = numbers_of({**metrics_of(info), **matching(info, patterns)})
            mlflow.log_metrics(numbers, step=info["step"])
            folder = info.get("output_path")
            if folder and _is_newest_best(info) and Path(folder).is_dir():
                mlflow.log_artifacts(folder, "model_best")

        return send, mlflow.end_run

    return _logger(begin)


@registry.loggers("spacy.MLflowLogger.v1")
def make_mlflow_logger_1(
    run_id: str | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    tags: dict[str, Any] | None = None,
    remove_config_values: list[str] = [],  # noqa: B006
) -> Logger:
    """The same, and the console's table."""
    return _beside_console(
        make_mlflow_logger(run_id, experiment_id, run_name, nested, tags, remove_config_values)
    )


@registry.loggers("spacy.ClearMLLogger.v2")
def make_clearml_logger(
    project_name: str,
    task_name: str,
    remove_config_values: list[str] = [],  # noqa: B006
    model_log_interval: int | None = None,
    log_dataset_dir: str | None = None,
    log_best_dir: str | None = None,
    log_latest_dir: str | None = None,
    log_custom_stats: list[str] | None = None,
) -> Logger:
    """Config, scores and losses to ClearML; folders of models as artifacts."""
    patterns = compile_patterns(log_custom_stats or ())

    def begin(pipeline: Logged) -> tuple[Send, Callable[[], None]]:
        CLEARML.require("spacy.ClearMLLogger")
        clearml = import_module("clearml")
        task = clearml.Task.init(
            project_name=project_name, task_name=task_name, auto_connect_frameworks=False
        )
        task.connect_configuration(config_without(pipeline.config, remove_config_values), name="config.cfg")
        board = task.get_logger()
        if log_dataset_dir:
            task.upload_artifact("dataset", artifact_object=log_dataset_dir)

        def send(info: StepInfo) -> None:
            step = info["step"]
            for name, value in numbers_of({**metrics_of(info), **matching(info, patterns)}).items():
                board.report_scalar(_clearml_title(name), name, value=value, iteration=step)
            every = model_log_interval
            if log_latest_dir and every and step % every == 0 and Path(log_latest_dir).is_dir():
                task.upload_artifact("model_last", artifact_object=log_latest_dir)
            if log_best_dir and _is_newest_best(info) and Path(log_best_dir).is_dir():
                task.upload_artifact("model_best", artifact_object=log_best_dir)

        return send, task.close

    return _logger(begin)


@registry.loggers("spacy.ClearMLLogger.v1")
def make_clearml_logger_1(
    project_name: str,
    task_name: str,
    remove_config_values: list[str] = [],  # noqa: B006
    model_log_interval: int | None = None,
    log_dataset_dir: str | None = None,
    log_best_dir: str | None = None,
    log_latest_dir: str | None = None,
) -> Logger:
    """The same, and the console's table."""
    return _beside_console(
        make_clearml_logger(
            project_name,
            task_name,
            remove_config_values,
            model_log_interval,
            log_dataset_dir,
            log_best_dir,
            log_latest_dir,
        )
    )


def metrics_of(info: StepInfo) -> dict[str, Any]:
    """The weighted score, each component's loss as `loss_NAME`, and all scores by their names."""
    losses = {f"loss_{name}": value for name, value in info["losses"].items()}
    scores = {name: value for name, value in info["other_scores"].items() if value is not None}
    return {"score": info["score"], **losses, **scores}


def config_without(config: Mapping[str, Any], removed: Sequence[str]) -> dict[str, Any]:
    """The config with all references replaced, as plain values, without those at these dotted paths."""
    values: dict[str, Any] = plain(interpolate_config(config) if isinstance(config, Config) else config)
    for dotted in removed:
        *sections, key = dotted.split(".")
        node: Any = values
        for section in sections:
            node = node.get(section) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node.pop(key, None)
    return values


def plain(value: Any) -> Any:
    """Maps as dicts, all the way down."""
    return {key: plain(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def flat_text(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Single values by dotted names, as text without `@`, which MLflow's names may not hold."""
    flat: dict[str, str] = {}
    for key, value in values.items():
        name = f"{prefix}{key}".replace("@", "")
        flat |= flat_text(value, f"{name}.") if isinstance(value, Mapping) else {name: str(value)}
    return flat


def numbers_of(values: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """The numbers among values, those of nested ones by dotted names."""
    numbers: dict[str, float] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            numbers |= numbers_of(value, f"{prefix}{key}.")
        elif isinstance(value, int | float):
            numbers[f"{prefix}{key}"] = float(value)
    return numbers


def _logger(begin: Begin) -> Logger:
    def start(pipeline: Logged, stdout: TextIO, stderr: TextIO) -> tuple[LogStep, Callable[[], None]]:
        send, end = begin(pipeline)

        def log(info: StepInfo | None) -> None:
            if info is not None:
                send(info)

        return log, end

    return start


def _beside_console(logger: Logger) -> Logger:
    def start(pipeline: Logged, stdout: TextIO, stderr: TextIO) -> tuple[LogStep, Callable[[], None]]:
        show, end_showing = make_plain_console_logger()(pipeline, stdout, stderr)
        send, end_sending = logger(pipeline, stdout, stderr)

        def log(info: StepInfo | None) -> None:
            show(info)
            send(info)

        def finish() -> None:
            end_showing()
            end_sending()

        return log, finish

    return start


def _is_newest_best(info: StepInfo) -> bool:
    results = info["checkpoints"]
    return bool(results) and results[-1][0] == max(score for score, _ in results)


def _wandb_artifact(wandb: Any, run: Any, folder: str | None, kind: str) -> None:
    if folder and Path(folder).is_dir():
        artifact = wandb.Artifact(f"{kind}-{run.id}", type=kind)
        artifact.add_dir(folder)
        run.log_artifact(artifact)


def _clearml_title(name: str) -> str:
    if name.startswith("loss_"):
        return "loss"
    return name if name == "score" else "scores"
