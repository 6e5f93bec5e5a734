"""Sign-in of staff by a hospital's directory, where the operator has set one up."""

from litestar import Response, post

from api.addresses import source_of
from api.directory import Directory
from api.directory_sign_in import sign_in_by_directory
from api.exchange import Request, created, read_body
from api.given import GivenDirectory, GivenMint, GivenProxies, GivenTrial
from api.operations import Auth, Operation, contract
from api.shapes.directory import DirectoryAnswer, DirectoryBegin, DirectorySignIn
from api.shapes.enrolment import Tokens
from api.tokens import tokens_of
from domain.errors import DirectoryRefused, DirectoryUnavailable, NotFound, SignInBusy, TooManyRequests
from notifications.trial import machine_now


@post(
    "/v1/staff/directory-sign-ins",
    **contract(
        Operation(
            name="directory-sign-in.begin",
            tag="Staff",
            summary="Begin to sign in by the hospital's directory",
            auth=Auth.NONE,
            body=DirectoryBegin,
            answers={201: DirectorySignIn},
            errors=(NotFound, DirectoryUnavailable, SignInBusy),
            needs_database=False,
        )
    ),
)
async def begin(request: Request, directory: GivenDirectory) -> Response[bytes]:
    """Where the browser goes to sign in (OpenID Connect, code with PKCE). 404 where no directory is set up.

    Nothing is stored. The password signs in beside it, always.
    """
    body = await read_body(request, DirectoryBegin)
    begun = _required(directory).states.begin(body.device_id, machine_now())
    address = await _required(directory).address(begun)
    return created(DirectorySignIn(authorization_url=address, state=begun.state, expires_at=begun.expires_at))


@post(
    "/v1/staff/directory-sessions",
    **contract(
        Operation(
            name="directory-sign-in.complete",
            tag="Staff",
            summary="Sign in with what the directory has answered",
            auth=Auth.NONE,
            body=DirectoryAnswer,
            answers={201: Tokens},
            errors=(NotFound, DirectoryRefused, DirectoryUnavailable, SignInBusy, TooManyRequests),
        )
    ),
)
async def complete(
    request: Request, trial: GivenTrial, mint: GivenMint, proxies: GivenProxies, directory: GivenDirectory
) -> Response[bytes]:
    """The same tokens as a sign-in with the password gives. No account is made by it: her e-mail must be known here.

    A PIN, a signature and whatever else asks for proof ask for her password and digits still.
    """
    body = await read_body(request, DirectoryAnswer)
    source, request_id = source_of(request, proxies), request.state.request_id
    session = await sign_in_by_directory(trial, _required(directory), body, source, request_id)
    return created(tokens_of(mint, session, "staff"))


def _required(directory: Directory | None) -> Directory:
    if directory is None:
        raise NotFound("There is no directory here; sign in with the password.")
    return directory
