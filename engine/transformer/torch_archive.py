# SPDX-License-Identifier: Apache-2.0
"""Archives of `torch.save`, read without unpickling and without torch.

The pickle inside a saved state uses two dozen opcodes and a handful of names. Those are walked over, names
stay plain words that are compared and never looked up, and whatever else comes is refused.
"""

from __future__ import annotations

import math
import pickletools
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import numpy as np
import numpy.typing as npt

from ..errors import ModelFileError

Array = npt.NDArray[Any]

DTYPES = {
    "BFloat16Storage": "<u2",  # widened to float32
    "BoolStorage": "|b1",
    "ByteStorage": "|u1",
    "CharStorage": "|i1",
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "IntStorage": "<i4",
    "LongStorage": "<i8",
    "ShortStorage": "<i2",
}
REBUILD_TENSOR, REBUILD_PARAMETER = "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter"
ORDERED_MAP = "collections OrderedDict"
MAX_RANK = 8


def read_torch_archive(data: bytes, name: str) -> dict[str, Array]:
    """The tensors of a saved state by name; bfloat16 becomes float32.

    Tensors that shared memory share it again; all are read-only.
    Raises: ModelFileError, which names the file, where anything but a plain map of tensors is in it.
    """
    try:
        with ZipFile(BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > len(data):
                raise ValueError("members that lie over one another")
            root = _root(archive)
            state = _Walk(_Storages(archive, root)).value_of(_member(archive, f"{root}data.pkl"))
    except (BadZipFile, ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        raise ModelFileError(
            f"{name}: expected an archive of torch.save (torch 1.6 or newer) with a map of tensors, got "
            f"{error}; save the weights as safetensors"
        ) from None
    wrong = next((key for key, value in state.items() if not isinstance(value, np.ndarray)), None)
    if wrong is not None:
        raise ModelFileError(
            f"{name}: expected tensors by name, got {type(state[wrong]).__name__} under {str(wrong)[:80]!r}; "
            "save the state of the model, not the model"
        )
    return {str(key): value for key, value in state.items()}


def _root(archive: ZipFile) -> str:
    """The archive's one folder, with its slash."""
    names = [name for name in archive.namelist() if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(names) != 1:
        raise ValueError(f"{len(names)} files data.pkl among {len(archive.namelist())} members")
    root = names[0][: -len("data.pkl")]
    if f"{root}constants.pkl" in archive.namelist():
        raise ValueError("a program of TorchScript")
    if f"{root}byteorder" in archive.namelist() and _member(archive, f"{root}byteorder") != b"little":
        raise ValueError("numbers that are not little-endian")
    return root


def _member(archive: ZipFile, name: str) -> bytes:
    info = archive.getinfo(name)
    if info.compress_type != ZIP_STORED or info.compress_size != info.file_size:
        raise ValueError(f"a compressed member {name!r}")
    return archive.read(info)


class _Storages:
    """The archive's raw numbers, each read once."""

    def __init__(self, archive: ZipFile, root: str) -> None:
        self._archive = archive
        self._root = root
        self._known: dict[str, tuple[str, Array]] = {}

    def of(self, pid: Any) -> _Storage:
        """What a persistent id names: ("storage", class, key, device, count)."""
        kind, storage_class, key, _, count = pid
        module, _, class_name = _told(storage_class).partition(" ")
        if kind != "storage" or module != "torch" or class_name not in DTYPES or type(key) is not str:
            raise ValueError(f"a reference to {_told(kind)}, {_told(storage_class)}, {_told(key)}")
        if key not in self._known:
            numbers = np.frombuffer(
                _member(self._archive, f"{self._root}data/{key}"), dtype=DTYPES[class_name]
            )
            # Once for each storage: a pickle may name a million tensors of one.
            held = widened(numbers) if class_name == "BFloat16Storage" else numbers
            self._known[key] = (class_name, held)
        known_class, numbers = self._known[key]
        if class_name != known_class or count != len(numbers):
            raise ValueError(f"a storage of {_told(count)} numbers where there are {len(numbers)}")
        return _Storage(numbers)


@dataclass(frozen=True, slots=True, eq=False)
class _Storage:
    numbers: Array

    def view(self, offset: Any, size: Any, stride: Any) -> Array:
        """A tensor of these numbers. Raises: ValueError where it would reach outside of them."""
        whole = all(type(n) is int and n >= 0 for n in (offset, *size, *stride))
        if not whole or len(size) != len(stride) or len(size) > MAX_RANK:
            told = [" x ".join(map(_told, numbers)) for numbers in (size, stride)]
            raise ValueError(f"a tensor of size {told[0][:80]} and stride {told[1][:80]}")
        n_numbers = math.prod(size)
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if n_numbers and (last >= len(self.numbers) or n_numbers > len(self.numbers)):
            raise ValueError(f"a tensor of size {size} outside of its {len(self.numbers)} numbers")
        if not n_numbers:
            return np.zeros(size, self.numbers.dtype)
        steps = [step * self.numbers.itemsize for step in stride]
        return np.lib.stride_tricks.as_strided(self.numbers[offset:], size, steps, writeable=False)


def widened(numbers: Array) -> Array:
    """bfloat16 as float32: the 16 bits are the upper half."""
    return (numbers.astype(np.uint32) << 16).view(np.float32)


def _told(value: Any) -> str:
    """A value in an error: what holds others by its kind, for they may hold one another a million times."""
    return str(value)[:80] if isinstance(value, str | int | _Name) else type(value).__name__


class _Mark:
    """Where a sequence begins on the stack."""


@dataclass(frozen=True, slots=True)
class _Name:
    """A name of Python that stands in the pickle; it is compared, never looked up."""

    text: str

    def __str__(self) -> str:
        return self.text


class _Walk:
    """The stack machine of a pickle, with what a saved state needs and nothing else."""

    def __init__(self, storages: _Storages) -> None:
        self._storages = storages
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def value_of(self, pickled: bytes) -> dict[Any, Any]:
        """The map that the pickle describes."""
        for opcode, argument, _ in pickletools.genops(pickled):
            if opcode.name == "STOP":
                break
            step = STEPS.get(opcode.name)
            if step is None:
                raise ValueError(f"a pickle that does more than name tensors ({opcode.name})")
            step(self, argument)
        value = self._stack.pop()
        if not isinstance(value, dict):
            raise ValueError(f"one {type(value).__name__} in place of a map")
        return value

    def push(self, value: Any) -> None:
        """A constant."""
        self._stack.append(value)

    def global_name(self, argument: str) -> None:
        """A name, "module name"."""
        known = argument in (REBUILD_TENSOR, REBUILD_PARAMETER, ORDERED_MAP)
        if not known and argument.removeprefix("torch ") not in DTYPES:
            raise ValueError(f"the name {argument[:80]!r}, which no saved state needs")
        self._stack.append(_Name(argument))

    def push_tuple(self, items: tuple[Any, ...]) -> None:
        """A tuple: a tensor's arguments hold its size and stride, and nothing is nested deeper. One that is
        remembered, and put into the next twice, would be told and compared for ever."""
        if any(isinstance(part, tuple) for item in items if isinstance(item, tuple) for part in item):
            raise ValueError("tuples inside of tuples inside of tuples")
        self._stack.append(items)

    def take(self, n_items: int) -> tuple[Any, ...]:
        """The last items, off the stack."""
        if len(self._stack) < n_items:
            raise ValueError("a pickle that ends too soon")
        items = tuple(self._stack[len(self._stack) - n_items :])
        del self._stack[len(self._stack) - n_items :]
        return items

    def from_mark(self) -> tuple[Any, ...]:
        """All items since the last mark."""
        start = max(i for i, item in enumerate(self._stack) if isinstance(item, _Mark))
        items = tuple(self._stack[start + 1 :])
        del self._stack[start:]
        return items

    def put(self, argument: int) -> None:
        """Remember the top."""
        self._memo[argument] = self._stack[-1]

    def get(self, argument: int) -> None:
        """What was remembered."""
        self._stack.append(self._memo[argument])

    def persistent(self, _: Any) -> None:
        """A storage of the archive."""
        self._stack.append(self._storages.of(self._stack.pop()))

    def reduce(self, _: Any) -> None:
        """A call: of the few names above, done here."""
        name, arguments = self.take(2)
        called = _told(name)
        if called == ORDERED_MAP and arguments == ():
            self._stack.append({})
        elif called == REBUILD_TENSOR and isinstance(arguments[0], _Storage):
            self._stack.append(arguments[0].view(*arguments[1:4]))
        elif called == REBUILD_PARAMETER and isinstance(arguments[0], np.ndarray):
            self._stack.append(arguments[0])
        else:
            raise ValueError(f"a call of {called}")

    def set_items(self, items: tuple[Any, ...]) -> None:
        """Keys and values by turns into the map on top."""
        target = self._stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise ValueError("items that belong to no map")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, Hashable):
                raise ValueError("a key that is no name")
            target[key] = value

    def build(self, _: Any) -> None:
        """Attributes of a map (`_metadata`): left out."""
        target, _ = self.take(2)
        if not isinstance(target, dict):
            raise ValueError("attributes of something that is no map")
        self._stack.append(target)


Step = Callable[[_Walk, Any], None]
STEPS: dict[str, Step] = {
    "PROTO": lambda walk, _: None,
    "GLOBAL": _Walk.global_name,
    "EMPTY_TUPLE": lambda walk, _: walk.push(()),
    "EMPTY_DICT": lambda walk, _: walk.push({}),
    "MARK": lambda walk, _: walk.push(_Mark()),
    "TUPLE": lambda walk, _: walk.push_tuple(walk.from_mark()),
    "TUPLE1": lambda walk, _: walk.push_tuple(walk.take(1)),
    "TUPLE2": lambda walk, _: walk.push_tuple(walk.take(2)),
    "TUPLE3": lambda walk, _: walk.push_tuple(walk.take(3)),
    "NEWTRUE": lambda walk, _: walk.push(True),
    "NEWFALSE": lambda walk, _: walk.push(False),
    "NONE": lambda walk, _: walk.push(None),
    "BINPUT": _Walk.put,
    "LONG_BINPUT": _Walk.put,
    "BINGET": _Walk.get,
    "LONG_BINGET": _Walk.get,
    "BINPERSID": _Walk.persistent,
    "REDUCE": _Walk.reduce,
    "SETITEM": lambda walk, _: walk.set_items(walk.take(2)),
    "SETITEMS": lambda walk, _: walk.set_items(walk.from_mark()),
    "BUILD": _Walk.build,
    **{name: _Walk.push for name in ("BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1")},
}
