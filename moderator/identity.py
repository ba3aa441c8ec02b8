"""Who somebody is, by an OpenID Connect provider: the authorization code flow with PKCE (OpenID Connect Core 1.0, 3.1).

It asks the provider, checks what it answers, and returns claims. What they are worth here, the use case says. Authlib
builds the requests and checks the claims, joserfc the signatures; both are loaded when the first person signs in so.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import anyio
import httpx2

from moderator.domain.errors import NotSignedIn, Unavailable
from moderator.log import logger

PROVIDER_SECONDS: Final = 15.0  # For everything that one sign-in asks.
MAX_ANSWER_BYTES: Final = 512 * 1024
METADATA_SECONDS: Final = 3_600.0
LEEWAY_SECONDS: Final = 60  # Between its clock and ours.
# Keys that anybody may know must not sign: no HMAC, which would take the public key for its secret, and not `none`.
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
Claims = Mapping[str, Any]


class ProviderUnavailable(Unavailable):
    """The provider gave no answer, or none that is one."""

    def __init__(self) -> None:
        super().__init__("The sign-in provider does not answer. Try again in a minute.")


class AnswerRefused(NotSignedIn):
    """The provider's answer does not fit what was asked. The log says why; whoever forged it need not know."""

    def __init__(self, reason: str) -> None:
        super().__init__("The sign-in provider's answer does not fit. Sign in again.")
        logger.warning("identity_refused", reason=reason)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to sign in. Its secret stays in the browser's cookie; what the provider sees is made from it.

    So nothing is stored here, whichever worker answers, and an answer fits only the browser that asked.
    """

    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> "Attempt":
        """Return a try that nobody can guess."""
        return cls(secrets.token_urlsafe(32))

    @property
    def state(self) -> str:
        """Return what comes back with the code."""
        return self._part("state")

    @property
    def nonce(self) -> str:
        """Return what stands in the ID token."""
        return self._part("nonce")

    @property
    def verifier(self) -> str:
        """Return what proves that the code is redeemed by who asked for it (RFC 7636)."""
        return self._part("verifier")

    def _part(self, name: str) -> str:
        digest = hmac.digest(self.secret.encode("utf-8", "surrogatepass"), name.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Provider:
    """A provider and what it says of itself, read again after an hour."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        scopes: str,
        monotonic: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._scopes = scopes
        self._monotonic = monotonic
        self._clock = clock
        self._metadata: Claims | None = None
        self._metadata_until = 0.0
        self._keys: list[Claims] = []

    async def address_of(self, attempt: Attempt, redirect_uri: str) -> str:
        """Return where the browser goes to sign in. Raises ProviderUnavailable."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        async with _asking() as http:
            metadata = await self._describe(http)
        address: str = prepare_grant_uri(
            metadata["authorization_endpoint"],
            client_id=self._client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=self._scopes,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return address

    async def redeem(self, answer: Mapping[str, str], attempt: Attempt, redirect_uri: str) -> Claims:
        """Return what the provider says of who came back with `answer`, the parameters of the address.

        Raises:
            AnswerRefused: it does not fit.
            ProviderUnavailable: it says nothing.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise AnswerRefused("state")
        async with _asking() as http:
            metadata = await self._describe(http)
            # RFC 9207: an answer of another provider, mixed up with ours.
            must_name = bool(metadata.get("authorization_response_iss_parameter_supported"))
            if answer.get("iss", "" if must_name else self.issuer) != self.issuer:
                raise AnswerRefused("iss of the answer")
            if "code" not in answer:
                raise AnswerRefused(f"error: {answer.get('error', 'no code')[:100]}")
            tokens = await self._tokens(http, metadata, answer["code"], attempt, redirect_uri)
            access_token = str(tokens.get("access_token") or "")
            claims = await self._check(http, metadata, str(tokens.get("id_token") or ""), access_token, attempt)
            more = await self._user_info(http, metadata, access_token, str(claims["sub"]))
        return {**more, **claims}

    async def _describe(self, http: httpx2.AsyncClient) -> Claims:
        """Return the provider's metadata (OpenID Connect Discovery 1.0, 4)."""
        if self._metadata is None or self._monotonic() >= self._metadata_until:
            address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
            found = await _ask(http, "GET", address)
            if found.get("issuer") != self.issuer:
                raise AnswerRefused("issuer of the metadata")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not is_safe(str(found.get(name))):
                    raise AnswerRefused(f"{name} of the metadata")
            self._metadata, self._metadata_until = found, self._monotonic() + METADATA_SECONDS
        return self._metadata

    async def _tokens(
        self, http: httpx2.AsyncClient, metadata: Claims, code: str, attempt: Attempt, redirect_uri: str
    ) -> Claims:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": self._client_id,
        }
        known = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if self._client_secret and "client_secret_basic" in known:
            basic = httpx2.BasicAuth(_form_encoded(self._client_id), _form_encoded(self._client_secret))
            return await _ask(http, "POST", metadata["token_endpoint"], data=form, auth=basic)
        if self._client_secret:
            form["client_secret"] = self._client_secret
        return await _ask(http, "POST", metadata["token_endpoint"], data=form)

    async def _check(
        self, http: httpx2.AsyncClient, metadata: Claims, id_token: str, access_token: str, attempt: Attempt
    ) -> Claims:
        """Return the claims of an ID token that was made for us, now, for this attempt (Core 1.0, 3.1.3.7)."""
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        try:
            token = await self._verified(http, metadata, id_token)
            claims = CodeIDToken(
                token.claims,
                token.header,
                options={
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                    "sub": {"essential": True},
                    "exp": {"essential": True},
                    "nonce": {"essential": True, "value": attempt.nonce},
                },
                params={"nonce": attempt.nonce, "client_id": self._client_id, "access_token": access_token},
            )
            claims.validate(now=int(self._clock()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError) as error:
            raise AnswerRefused(f"{type(error).__name__}: {str(error)[:100]}") from error
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise AnswerRefused("sub")
        return dict(claims)

    async def _verified(self, http: httpx2.AsyncClient, metadata: Claims, id_token: str) -> Any:
        """Return the token if its signature is the provider's; its keys are read again when it names a new one."""
        from joserfc import jws, jwt
        from joserfc.errors import JoseError

        header = jws.extract_compact(id_token.encode()).headers()
        if header.get("alg") not in ALGORITHMS:
            raise AnswerRefused(f"alg {str(header.get('alg'))[:20]}")
        for is_fresh in (False, True):
            if is_fresh or not self._keys:
                found = (await _ask(http, "GET", metadata["jwks_uri"])).get("keys")
                self._keys = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
            for key in _keys_for(self._keys, header.get("kid")):
                try:
                    return jwt.decode(id_token, key, algorithms=list(ALGORITHMS))
                except JoseError:
                    continue  # Another key of that name, or of none, may have done it.
        raise AnswerRefused("no key of the provider has signed it")

    async def _user_info(self, http: httpx2.AsyncClient, metadata: Claims, access_token: str, sub: str) -> Claims:
        """Return what else the provider says: some tell groups here alone (Core 1.0, 5.3)."""
        address = str(metadata.get("userinfo_endpoint") or "")
        if not is_safe(address) or not access_token:
            return {}
        found = await _ask(http, "GET", address, headers={"authorization": f"Bearer {access_token}"})
        if found.get("sub") != sub:
            raise AnswerRefused("sub of the user info")
        return found


def is_safe(address: str) -> bool:
    """Return whether an address is https, or http on this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"))


def _keys_for(found: list[Claims], kid: str | None) -> list[Any]:
    """Return the keys that may have signed: those of the name, or every one where the token names none."""
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key

    keys = []
    for one in found:
        if one.get("kty") == "oct" or one.get("use") not in (None, "sig") or (kid and one.get("kid") != kid):
            continue
        try:
            keys.append(import_key(dict(one)))
        except (JoseError, ValueError, TypeError, KeyError):
            continue  # A key of a kind that we do not know.
    return keys


def _form_encoded(text: str) -> str:
    """Return text as RFC 6749, 2.3.1, has it in a Basic header."""
    from urllib.parse import quote_plus

    return quote_plus(text)


@asynccontextmanager
async def _asking() -> Any:
    """Give a client for what one sign-in asks; all of it has a limit of time together."""
    try:
        with anyio.fail_after(PROVIDER_SECONDS):
            async with httpx2.AsyncClient(timeout=PROVIDER_SECONDS) as http:
                yield http
    except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL) as error:
        logger.warning("identity_provider_unavailable", reason=type(error).__name__)
        raise ProviderUnavailable from error


async def _ask(http: httpx2.AsyncClient, method: str, address: str, **request: Any) -> Claims:
    """Return the JSON object that the provider answers. Redirects are not followed."""
    headers = {"accept": "application/json", "accept-encoding": "identity", **request.pop("headers", {})}
    body = bytearray()
    async with http.stream(method, address, headers=headers, **request) as answer:
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise AnswerRefused("too long an answer")
    if answer.status_code >= 500:
        raise ProviderUnavailable
    try:
        found = json.loads(bytes(body))
    except (ValueError, RecursionError):
        found = None
    if answer.status_code != 200 or not isinstance(found, dict):
        said = found.get("error") if isinstance(found, dict) else None
        raise AnswerRefused(f"status {answer.status_code} {str(said)[:100]}")
    return found
