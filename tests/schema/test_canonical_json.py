"""One value, one byte string, one digest, whatever order its keys came in."""

import hashlib
import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from medosce.schema.canonical import canonical_json, digest, file_digest

_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)


def reversed_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reversed_keys(inner) for key, inner in reversed(value.items())}
    return [reversed_keys(inner) for inner in value] if isinstance(value, list) else value


@given(_json)
def test_the_digest_does_not_see_the_order_of_keys_at_any_depth(value: Any) -> None:
    assert canonical_json(reversed_keys(value)) == canonical_json(value)
    assert digest(reversed_keys(value)) == digest(value)


@given(_json)
def test_canonical_json_is_json_for_the_same_value_without_white_space(value: Any) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


def test_the_digest_is_the_sha256_of_sorted_utf_8() -> None:
    assert canonical_json({"b": [1, "伦理"], "a": None}) == '{"a":null,"b":[1,"伦理"]}'.encode()
    assert digest({"b": 1, "a": 2}) == hashlib.sha256(b'{"a":2,"b":1}').hexdigest()


def test_the_order_of_a_list_matters() -> None:
    assert digest([1, 2]) != digest([2, 1])


def test_a_file_is_digested_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\x00abc")
    assert file_digest(tmp_path / "x") == hashlib.sha256(b"\x00abc").hexdigest()
