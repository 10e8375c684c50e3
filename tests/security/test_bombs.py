# SPDX-License-Identifier: Apache-2.0
"""Small files that would become large, or be told for ever."""

from __future__ import annotations

import resource
import time
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import msgpack
import numpy as np
import pytest

import engine
from engine import EngineError
from engine.spacy_files import msgpack as limited
from engine.spacy_files.docbin import DocBin
from engine.spacy_files.msgpack import unpack
from engine.transformer import read_torch_archive


@pytest.mark.parametrize("empty", [b"\x90", b"\x80"], ids=["lists", "maps"])
def test_lists_and_maps_of_a_file_are_counted(empty: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte is an empty list, which takes 64: 57 KB of a DocBin file were 5 GB."""
    monkeypatch.setattr(limited, "MAX_CONTAINERS", 1000)
    many = b"\xdd" + (998).to_bytes(4, "big") + empty * 998
    assert len(unpack(many, Path("a"))) == 998
    nested = b"\x92" + many * 2
    with pytest.raises(EngineError, match=r"^a: .*more than 1,000 lists and maps"):
        unpack(nested, Path("a"))
    nlp = engine.blank("en")
    good = msgpack.packb({**msgpack.unpackb(zlib.decompress(DocBin(docs=[nlp("a")]).to_bytes())), "more": 0})
    with pytest.raises(EngineError, match="more than 1,000 lists and maps"):
        DocBin().from_bytes(zlib.compress(good[:-1] + nested))


def test_user_data_of_a_document_are_held_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are msgpack inside of msgpack."""
    monkeypatch.setattr(limited, "MAX_CONTAINERS", 100)
    nlp = engine.blank("en")
    container = DocBin(docs=[nlp("a")], store_user_data=True)
    for data in (
        msgpack.packb({"a": [[]] * 200}),
        b"\x91" * 200 + b"\xc0",
        b"\xc0",
        b"\x92\x01\x02",
        b"",
    ):
        container._user_data = [data]
        with pytest.raises(EngineError):
            list(DocBin().from_bytes(container.to_bytes()).get_docs(nlp.vocab))


def archive(pickled: bytes, **members: bytes) -> bytes:
    """What `torch.save` would have written."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        made.writestr("a/data.pkl", pickled)
        for name, data in members.items():
            made.writestr(f"a/data/{name}", data)
    return out.getvalue()


START, END = b"\x80\x02", b"."
DOUBLED_TUPLES = b")q\x00" + b"h\x00h\x00\x86q\x00" * 60
DOUBLED_MAPS = b"}q\x00" + b"}q\x01(X\x01\x00\x00\x00ah\x00X\x01\x00\x00\x00bh\x00uh\x01q\x00" * 60
ORDERED = b"ccollections\nOrderedDict\n"
LAUGHS = {
    "a key": b"}" + DOUBLED_TUPLES + b"K\x01s",
    "a storage": b"(X\x07\x00\x00\x00storage" + DOUBLED_MAPS + b"X\x01\x00\x00\x000K\x00K\x00tQ",
    "a storage of tuples": b"(X\x07\x00\x00\x00storage" + DOUBLED_TUPLES + b"K\x00K\x00K\x00tQ",
    "a call": DOUBLED_MAPS + b")R",
    "a call of tuples": DOUBLED_TUPLES + b")R",
    "arguments": ORDERED + DOUBLED_TUPLES + b"\x85R",
}


@pytest.mark.parametrize("pickled", LAUGHS.values(), ids=LAUGHS)
def test_a_pickle_that_holds_itself_often_is_refused_at_once(pickled: bytes) -> None:
    """What is remembered, and put into the next twice, sixty times over, is neither told nor compared."""
    started = time.process_time()
    with pytest.raises(EngineError, match="torch"):
        read_torch_archive(archive(START + pickled + END, **{"0": bytes(8)}), "a.bin")
    assert time.process_time() - started < 2


def tensors(n: int, kind: bytes, size: int) -> bytes:
    """A map of many tensors of one storage."""
    storage = b"(X\x07\x00\x00\x00storagectorch\n%s\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuJ%stQ" % (
        kind,
        size.to_bytes(4, "little"),
    )
    one = b"(%sK\x00J%s\x85K\x01\x85\x89)tR" % (storage, size.to_bytes(4, "little"))
    items = b"".join(
        b"X\x04\x00\x00\x00%04dctorch._utils\n_rebuild_tensor_v2\n%s" % (i, one) for i in range(n)
    )
    return START + b"}(" + items + b"u" + END


def test_many_tensors_of_one_storage_take_its_memory_once() -> None:
    """bfloat16 is widened: a thousand names of one storage are one copy, not a thousand."""
    size = 1 << 20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    state = read_torch_archive(
        archive(tensors(1000, b"BFloat16Storage", size), **{"0": bytes(2 * size)}), "a"
    )
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
    assert len(state) == 1000
    assert all(np.shares_memory(array, state["0000"]) for array in state.values())
    assert grown < 200, f"{grown} MB"


def overlapping(data: bytes) -> bytes:
    """The archive with its storage named a second time in the directory, over the same bytes."""
    end = data.rindex(b"PK\x05\x06")
    first = data.index(b"PK\x01\x02")
    entry = data[data.rindex(b"PK\x01\x02") : end]
    size, n = end - first + len(entry), int.from_bytes(data[end + 8 : end + 10], "little") + 1
    tail = data[end : end + 8] + n.to_bytes(2, "little") * 2 + size.to_bytes(4, "little") + data[end + 16 :]
    return data[:end] + entry + tail


def test_members_that_lie_over_one_another_are_refused() -> None:
    """A directory of a thousand entries over the same bytes would be read a thousand times."""
    good = archive(tensors(1, b"FloatStorage", 1000), **{"0": bytes(4000)})
    assert read_torch_archive(good, "a")["0000"].shape == (1000,)
    with pytest.raises(EngineError, match="lie over one another"):
        read_torch_archive(overlapping(good), "a")
