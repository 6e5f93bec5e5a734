"""Which methods an address takes, for whoever asks (RFC 9110 §9.3.7)."""

from collections.abc import Iterable

from litestar import Response, route
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler


def options_of(handlers: Iterable[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """Return one handler of OPTIONS an address: the framework's own knows the methods of the first route alone."""
    methods: dict[str, set[str]] = {}
    for each in handlers:
        for path in each.paths:
            methods.setdefault(path, {"OPTIONS"}).update(map(str, each.http_methods))
    return [_options(path, ", ".join(sorted(taken))) for path, taken in methods.items()]


def _options(path: str, allowed: str) -> HTTPRouteHandler:
    @route(path, http_method=HttpMethod.OPTIONS, sync_to_thread=False)
    def options() -> Response[None]:
        return Response(None, status_code=204, headers={"Allow": allowed})

    return options
