# SPDX-License-Identifier: Apache-2.0
"""Modules of transformers from a config map: nothing of a model's own code, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..lazy_torch import torch
from .disentangled import is_disentangled
from .errors import TransformerError
from .libraries import transformers
from .module_size import check_settings

if TYPE_CHECKING:
    from torch import nn

Array = npt.NDArray[Any]

NOT_OURS = (
    "_attn_implementation",
    "_commit_hash",
    "_name_or_path",
    "attn_implementation",
    "auto_map",
    "dtype",
    "output_attentions",
    "output_hidden_states",
    "quantization_config",
    "return_dict",
    "torch_dtype",
    "torchscript",
    "transformers_version",
    "use_cache",
)
"""Settings that say how a module is called, which we decide, or whose code it runs, which is transformers'
own."""


def library_config(config: Mapping[str, Any], name: str) -> Any:
    """transformers' own config. Raises: TransformerError for a kind of model that it does not know."""
    settings = {key: value for key, value in config.items() if key not in NOT_OURS}
    kind = settings.pop("model_type", None)
    if not isinstance(kind, str) or kind not in transformers.CONFIG_MAPPING:
        raise TransformerError(
            f"{name}: expected a config with a model_type that transformers knows, such as bert, roberta or "
            f"modernbert, got {kind!r}; models with code of their own are not run"
        )
    check_settings(settings, name)
    with errors_of_config(kind, name):
        made = transformers.AutoConfig.for_model(kind, **settings)
    if getattr(made, "is_encoder_decoder", False):
        raise TransformerError(f"{name}: expected an encoder, got {kind}, which has a decoder too")
    return made


def make_module(config: Any, implementation: str, seed: int, *, has_pooler: bool | None) -> nn.Module:
    """A module with random weights by the seed, with a pooler or without (None: what its family has). The
    config is copied, for modules change theirs."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _from_config(config, implementation, has_pooler)


def _from_config(config: Any, implementation: str, has_pooler: bool | None) -> nn.Module:
    config = deepcopy(config)
    pooler = {} if has_pooler is None else {"add_pooling_layer": has_pooler}
    make: Any = transformers.AutoModel.from_config
    try:
        module: nn.Module = make(config, attn_implementation=implementation, **pooler)
    except TypeError:
        if not pooler:
            raise
        module = make(config, attn_implementation=implementation)  # a family that never has one, or always
    return module.eval()


@contextmanager
def errors_of_config(kind: str, name: str) -> Iterator[None]:
    """Whatever a module raises that is made of a config, as one of ours."""
    try:
        yield
    except TransformerError:
        raise
    except Exception as error:
        raise TransformerError(f"{name}: expected a config of {kind}, got {_said(error)}") from None


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def twin(module: nn.Module, implementation: str) -> nn.Module:
    """A second module on the same weights, whose attention is another."""
    has_pooler = getattr(module, "pooler", None) is not None
    with torch.device("meta"):
        other = _from_config(module.config, implementation, has_pooler)
    other.load_state_dict(module.state_dict(keep_vars=True), assign=True)
    for place, buffer in module.named_buffers():
        path, _, name = place.rpartition(".")
        owner = other.get_submodule(path)
        if getattr(owner._buffers[name], "is_meta", False):
            owner._buffers[name] = buffer
    return other


def put_state(module: nn.Module, state: Mapping[str, Array], name: str) -> None:
    """Copy weights into a module, by its names or by those of a model around it.

    Weights that the module does not have are ignored. Raises: TransformerError where one is missing or has
    another shape.
    """
    known = _inner_names(module, state)
    parameters = dict(module.named_parameters())
    if set(parameters) - set(known):
        known = _converted(module, state) or known
    missing = sorted(set(parameters) - set(known))
    if missing:
        some = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise TransformerError(
            f"{name}: expected weights for all {len(parameters)} names of {type(module).__name__}, "
            f"{len(missing)} are "
            f"missing: {some}; there are {len(state)}; config and weights do not belong together"
        )
    with torch.no_grad():
        for place, parameter in parameters.items():
            array = known[place]
            if tuple(array.shape) != tuple(parameter.shape):
                raise TransformerError(
                    f"{name}: expected {place} of shape {tuple(parameter.shape)}, got {tuple(array.shape)}"
                )
            parameter.copy_(torch.from_numpy(np.array(array, np.float32)))


def _inner_names(module: nn.Module, state: Mapping[str, Array]) -> dict[str, Array]:
    """The state under the module's own names: prefixes of models with heads taken off, LayerNorm as it was
    named at first renamed."""
    prefix = f"{getattr(module, 'base_model_prefix', '')}."
    names: dict[str, Array] = {}
    for name, array in state.items():
        for inner in (name, name.removeprefix(prefix)):
            if inner.endswith(("LayerNorm.gamma", "LayerNorm.beta")):
                inner = inner.replace("LayerNorm.gamma", "LayerNorm.weight").replace(".beta", ".bias")
            names.setdefault(inner, array)
    return names


def _converted(module: nn.Module, state: Mapping[str, Array]) -> dict[str, Array] | None:
    """The state under the module's names where transformers knows how files of its family name theirs; None
    where it does not, or something is missing."""
    bars: Any = transformers.utils.logging
    shows_bars = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        tensors = {name: torch.from_numpy(np.array(array, np.float32)) for name, array in state.items()}
        made, found = type(module).from_pretrained(  # type: ignore[attr-defined]
            None, config=deepcopy(module.config), state_dict=tensors, output_loading_info=True
        )
    except (ValueError, RuntimeError, OSError, TypeError, KeyError):
        return None
    finally:
        if shows_bars:
            bars.enable_progress_bar()
    if any(found.get(kind) for kind in ("missing_keys", "mismatched_keys")):
        return None
    return {name: parameter.detach().numpy() for name, parameter in made.named_parameters()}


def position_start(module: nn.Module) -> int:
    """The position of a sequence's first piece: RoBERTa and its kin count from behind the padding's."""
    embeddings: Any = getattr(module, "embeddings", None)
    if hasattr(embeddings, "create_position_ids_from_input_ids"):
        return int(embeddings.padding_idx) + 1
    return 0


def can_pack(module: nn.Module) -> bool:
    """Whether its layers call the attention that a config names, or its own one is known here."""
    return is_disentangled(module) or bool(getattr(module, "_supports_attention_backend", False))
