"""The examples of answers in the document: what a live sandbox has answered to the example requests.

A test took them down and compares them (`tests/api/test_examples.py`). They are committed beside the contract, one
file an operation, and read when it is written; `make examples` records them anew. A server reads the document alone.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from api.examples import EXAMPLES
from api.examples_of_answers import IN_WORDS
from api.openapi_files import contract_folder
from api.openapi_schemas import Schema
from api.operations import Operation

Recorded: TypeAlias = Mapping[str, Any]
"""By status and media type, "200 application/json"."""

_LANGUAGES: Final = ("en", "zh-CN")


def example_file(operation_id: str) -> Path:
    """Return where the answers of an operation are."""
    return contract_folder() / "examples" / f"{operation_id}.json"


def read_examples(operation_id: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the answers by status and media type, and by language; Chinese only where it differs from English.

    None where nothing was recorded yet.
    """
    path = example_file(operation_id)
    return msgspec.json.decode(path.read_bytes()) if path.exists() else {}


def write_examples(operation_id: str, recorded: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep what was recorded."""
    encoded = msgspec.json.format(msgspec.json.encode(recorded), indent=2)
    example_file(operation_id).write_bytes(encoded + b"\n")


def answer_examples(operation: Operation, status: int, media_type: str) -> Schema:
    """Return the field `examples` of a Media Type Object (OpenAPI 3.1 §4.8.14), or nothing where none was recorded."""
    by = _recorded(operation.operation_id).get(f"{status} {media_type}")
    if by is None:
        return {}
    words = in_words(operation.name)
    return {
        "examples": {
            language: {"summary": words[language], "value": by.get(language, by["en"])}
            for language in _LANGUAGES
        }
    }


def in_words(name: str) -> Mapping[str, str]:
    """Say what an example of an operation shows, in each language: what its request does, where there is one."""
    if name in IN_WORDS:
        return dict(zip(_LANGUAGES, IN_WORDS[name], strict=True))
    return {each.name: each.summary for each in reversed(EXAMPLES[name])}


@cache
def _recorded(operation_id: str) -> Mapping[str, Mapping[str, Any]]:
    return read_examples(operation_id)
