"""What a camera opens that has no app for it: the link of an activation code, without the code (a browser keeps it)."""

from litestar import HttpMethod, Response, route
from litestar.handlers import HTTPRouteHandler

from api.answer_page import Face, shown, words_for
from api.exchange import Request
from api.given import GivenTrial
from domain.activation_code import PATH


@route(PATH, http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def show_activation(request: Request, trial: GivenTrial) -> Response[bytes]:
    """Say that the code is for the app. It looks at nothing and changes nothing."""
    words = words_for(trial.protocol, request.headers.get("accept-language", ""))
    return shown(
        trial.protocol, Face(language=words.language, said=words.say("activate")), {"Vary": "Accept-Language"}
    )


PAGES: tuple[HTTPRouteHandler, ...] = (show_activation,)
"""For people with a code in their hand: no operation of the contract."""
