"""Runs the snippets of one guide in one session, as a reader does who types them; a program of its own.

On standard input a list of snippets, on standard output a list of what each printed. It ends with the first that fails.
"""

import contextlib
import io
import json
import sys
import traceback


def main() -> int:
    """Run them; say of the first that fails what went wrong, and where in the guide."""
    session: dict[str, object] = {"__name__": "__main__"}
    printed: list[str] = []
    for place, code in json.load(sys.stdin):
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said):
                exec(compile(code, place, "exec"), session)  # noqa: S102 - words of ours: the guides of this repository
        except Exception:  # noqa: BLE001 - whatever it is, the guide is wrong
            sys.stderr.write(f"{place}\n{said.getvalue()}\n{traceback.format_exc()}")
            return 1
        printed.append(said.getvalue())
    json.dump(printed, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
