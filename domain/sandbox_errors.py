"""The errors of a sandbox and its keys; production has none. `domain/errors.py` is the catalogue, and has these too."""

from domain.fault import NightbellError


class SandboxUnknown(NightbellError):
    """There is no sandbox under this key: it was thrown away, by somebody or after 14 days unused, or never was.

    `POST /sandbox/keys` opens a new one.
    """

    code = "sandbox.unknown"


class SandboxesFull(NightbellError):
    """No further sandbox can be opened here for now. Throw one away (`DELETE /sandbox/keys/{key}`), or reset yours.

    Those that nobody uses go by themselves.
    """

    code = "sandbox.too-many"
    retry_safe = True


class SandboxInterrupted(NightbellError):
    """The sandbox was reset or closed while this request was under way: whatever it did is gone. Begin anew."""

    code = "sandbox.interrupted"
    retry_safe = True


class SandboxUnavailable(NightbellError):
    """The database server lets this program make no database of its own, which a sandbox is. Ask whoever runs it."""

    code = "sandbox.unavailable"
