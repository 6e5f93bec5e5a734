"""Which methods an address answers, told by OPTIONS (RFC 9110 §9.3.7)."""

from collections.abc import Iterable

from litestar import Response
from litestar.handlers import HTTPRouteHandler


def options_of(handlers: Iterable[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """Return what answers OPTIONS at each address of these, with all its methods; to be registered before them.

    The framework's own answer knows those of the handler alone that was registered first.
    """
    methods: dict[str, set[str]] = {}
    for handler in handlers:
        for path in handler.paths:
            methods.setdefault(path, {"OPTIONS"}).update(map(str, handler.http_methods))
    return [_options(path, ", ".join(sorted(known))) for path, known in methods.items()]


def _options(path: str, known: str) -> HTTPRouteHandler:
    async def tell_methods() -> Response[bytes]:
        return Response(b"", status_code=204, headers={"Allow": known})

    # The framework lets no handler of 204 return an answer, and one without an answer has no headers of its own.
    return HTTPRouteHandler(path, http_method=["OPTIONS"], status_code=200)(tell_methods)
