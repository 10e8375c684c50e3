# SPDX-License-Identifier: Apache-2.0
"""A compiled function as bytes, text and numbers, and back to what Numba calls.

Numba keeps the same as a pickle. Here each part is written by name, and what has no written form is an error
when the set is made, not a surprise when it is read.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core.compiler import CompileResult
from numba.core.funcdesc import PythonFunctionDescriptor
from numba.core.typing.templates import signature

from .code_set import FunctionCode
from .loaded_code import bare_environment, loading
from .written_types import read_type, write_type


def take_apart(compiled: Any) -> FunctionCode:
    """What Numba compiled, as it is written into a set.

    Raises: TypeError, for a function that holds something without a written form.
    """
    library, described, own, types, object_mode, lifted, _, at_load, referred = compiled._reduce()
    name = f"{described.modname}.{described.qualname}"
    if object_mode or lifted or at_load or described.kws or described.inline or described.global_dict:
        raise TypeError(f"expected {name} to be compiled as a plain loop, got one that needs the interpreter")
    environments = [own, *(other for other in referred if other.env_name != own.env_name)]
    return FunctionCode(
        module=described.modname,
        name=described.qualname,
        arguments=[write_type(type_) for type_ in types.args],
        returns=write_type(types.return_type),
        argument_names=list(described.args),
        library=library[0],
        uid=described.uid,
        abi_tags=list(described.abi_tags),
        mangled_name=described.mangled_name,
        environments=[
            [one.globals["__name__"], [_write_constant(value, name) for value in one.consts], one.env_name]
            for one in environments
        ],
        noalias=described.noalias,
        machine_code=library[2][0],
        bitcode=library[2][1],
    )


def put_together(code: FunctionCode, arguments: tuple[Any, ...], target: Any) -> Any:
    """What Numba calls, for the argument types that the code was found by."""
    environments = [
        bare_environment(module, [_read_constant(value) for value in constants], name)
        for module, constants, name in code.environments
    ]
    types = signature(read_type(code.returns), *arguments)
    with loading(target):
        return CompileResult._rebuild(
            target,
            (code.library, "object", (code.machine_code, code.bitcode)),
            _describe(code, types),
            environments[0],
            types,
            False,  # no object mode
            (),  # no lifted loops
            "",  # no annotated source
            [],  # nothing to run before
            tuple(environments),
        )


def _describe(code: FunctionCode, types: Any) -> Any:
    return PythonFunctionDescriptor(
        native=True,
        modname=code.module,
        qualname=code.name,
        unique_name=f"{code.name}${code.uid}",
        doc=None,
        typemap=None,
        restype=types.return_type,
        calltypes=None,
        args=tuple(code.argument_names),
        kws=(),
        mangler=lambda *_, **__: code.mangled_name,
        argtypes=types.args,
        noalias=code.noalias,
        env_name=code.environments[0][2],
        abi_tags=tuple(code.abi_tags),
        uid=code.uid,
    )


def _write_constant(value: Any, function: str) -> Any:
    if isinstance(value, np.dtype):
        return {"dtype": value.str}
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    raise TypeError(f"expected {function} to hold constants of NumPy and plain ones, got {value!r}")


def _read_constant(written: Any) -> Any:
    return np.dtype(written["dtype"]) if isinstance(written, dict) else written
