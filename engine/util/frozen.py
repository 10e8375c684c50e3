# SPDX-License-Identifier: Apache-2.0
"""Lists and maps that refuse to be changed, as defaults of arguments are."""

from __future__ import annotations

from typing import Any

ERROR = "expected no change of this {kind}, which is shared; make a copy: {kind}(value)"


class _Refusing:
    """Refuses every method that changes."""

    error = ""

    def _refuse(self, *args: Any, **settings: Any) -> Any:
        raise NotImplementedError(self.error)

    __setitem__ = __delitem__ = __iadd__ = __imul__ = __ior__ = _refuse
    append = clear = extend = insert = pop = popitem = remove = reverse = setdefault = sort = update = _refuse


class SimpleFrozenList(_Refusing, list[Any]):
    """A list that raises NotImplementedError where it would be changed."""

    def __init__(self, *args: Any, error: str = ERROR.format(kind="list")) -> None:
        list.__init__(self, *args)
        self.error = error


class SimpleFrozenDict(_Refusing, dict[Any, Any]):
    """A map that raises NotImplementedError where it would be changed."""

    def __init__(self, *args: Any, error: str = ERROR.format(kind="dict"), **values: Any) -> None:
        dict.__init__(self, *args, **values)
        self.error = error
