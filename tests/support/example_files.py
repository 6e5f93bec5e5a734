"""The examples of answers as they are committed, and how they are recorded."""

import os
from collections.abc import Iterable

from api.openapi_examples import Recorded, example_file, read_examples, write_examples
from api.shapes.base import Language
from tests.support.clinic import Json

RECORDS = "RECORD_EXAMPLES" in os.environ
HOW = "If that is meant: `make examples`, and read the difference."


def changes(operation_id: str, taken: Recorded, language: Language) -> list[str]:
    """Say where the answers of an operation are not the ones of the document."""
    known = {key: by.get(language, by.get("en")) for key, by in read_examples(operation_id).items()}
    return [
        f"{operation_id} {key}, {language}, at {place}"
        for key in sorted({*known, *taken})
        for place in differences(known.get(key, _NOTHING), taken.get(key, _NOTHING))
    ]


_NOTHING: Json = object()


def differences(known: Json, found: Json, at: str = "") -> Iterable[str]:
    """Point at whatever differs (RFC 6901); no value is named but one that is in the document."""
    if isinstance(known, dict) and isinstance(found, dict):
        for key in sorted({*known, *found}):
            yield from differences(known.get(key, _NOTHING), found.get(key, _NOTHING), f"{at}/{key}")
    elif isinstance(known, list) and isinstance(found, list) and len(known) == len(found):
        for place, (one, other) in enumerate(zip(known, found, strict=True)):
            yield from differences(one, other, f"{at}/{place}")
    elif known != found:
        yield f"{at or '/'}: {_shown(known)} is {_shown(found)} now"


def _shown(value: Json) -> str:
    return "nothing" if value is _NOTHING else repr(value)[:200]


def record(operation_id: str, taken: Recorded, language: Language) -> None:
    """Keep the answers of a language; those in Chinese, recorded last, only where they are others than in English."""
    known = read_examples(operation_id)
    kept = {key: _both({**known.get(key, {}), language: body}) for key, body in taken.items()}
    if kept:
        write_examples(operation_id, kept)
    else:
        example_file(operation_id).unlink(missing_ok=True)


def _both(by: dict[str, Json]) -> dict[str, Json]:
    return {"en": by["en"]} if by["en"] == by.get("zh-CN") else by
