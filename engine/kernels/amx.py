# SPDX-License-Identifier: Apache-2.0
"""Split products on the CPU's matrix tiles (AMX), in LLVM's own words; compiled and run only where the CPU
has them.

Eight tile registers: 0 to 3 hold the sums of two by two tiles, 4 and 5 the inputs, 6 and 7 the weights. The
kernel asks the operating system once a process to let it use tiles, sets them up at the start of each call
and releases them at its end.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..jit.loops import jit
from . import lanes
from .arrays import Floats
from .split import BLOCK, STEP, TILE, Halves, SplitWeights

_SYS_ARCH_PRCTL = 158
_REQUEST_PERMISSION = 0x1023
_TILE_DATA = 18
_TILE_BYTES = 1024
_CONFIG_BYTES = 64
ADDRESS = types.intp
_INT8 = ir.IntType(8)
_VOID = ir.VoidType()


def request_tiles() -> bool:
    """Ask the kernel to let this process use tiles; whether it does. Linux on x86-64 only."""
    try:
        return bool(ctypes.CDLL(None).syscall(_SYS_ARCH_PRCTL, _REQUEST_PERMISSION, _TILE_DATA) == 0)
    except (OSError, AttributeError):
        return False


def multiply_tiles(high: Halves, low: Halves, weights: SplitWeights, out: Floats) -> None:
    """The product that `split.multiply_emulated` defines."""
    _multiply(high, low, weights.packed, _CONFIG, out)


def _tile_config() -> Any:
    """All eight tiles sixteen rows of 64 bytes; the layout is the instruction's."""
    config = np.zeros(_CONFIG_BYTES, dtype=np.uint8)
    config[0] = 1
    config[16:32].view(np.uint16)[:] = 64
    config[48:56] = TILE
    return config


_CONFIG = _tile_config()


@jit
def _multiply(high: Halves, low: Halves, packed: Halves, config: Any, out: Floats) -> None:
    n_rows, n_columns = out.shape
    n_steps, row_bytes, out_bytes = packed.shape[1], high.shape[1] * 2, n_columns * 4
    configure_tiles(config.ctypes.data)
    for block in range(n_columns // BLOCK):
        weights = packed.ctypes.data + block * n_steps * 4 * _TILE_BYTES
        for row in range(0, n_rows, BLOCK):
            at = out.ctypes.data + row * out_bytes + block * BLOCK * 4
            shift = row * row_bytes
            multiply_block(
                high.ctypes.data + shift, low.ctypes.data + shift, row_bytes, weights, n_steps, at, out_bytes
            )
    release_tiles()


def emit_block(builder: Any, args: Any) -> None:
    """One block of 32 by 32 sums: `(high, low, row_bytes, weights, n_steps, out, out_bytes)`."""
    high, low, row_bytes, weights, n_steps, out, out_bytes = args
    for tile in range(4):
        _tile(builder, "tilezero", [tile])
    half = builder.mul(row_bytes, lanes.constant(TILE))
    before, loop, after = (
        builder.block,
        builder.append_basic_block("steps"),
        builder.append_basic_block("steps_end"),
    )
    builder.branch(loop)
    builder.position_at_end(loop)
    step = builder.phi(lanes.INT64)
    step.add_incoming(lanes.constant(0), before)
    tiles = builder.add(weights, builder.mul(step, lanes.constant(4 * _TILE_BYTES)))
    column = builder.mul(step, lanes.constant(2 * STEP))
    for inputs, first in ((high, 0), (high, 2), (low, 0)):
        _add_products(
            builder,
            builder.add(inputs, column),
            half,
            row_bytes,
            builder.add(tiles, lanes.constant(first * _TILE_BYTES)),
        )
    following = builder.add(step, lanes.constant(1))
    step.add_incoming(following, builder.block)
    builder.cbranch(builder.icmp_signed("<", following, n_steps), loop, after)
    builder.position_at_end(after)
    below = builder.add(out, builder.mul(out_bytes, lanes.constant(TILE)))
    for tile, (row, shift) in enumerate(((out, 0), (out, TILE * 4), (below, 0), (below, TILE * 4))):
        _tile(builder, "tilestored64", [tile], builder.add(row, lanes.constant(shift)), out_bytes)


def _add_products(builder: Any, inputs: Any, half: Any, row_bytes: Any, weights: Any) -> None:
    """Four tile products: two tiles of rows by two tiles of columns."""
    _tile(builder, "tileloadd64", [4], inputs, row_bytes)
    _tile(builder, "tileloadd64", [5], builder.add(inputs, half), row_bytes)
    _tile(builder, "tileloadd64", [6], weights, lanes.constant(2 * STEP))
    _tile(
        builder,
        "tileloadd64",
        [7],
        builder.add(weights, lanes.constant(_TILE_BYTES)),
        lanes.constant(2 * STEP),
    )
    for total, (left, right) in enumerate(((4, 6), (4, 7), (5, 6), (5, 7))):
        _tile(builder, "tdpbf16ps", [total, left, right])


def _tile(builder: Any, name: str, registers: list[int], address: Any = None, stride: Any = None) -> None:
    """One tile instruction; registers are numbers known while compiling."""
    args = [ir.Constant(_INT8, register) for register in registers]
    if address is not None:
        args.append(builder.inttoptr(address, _INT8.as_pointer()))
    if stride is not None:
        args.append(stride)
    lanes.call(builder, f"llvm.x86.{name}", _VOID, args)


def _void_intrinsic(n_args: int, emit: Any) -> Any:
    """An emitter as an intrinsic's typed pair."""
    signature = types.void(*[ADDRESS] * n_args)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        emit(builder, args)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def _multiply_block(
    context: Any, high: Any, low: Any, row_bytes: Any, weights: Any, n_steps: Any, out: Any, out_bytes: Any
) -> Any:
    """`emit_block` in place of the call."""
    return _void_intrinsic(7, emit_block)


@intrinsic
def _configure_tiles(context: Any, config: Any) -> Any:
    """Load the tile configuration at an address."""
    return _void_intrinsic(1, lambda builder, args: _tile(builder, "ldtilecfg", [], args[0]))


@intrinsic
def _release_tiles(context: Any) -> Any:
    """Give the tile registers back."""
    return _void_intrinsic(0, lambda builder, args: _tile(builder, "tilerelease", []))


multiply_block: Any = _multiply_block
configure_tiles: Any = _configure_tiles
release_tiles: Any = _release_tiles
