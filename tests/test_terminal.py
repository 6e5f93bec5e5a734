"""What is typed at a terminal to prove who one is: unseen, and nothing else."""

import os
import pty
import subprocess
import sys
from pathlib import Path

ASK = "from api.terminal import ask_proof; shown = ask_proof(); print(len(shown.password), shown.totp[::-1])"


def test_password_and_digits_are_asked_for_and_not_shown_while_they_are_typed() -> None:
    ours, theirs = pty.openpty()
    asking = subprocess.Popen(  # noqa: S603 - fixed words
        [sys.executable, "-c", ASK],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        cwd=Path(__file__).parents[1],
    )
    os.close(theirs)
    shown = _until(ours, b"Password: ")
    os.write(ours, b"open sesame\n")
    shown += _until(ours, b"authenticator: ")
    os.write(ours, b"287082\n")
    shown += _until(ours, b"280782")
    assert asking.wait() == 0
    os.close(ours)
    assert b"11 280782" in shown
    assert b"open sesame" not in shown
    assert b"287082" not in shown


def _until(terminal: int, words: bytes) -> bytes:
    """Read what is shown up to these words, or to the end."""
    shown = b""
    while words not in shown:
        try:
            read = os.read(terminal, 1024)
        except OSError:
            break
        shown += read
    return shown
