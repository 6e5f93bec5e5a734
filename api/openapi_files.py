"""Where the released contracts lie."""

from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "openapi"


def committed_contract() -> Path:
    """Return the file of the contract, beside the packages."""
    return _FOLDER / "openapi.json"


def committed_sandbox_contract() -> Path:
    """Return the file of the sandbox's own contract."""
    return _FOLDER / "sandbox.json"
