"""What Nightbell itself sends to somebody's server over HTTP. What the provider posts to us is a path of ours.

Pages go out through the provider's own API, and sign-in asks a hospital's directory by OpenID Connect: both are
described by those whose servers they are.
"""

from api.openapi_schemas import Schema

WEBHOOKS: Schema = {
    "heartbeat": {
        "get": {
            "tags": ["Health"],
            "summary": "All is well",
            "description": "Each worker asks an address of the operator's for as long as the bell can be relied on, "
            "every 60 seconds unless the operator says otherwise (`NIGHTBELL_HEARTBEAT_SECONDS`), the first time after "
            "one such pause. It says nothing at all while something is late, while the database does not answer, or "
            "while it is dead: whoever receives this calls somebody when it does not come.\n\n"
            "A request without a body and without a token: the address is the secret. It is sent once and given up "
            "after 5 seconds, and follows no redirection; nothing of the answer but its status is looked at.",
            "operationId": "sendHeartbeat",
            "responses": {
                "2XX": {"description": "Heard."},
                "default": {
                    "description": "Not heard. The worker notes it, and beats again at the next time."
                },
            },
            "security": [],
        }
    }
}
"""By name, as Path Item Objects (OpenAPI 3.1 §4.8.9)."""
