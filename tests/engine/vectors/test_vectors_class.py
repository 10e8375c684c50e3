# SPDX-License-Identifier: Apache-2.0
"""`Vectors` and `BaseVectors`, as the documentation has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest

from engine.errors import ModelFileError
from engine.safe_files import confined
from engine.vectors import BaseVectors, KeyedVectors, Vectors, mapped, vectors_of_file, vectors_to_bytes
from engine.vocab import StringStore
from engine.vocab.strings import string_id


def table(**given: Any) -> Vectors:
    """Four words on two numbers."""
    data = np.arange(8, dtype=np.float32).reshape(4, 2)
    return Vectors(data=data, keys=["a", "b", "c", "d"], **given)


def floret() -> Vectors:
    """Four rows of pieces."""
    data = np.arange(8, dtype=np.float32).reshape(4, 2)
    return Vectors(data=data, mode="floret", minn=2, maxn=3, hash_count=2, hash_seed=1)


def test_an_empty_table_has_no_shape_and_is_full() -> None:
    """What a vocabulary begins with."""
    empty = Vectors()
    assert (empty.shape, empty.size, empty.n_keys, len(empty), empty.is_full) == ((0, 0), 0, 0, 0, True)
    assert (empty.name, empty.mode, empty.attr) == (None, "default", 65)


def test_keys_are_added_to_the_first_free_row_or_to_a_given_one() -> None:
    """Several keys may share a row; beyond the table, or where it is full, nothing is added."""
    vectors = Vectors(shape=(3, 2))
    assert [vectors.add("a", vector=[1, 2]), vectors.add("b"), vectors.add("c", row=0)] == [0, 1, 0]
    assert vectors.n_keys == 3
    assert not vectors.is_full
    assert vectors.add("d", vector=[5, 6]) == 2
    assert vectors.is_full
    assert vectors.add("a", vector=[7, 7]) == 0
    assert vectors["c"].tolist() == [7, 7]
    with pytest.raises(ValueError, match="the table is full"):
        vectors.add("e")
    with pytest.raises(ValueError, match="got row 7"):
        vectors.add("e", row=7)
    assert "e" not in vectors
    assert string_id("d") in vectors


def test_a_key_without_a_row_has_no_vector() -> None:
    """Neither to be read nor to be set."""
    vectors = table()
    vectors["a"] = [9, 9]
    assert vectors["a"].tolist() == [9, 9]
    for use in (lambda: vectors["x"], lambda: vectors.__setitem__("x", [1, 1])):
        with pytest.raises(KeyError, match="'x'"):
            use()


def test_keys_values_and_items_come_in_the_order_of_adding() -> None:
    """Keys as ids."""
    vectors = table()
    ids = [string_id(word) for word in "abcd"]
    assert list(vectors) == list(vectors.keys()) == ids == list(vectors.key2row)
    assert [each.tolist() for each in vectors.values()] == vectors.data.tolist()
    assert [(key, each.tolist()) for key, each in vectors.items()][2] == (ids[2], [4, 5])


def test_find_gives_rows_of_keys_and_keys_of_rows() -> None:
    """One question at a time."""
    vectors = table()
    assert (vectors.find(key="b"), vectors.find(key="x")) == (1, -1)
    assert vectors.find(keys=["d", "x"]).tolist() == [3, -1]
    assert vectors.find(row=2) == string_id("c")
    assert vectors.find(rows=[0, 1]).tolist() == [string_id("a"), string_id("b")]
    with pytest.raises(KeyError):
        vectors.find(row=77)
    for given in ({}, {"key": "a", "row": 0}):
        with pytest.raises(ValueError, match="exactly one"):
            vectors.find(**given)


def test_a_batch_of_vectors_has_zeros_for_unknown_keys() -> None:
    """Keys as texts or ids."""
    assert table().get_batch(["b", "x", string_id("c")]).tolist() == [[2, 3], [0, 0], [4, 5]]


def test_resizing_keeps_what_fits_and_tells_what_is_gone() -> None:
    """New numbers are zero."""
    vectors = table()
    assert vectors.resize((5, 3)) == []
    assert vectors.data[1].tolist() == [2, 3, 0]
    assert vectors.resize((3, 2), inplace=True) == [(string_id("d"), 3)]
    assert vectors.shape == (3, 2)
    assert "d" not in vectors
    assert vectors["c"].tolist() == [4, 5]
    vectors.clear()
    assert vectors.n_keys == 0
    assert vectors.shape == (3, 2)


def test_most_similar_finds_the_nearest_rows() -> None:
    """Keys, rows and rounded cosines, the nearest first; in parts as at once."""
    vectors = table()
    queries = np.array([[1, 1], [0, 1.0]])
    keys, rows, scores = vectors.most_similar(queries, n=3)
    assert rows.tolist() == [[3, 2, 1], [0, 1, 2]]
    assert keys[0].tolist() == [string_id(word) for word in "dcb"]
    assert scores[0].tolist() == pytest.approx([0.9971, 0.9939, 0.9806])
    assert vectors.most_similar(queries, n=3, batch_size=1)[1].tolist() == rows.tolist()
    assert vectors.data[1].tolist() == [2, 3], "asking changes nothing"
    with pytest.raises(ValueError, match="n up to 4"):
        vectors.most_similar(queries, n=9)
    with pytest.raises(ValueError, match=r"shape \(n, 2\)"):
        vectors.most_similar(np.ones((1, 3)))


def test_floret_vectors_have_every_text_and_no_keys() -> None:
    """Nothing can be added, with a warning, or searched."""
    vectors = floret()
    assert (vectors.is_full, vectors.n_keys, vectors.size, "any" in vectors) == (True, -1, 8, True)
    assert vectors["abc"].tolist() == [1.875, 2.875]
    assert vectors.get_batch(["abc", "d"]).tolist() == [[1.875, 2.875], [2, 3]]
    assert (list(vectors.keys()), list(vectors.items()), len(list(vectors.values()))) == ([], [], 4)
    for change in (lambda: vectors.add("a", vector=[1, 2]), lambda: vectors.resize((5, 2))):
        with pytest.warns(UserWarning, match="floret"):
            assert change() == -1
    for refused in (
        lambda: vectors.find(key="a"),
        lambda: vectors.most_similar(np.ones((1, 2))),
        lambda: vectors.clear(),
    ):
        with pytest.raises(ValueError, match="floret"):
            refused()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"mode": "foo"}, "mode of vectors among default, floret"),
        ({"mode": "floret", "shape": (2, 2)}, "whole table"),
        ({"mode": "floret", "data": np.zeros((1, 1)), "hash_count": 9}, "1 to 4 hashes"),
        ({"attr": "FOO"}, "ORTH, NORM, LOWER"),
        ({"data": np.zeros((1, 2)), "keys": ["a", "b"]}, "got row 1"),
        ({"data": np.zeros(3)}, "matrix"),
    ],
)
def test_what_makes_no_table_is_refused(given: dict[str, Any], message: str) -> None:
    """With the reason."""
    with pytest.raises(ValueError, match=message):
        Vectors(**given)


@pytest.mark.parametrize("make", [lambda: table(name="mine"), floret, lambda: table(attr="LOWER")])
def test_a_table_is_the_same_after_saving(make: Callable[[], Vectors], tmp_path: Path) -> None:
    """Into a folder and as bytes, keys, texts, settings and name included."""
    vectors = make()
    vectors.to_disk(tmp_path)
    for loaded in (Vectors().from_disk(tmp_path), Vectors().from_bytes(vectors.to_bytes())):
        assert loaded.data.tolist() == vectors.data.tolist()
        assert dict(loaded.key2row) == dict(vectors.key2row)
        assert [getattr(loaded, name) for name in ("mode", "attr", "name", "minn", "hash_count", "bow")] == [
            getattr(vectors, name) for name in ("mode", "attr", "name", "minn", "hash_count", "bow")
        ]
        assert loaded.text_of(string_id("b")) == ("b" if vectors.n_keys > 0 else None)


def test_a_mapped_table_is_copied_by_the_first_change(tmp_path: Path) -> None:
    """The file stays as it was, and texts of its keys stay known."""
    file = tmp_path / "v.safetensors"
    file.write_bytes(vectors_to_bytes(table().table_with_texts()))
    mapped = Vectors.of_table(vectors_of_file(file))
    assert not mapped.data.flags.writeable
    mapped["b"] = [9, 9]
    assert mapped["b"].tolist() == [9, 9]
    assert mapped.strings is not None
    assert mapped.strings[string_id("c")] == "c"
    assert Vectors.of_table(vectors_of_file(file))["b"].tolist() == [2, 3]


def test_the_file_of_a_mapped_table_is_what_is_saved_again(tmp_path: Path) -> None:
    """Nothing is put together anew."""
    file = tmp_path / "v.safetensors"
    file.write_bytes(vectors_to_bytes(table().table_with_texts()))
    assert bytes(vectors_to_bytes(vectors_of_file(file))) == file.read_bytes()


@pytest.mark.parametrize("cut", [4, 100, -8])
def test_a_damaged_file_of_vectors_is_refused(tmp_path: Path, cut: int) -> None:
    """A header that promises more than there is."""
    file = tmp_path / "v.safetensors"
    file.write_bytes(vectors_to_bytes(table().table_with_texts())[:cut])
    with pytest.raises((ValueError, KeyError)):
        vectors_of_file(file)


def test_nothing_outside_the_folder_of_a_pipeline_is_mapped_while_it_is_loaded(tmp_path: Path) -> None:
    """Nor what a link inside leads to; rows are files like all others."""
    outside, folder = tmp_path / "outside", tmp_path / "pipeline"
    table().to_disk(outside)
    folder.mkdir()
    (folder / "vectors").symlink_to(outside / "vectors")
    with confined(folder), pytest.raises(ModelFileError, match="files inside the folder"):
        mapped(folder / "vectors")


def test_what_is_no_regular_file_is_not_mapped() -> None:
    """It is named as what it is; a pipe that nobody writes to would be waited for."""
    with pytest.raises(ModelFileError, match="expected a regular file, got a device"):
        mapped(Path("/dev/null"))


def test_settings_nested_without_end_are_refused() -> None:
    """As a damaged file, not as an error of Python's."""
    files = {**msgpack.unpackb(table().to_bytes()), "vectors.cfg": b"[" * 100_000}
    with pytest.raises(ModelFileError, match=r"vectors\.cfg"):
        Vectors().from_bytes(msgpack.packb(files))


def test_keys_of_a_table_keep_their_order_and_share_rows() -> None:
    """Ids are searched in another order than that in which they were added."""
    keys = np.array([9, 2, 5], dtype=np.uint64)
    made = Vectors.of_table(KeyedVectors.of(np.eye(2, dtype=np.float32), keys, np.array([0, 1, 0])))
    assert list(made) == [9, 2, 5]
    assert made.find(row=0) == 5, "the last that was given it"


def test_a_class_of_ones_own_says_what_it_lacks() -> None:
    """`BaseVectors` alone knows nothing."""

    class Constant(BaseVectors):
        @property
        def shape(self) -> tuple[int, int]:
            return 1, 3

    own = Constant(strings=StringStore())
    assert (own.size, own.vectors_length, len(own), own.to_bytes()) == (3, 3, 1, b"")
    for use in (lambda: "a" in own, lambda: own["a"], lambda: own.add("a"), lambda: own.is_full()):
        with pytest.raises(NotImplementedError, match="Constant"):
            use()
