# SPDX-License-Identifier: Apache-2.0
"""Lists that are read: what is changed in them would not reach the document that they came from."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

from ..errors import DocError

Value = TypeVar("Value")


class FixedList(list[Value]):
    """A list that refuses changes; `list(it)` can be changed."""

    __slots__ = ()

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise DocError(
            "expected changes by the document's own setters (doc.set_tags(...), token.tag_ = ...), got one "
            "of a list that was read, which would be lost; change list(...) of it"
        )

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def __reduce__(self) -> Any:
        """A plain list."""
        return list, (list(self),)
