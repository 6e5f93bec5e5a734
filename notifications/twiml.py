"""What Twilio shall say or send back, in its own markup (TwiML): calls, and answers to keys and texts."""

from html import escape

MEDIA_TYPE = "text/xml"

_VOICES = {"zh-CN": "zh-CN", "en": "en-US"}
"""Our languages as the provider's speech knows them."""

_KEY_SECONDS = 10
"""How long a call waits for a key once everything was said; ours."""

NOTHING = "<Response/>"
"""Neither a word nor a text."""


def ask(words: str, closing: str, language: str, keypad_url: str) -> str:
    """Say something twice, wait for one key all the while, then say that none was pressed."""
    said = _say(words, language)
    gather = (
        f'<Gather numDigits="1" timeout="{_KEY_SECONDS}" method="POST" action="{escape(keypad_url)}">'
        f'{said}<Pause length="1"/>{said}</Gather>'
    )
    return _response(gather + _say(closing, language))


def tell(words: str, language: str) -> str:
    """Say something once and hang up."""
    return _response(_say(words, language))


def text(words: str) -> str:
    """Answer a text by a text."""
    return _response(f"<Message>{escape(words)}</Message>")


def _say(words: str, language: str) -> str:
    return f'<Say language="{escape(_VOICES.get(language, language))}">{escape(words)}</Say>'


def _response(inside: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>'
