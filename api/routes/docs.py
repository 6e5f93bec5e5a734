"""The contract as a document and as a page, served from our own host: it works without the internet."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from pathlib import Path

import msgspec
import swagger_ui
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from api.exchange import Request
from api.given import PathText
from api.guides import INDEX, guides
from api.openapi_files import committed_contract, contract_folder, released_contracts
from api.problem_catalogue import AUDIENCES, RETRIES, as_data, by_group, catalogue, of_commands
from domain.errors import NotFound

PAGES = Path(__file__).parents[1] / "pages"
_SWAGGER = Path(swagger_ui.__file__).parent / "static"

_ASSETS: Mapping[str, tuple[Path, str]] = {
    "swagger-ui.css": (_SWAGGER, "text/css"),
    "swagger-ui-bundle.js": (_SWAGGER, "text/javascript"),
    "favicon-32x32.png": (_SWAGGER, "image/png"),
    "docs.css": (PAGES, "text/css"),
    "answer.css": (PAGES, "text/css"),
    "docs.js": (PAGES, "text/javascript"),
}
"""The only files that are served, each with its folder and media type."""

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Nothing from another host, nothing inline."""

_FOREVER = "public, max-age=31536000, immutable"


@get("/openapi.json")
async def openapi_document(request: Request) -> Response[bytes]:
    """Answer the released contract."""
    return _tagged(request, below(request, _read(committed_contract())), "application/json")


@get("/openapi/{file:str}")
async def released_document(request: Request, file: PathText) -> Response[bytes]:
    """Answer the contract of a released version: `1.0.0.json`. It never changes."""
    return answer_released(request, file, _released())


def answer_released(request: Request, file: str, released: Mapping[str, bytes]) -> Response[bytes]:
    """Answer one of the released contracts, for ever, or raise NotFound."""
    document = released.get(file.removesuffix(".json"))
    if document is None or not file.endswith(".json"):
        raise NotFound("No such version of the contract was released.")
    answer = _tagged(request, document, "application/json")
    answer.set_header("Cache-Control", _FOREVER)
    return answer


@cache
def _released() -> Mapping[str, bytes]:
    return released_contracts(contract_folder())


@get("/docs")
async def reference(request: Request) -> Response[bytes]:
    """Answer the reference, which reads the contract from this host."""
    return _tagged(request, below(request, _page("docs.html")), "text/html")


@get("/docs/problems")
async def problems(request: Request) -> Response[bytes]:
    """Answer the catalogue of problems, in groups."""
    return _tagged(request, below(request, _page("problems.html")), "text/html")


@get("/docs/problems/{code:str}")
async def problem(request: Request, code: PathText) -> Response[bytes]:
    """Answer the page of one problem, which its `type` leads to."""
    if code not in catalogue():
        raise NotFound("There is no such problem.")
    return _tagged(request, below(request, _page_of(code)), "text/html")


@get("/docs/problems.json")
async def problem_words(request: Request) -> Response[bytes]:
    """Answer the whole catalogue for programs: an app can carry it with it."""
    return _tagged(request, below(request, _catalogue_as_json()), "application/json")


@get("/docs/guide")
async def guide_index(request: Request) -> Response[bytes]:
    """Answer the index of the guides."""
    return _answer_guide(request, INDEX)


@get("/docs/guide/{name:str}")
async def guide(request: Request, name: PathText) -> Response[bytes]:
    """Answer one guide: how an app does what the reference only lists."""
    return _answer_guide(request, name)


def _answer_guide(request: Request, name: str) -> Response[bytes]:
    if name not in guides():
        raise NotFound("There is no such guide.")
    return _tagged(request, below(request, _page_of_guide(name)), "text/html")


@get("/docs/assets/{file:str}")
async def asset(request: Request, file: PathText) -> Response[bytes]:
    """Answer a file of the pages. Its address carries its hash, so it never changes."""
    if file not in _ASSETS:
        raise NotFound("There is nothing at this address.")
    folder, media_type = _ASSETS[file]
    body = below(request, _read(folder / file)) if folder == PAGES else _read(folder / file)
    return Response(body, media_type=media_type, headers={"Cache-Control": _FOREVER})


HANDLERS: Sequence[HTTPRouteHandler] = (
    openapi_document,
    released_document,
    reference,
    problems,
    problem,
    problem_words,
    guide_index,
    guide,
    asset,
)
"""No operations of the contract: pages about it."""


_LINK = re.compile(rb'((?:href|src)="|\]\(|url: ")(?=/)')
"""Where a page or a document of ours begins an address of this server."""


def below(request: Request, body: bytes) -> bytes:
    """Return a page or a document as it is below the root of a sandbox with a key; unchanged anywhere else."""
    root = request.scope.get("root_path", "").encode()
    if not root:
        return body
    return _LINK.sub(lambda found: found[1] + root, body.replace(b'"url": "/"', b'"url": "%s"' % root))


def _tagged(request: Request, body: bytes, media_type: str) -> Response[bytes]:
    """Answer what is the same for everybody, or 304 (RFC 9110 §13.1.2)."""
    etag = f'"{_digest(body)}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    }
    held = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in held or "*" in held:
        return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


@cache
def _pages() -> Environment:
    pages = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    pages.globals["asset"] = asset_address
    return pages


@cache
def _page(name: str) -> bytes:
    return (
        _pages()
        .get_template(name)
        .render(groups=by_group(), others=of_commands(), versions=[*_released()][::-1])
        .encode()
    )


@cache
def _page_of(code: str) -> bytes:
    entry = catalogue()[code]
    example = msgspec.json.format(msgspec.json.encode(entry.example), indent=2).decode()
    shown = {"entry": entry, "retry": RETRIES[entry.retry], "audience": AUDIENCES[entry.audience]}
    return _pages().get_template("problem.html").render(**shown, example=example).encode()


@cache
def _page_of_guide(name: str) -> bytes:
    shown = {"guide": guides()[name], "is_index": name == INDEX}
    return _pages().get_template("guide.html").render(**shown).encode()


@cache
def _catalogue_as_json() -> bytes:
    return msgspec.json.encode({"problems": [as_data(entry) for entry in catalogue().values()]})


def asset_address(file: str) -> str:
    """Return where a file of the pages is, for ever."""
    folder, _ = _ASSETS[file]
    return f"/docs/assets/{file}?v={_digest(_read(folder / file))}"


@cache
def _read(path: Path) -> bytes:
    return path.read_bytes()


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]
