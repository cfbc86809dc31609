"""Authlib's authorization server on the loopback, over TLS: python authorization.py PORT FOLDER.

The folder has key.pem, cert.pem and jwks.json, whose first key signs. Machines get access tokens (RFC 9068) by client credentials, and Ada hers by an
authorization code with PKCE; who asks is believed to be her. A line on the standard output says that it listens; GET /count says how often its keys
were fetched.
"""

from __future__ import annotations

import json
import ssl
import sys
from pathlib import Path
from types import SimpleNamespace
from wsgiref.simple_server import WSGIRequestHandler, make_server

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask, request

PORT, FOLDER = int(sys.argv[1]), Path(sys.argv[2])
ISSUER = f"https://127.0.0.1:{PORT}"
SECRET = "a secret of a client, of 32 bytes or more"
JWKS = json.loads((FOLDER / "jwks.json").read_text())
PRIVATE = {"d", "p", "q", "dp", "dq", "qi"}


class Client(ClientMixin):
    """Both clients: what they may do differs by their grants."""

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return f"{ISSUER}/back"

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.get_default_redirect_uri()

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_post"

    def check_response_type(self, response_type: str) -> bool:
        return self.client_id == "app" and response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == {"app": "authorization_code", "machine": "client_credentials"}[self.client_id]


class Tokens(JWTBearerTokenGenerator):
    """Access tokens of RFC 9068, for two hours: longer than the outage that is tried."""

    def get_jwks(self) -> dict:
        return {"keys": JWKS["keys"][:1]}

    def get_audiences(self, client: Client, user: object, scope: str) -> str:
        return "acme-api"


class Code(SimpleNamespace):
    """An authorization code until it is shown."""

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


class ByCode(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_post"]
    codes: dict[str, Code] = {}

    def save_authorization_code(self, code: str, request: object) -> None:
        asked = request.payload
        self.codes[code] = Code(
            client_id=asked.client_id,
            redirect_uri=asked.redirect_uri,
            scope=asked.scope,
            code_challenge=asked.data.get("code_challenge"),
            code_challenge_method=asked.data.get("code_challenge_method"),
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        found = self.codes.get(code)
        return found if found and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        self.codes = {code: held for code, held in self.codes.items() if held is not authorization_code}

    def authenticate_user(self, authorization_code: Code) -> SimpleNamespace:
        return ADA


class ByCredentials(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_post"]


ADA = SimpleNamespace(get_user_id=lambda: "ada")
app = Flask(__name__)
server = AuthorizationServer(app, query_client=Client, save_token=lambda token, request: None)
server.register_token_generator("default", Tokens(ISSUER, alg=JWKS["keys"][0]["alg"], expires_generator=lambda client, grant: 7200))
server.register_grant(ByCode, [CodeChallenge(required=True)])
server.register_grant(ByCredentials)
fetched = 0


@app.post("/token")
def token():
    return server.create_token_response()


@app.get("/authorize")
def authorize():
    grant = server.get_consent_grant(end_user=ADA)
    return server.create_authorization_response(grant_user=ADA, grant=grant)


@app.get("/jwks")
def jwks():
    global fetched
    fetched += 1
    return {"keys": [{name: value for name, value in key.items() if name not in PRIVATE} for key in JWKS["keys"]]}


@app.get("/count")
def count():
    return str(fetched)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """What it serves is the test's to say."""


if __name__ == "__main__":
    listening = make_server("127.0.0.1", PORT, app, handler_class=Quiet)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER / "cert.pem", FOLDER / "key.pem")
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    print("listening", flush=True)
    listening.serve_forever()
