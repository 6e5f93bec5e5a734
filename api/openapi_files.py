"""Where the released contract lies."""

from pathlib import Path


def committed_contract() -> Path:
    """Return the file of the contract, beside the packages."""
    return Path(__file__).parents[1] / "openapi" / "openapi.json"
