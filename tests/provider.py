"""An OpenID Connect provider on this machine: it knows one person, and lies where a test asks it to."""

import asyncio
import base64
import hashlib
import hmac
import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID, CLIENT_SECRET = "moderator", "a secret: with+signs"
_KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
_OTHER_KEY = RSAKey.generate_key(2048, {"kid": "second", "use": "sig", "alg": "RS256"})

_FORGED = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})


@dataclass
class FakeProvider:
    """What it says, and what it has seen."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "7", "name": "Grace", "groups": ["mods"]})
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)  # Instead of the right ones.
    user_info: dict[str, Any] = field(default_factory=dict)
    alg: str = "RS256"
    key: RSAKey = field(default_factory=lambda: _KEY)
    published: list[RSAKey] = field(default_factory=lambda: [_KEY])
    padding: int = 0
    status: int = 200
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def turn_key(self) -> None:
        """Sign with another key, and publish that one alone."""
        self.key, self.published = _OTHER_KEY, [_OTHER_KEY]

    def sign_with_another_key(self) -> None:
        """Sign with a key that is not published, under the name of the one that is."""
        self.key = _FORGED

    async def describe(self, request: Request[Any]) -> Response:
        self.asked.append("metadata")
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/me",
            "padding": "x" * self.padding,
            **self.metadata,
        }
        return JSONResponse(found, status_code=self.status)

    async def keys(self, request: Request[Any]) -> Response:
        self.asked.append("keys")
        return JSONResponse({"keys": [{"kty": "new kind"}, *(key.as_dict(private=False) for key in self.published)]})

    async def authorize(self, request: Request[Any]) -> Response:
        asked = dict(request.query_params)
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        answer = {"code": code, "state": asked["state"]}
        if self.metadata.get("authorization_response_iss_parameter_supported"):
            answer["iss"] = self.issuer
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", status_code=302)

    async def tokens(self, request: Request[Any]) -> Response:
        self.asked.append("token")
        form = dict(parse_qsl((await request.body()).decode()))
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        assert asked["code_challenge_method"] == "S256"
        assert asked["code_challenge"] == challenge.decode()
        assert form["redirect_uri"] == asked["redirect_uri"]
        basic = base64.b64encode(b"moderator:a+secret%3A+with%2Bsigns").decode()
        assert request.headers["authorization"] == f"Basic {basic}"
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "exp": now + 300, "iat": now, "nonce": asked["nonce"]}
        claims = {**claims, **self.person, **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        return JSONResponse({"access_token": "token", "token_type": "Bearer", "id_token": self._signed(claims)})

    def _signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.alg, "kid": self.key.kid}
        if self.alg in ("none", "HS256"):  # By hand: the library does neither.
            parts = [base64.urlsafe_b64encode(_json(part)).rstrip(b"=") for part in (header, claims)]
            public = self.published[0].as_pem(private=False)
            digest = hmac.digest(public, b".".join(parts), "sha256") if self.alg == "HS256" else b""
            return b".".join([*parts, base64.urlsafe_b64encode(digest).rstrip(b"=")]).decode()
        return jwt.encode(header, claims, self.key, algorithms=[self.alg])

    async def me(self, request: Request[Any]) -> Response:
        self.asked.append("user info")
        assert request.headers["authorization"] == "Bearer token"
        return JSONResponse({"sub": self.person["sub"], **self.user_info})


def _json(value: dict[str, Any]) -> bytes:
    return bytes(JSONResponse(value).body)


@asynccontextmanager
async def a_provider() -> AsyncIterator[FakeProvider]:
    """Serve a provider on a free port of this machine."""
    provider = FakeProvider()
    app = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", provider.describe),
            Route("/keys", provider.keys),
            Route("/authorize", provider.authorize),
            Route("/token", provider.tokens, methods=["POST"]),
            Route("/me", provider.me),
        ]
    )
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        provider.issuer = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", ws="none", log_config=None))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.005)
        try:
            yield provider
        finally:
            server.should_exit = True
            await serving
