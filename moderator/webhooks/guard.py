"""Keeps outgoing requests away from addresses that are not the public internet.

A check of the URL alone is not enough: a name may lead elsewhere a moment later. So the name is resolved once, every
address it has is checked, and the connection goes to an address from that very list (OWASP ASVS 5 1.3.6, 15.3.2).
"""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpcore2
import httpx2

from moderator.domain.errors import Fault, InvalidInput

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

MAX_URL_CHARACTERS = 2_000
MAX_ADDRESSES = 4
TIMEOUT_SECONDS = 15.0


class AddressRefused(InvalidInput):
    """The address must not be reached. The message names the rule, not the address."""

    def __init__(self, detail: str) -> None:
        super().__init__(Fault(pointer="/url", detail=detail))


def _networks(*texts: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text) for text in texts)


# Written out, because `is_global` and `is_private` have changed their minds between patch releases of Python.
# Sources: the IANA special-purpose address registries, and the metadata addresses of clouds that lie outside them.
_NEVER = (
    ("a cloud's metadata service", _networks("168.63.129.16/32", "fd00:ec2::/32", "fd20:ce::/32")),
    ("link-local", _networks("169.254.0.0/16", "fe80::/10")),
    ("unspecified", _networks("0.0.0.0/8", "::/128")),
    ("shared by a carrier", _networks("100.64.0.0/10")),
    ("multicast", _networks("224.0.0.0/4", "ff00::/8")),
    ("an IPv4 address inside an IPv6 one", _networks("::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")),
    (
        "reserved",
        _networks(
            *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
            *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4"),
            *("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20"),
        ),
    ),
)
_PRIVATE = (
    ("loopback", _networks("127.0.0.0/8", "::1/128")),
    ("private", _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")),
)
_PUBLIC_V6 = IPv6Network("2000::/3")  # Nothing else has been given out, so anything else is refused unnamed.


def find_refusal(address: str, *, allow_private: bool) -> str | None:
    """Return why an IP address must not be reached, or None. `allow_private` lets loopback and private ones through."""
    try:
        found = ip_address(address)
    except ValueError:
        return "not an IP address"
    if isinstance(found, IPv6Address) and found.scope_id is not None:
        return "bound to one network card"
    for reason, networks in _NEVER:
        if _is_in(found, networks):
            return reason
    for reason, networks in _PRIVATE:
        if _is_in(found, networks):
            return None if allow_private else reason
    return None if isinstance(found, IPv4Address) or found in _PUBLIC_V6 else "reserved"


def _is_in(address: IPv4Address | IPv6Address, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")
_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
)
_DOTTED = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def check_url(url: str, *, allow_private: bool) -> str:
    """Return a URL in its canonical form. Raises `AddressRefused` when no request may ever go there.

    For the moment when an endpoint is added. A name passes whatever it leads to; that is checked at each connection.
    """
    authority = _AUTHORITY.match(url)
    if len(url) > MAX_URL_CHARACTERS or authority is None or "\\" in url:
        raise AddressRefused(f"expected an absolute URL of at most {MAX_URL_CHARACTERS} characters")
    if "@" in authority[1]:
        raise AddressRefused("the URL must not hold a name or password")
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        raise AddressRefused("the URL is malformed") from None
    _check(parsed, allow_private=allow_private)
    return str(parsed)


def _check(url: httpx2.URL, *, allow_private: bool) -> None:
    """Refuse what a URL alone gives away. The very parser that connects has read it, so no two can disagree."""
    if url.scheme not in (("https", "http") if allow_private else ("https",)):
        raise AddressRefused("the URL must begin with https://")
    if url.userinfo:
        raise AddressRefused("the URL must not hold a name or password")
    if url.port is not None and not 0 < url.port < 65_536:
        raise AddressRefused("the port must be 1 to 65535")
    _check_host(url.raw_host.decode("ascii"), allow_private=allow_private)


def _check_host(host: str, *, allow_private: bool) -> bool:
    """Return whether the host is an IP address; refuse a bad address, and what is neither address nor name."""
    if ":" in host or _DOTTED.fullmatch(host):
        refusal = find_refusal(host, allow_private=allow_private)
        if refusal is not None:
            raise AddressRefused(f"the address is {refusal}")
        return True
    if not _NAME.fullmatch(host):
        raise AddressRefused("the host is empty or malformed")
    # The operating system reads 127.1, 0x7f000001 and 2130706433 as addresses; nobody writes these in good faith.
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise AddressRefused("the host is a number")
    return False


async def resolve_name(host: str, port: int) -> Sequence[str]:
    """Ask the operating system for a name's addresses, in the order in which they should be tried."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections only to addresses that it has checked itself.

    The pool above still knows the host by name: the Host header, the TLS server name and the certificate's check are
    those of the name, and a kept connection serves no other name.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        resolve: Resolve = resolve_name,
        inner: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._inner = httpcore2.AnyIOBackend() if inner is None else inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- the signature is the base class's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to one of the host's addresses. Raises `AddressRefused` when any of them is not public."""
        failure: Exception = httpcore2.ConnectError("the name has no address")
        addresses = await self._addresses(host, port, timeout)
        # Each gets its share of the time, so that a dead IPv6 route leaves some for IPv4.
        share = None if timeout is None else timeout / max(1, len(addresses))
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _addresses(self, host: str, port: int, seconds: float | None) -> Sequence[str]:
        if _check_host(host, allow_private=self._allow_private):
            return [host]
        try:
            async with asyncio.timeout(seconds):
                addresses = await self._resolve(host, port)
        except TimeoutError:
            raise httpcore2.ConnectTimeout("the name was not resolved in time") from None
        except OSError:
            raise httpcore2.ConnectError("the name cannot be resolved") from None
        # One bad address condemns the name: an honest site has no reason to mix them.
        for address in addresses:
            refusal = find_refusal(address, allow_private=self._allow_private)
            if refusal is not None:
                raise AddressRefused(f"the name leads to an address that is {refusal}")
        return addresses[:MAX_ADDRESSES]


class GuardedTransport(httpx2.AsyncBaseTransport):
    """An httpx2 transport over a pool that connects through `GuardedBackend`. Knows no proxy and no socket file."""

    def __init__(
        self,
        *,
        allow_private: bool,
        resolve: Resolve = resolve_name,
        inner: httpcore2.AsyncNetworkBackend | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context() if ssl_context is None else ssl_context,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=GuardedBackend(allow_private=allow_private, resolve=resolve, inner=inner),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Check the URL, then send. Of the extensions only the time limits pass: one of the others renames the host."""
        _check(request.url, allow_private=self._allow_private)
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        url = request.url
        with _translated():
            response = await self._pool.handle_async_request(
                httpcore2.Request(
                    method=request.method,
                    url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions={"timeout": request.extensions.get("timeout", {})},
                )
            )
        assert isinstance(response.stream, AsyncIterable)
        # A client keeps cookies for as long as it lives; strangers get no room in it.
        headers = [(name, value) for name, value in response.headers if name.lower() != b"set-cookie"]
        return httpx2.Response(status_code=response.status, headers=headers, stream=_Body(response))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class _Body(httpx2.AsyncByteStream):
    """An answer's body, in httpx2's words."""

    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated():
            async for part in self._response.aiter_stream():
                yield part

    async def aclose(self) -> None:
        await self._response.aclose()


@contextmanager
def _translated() -> Iterator[None]:
    """Raise httpcore2's errors as the errors of the same name in httpx2, which callers know."""
    try:
        yield
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        raise getattr(httpx2, type(error).__name__, httpx2.TransportError)(str(error)) from error


def new_client(*, allow_private: bool, resolve: Resolve = resolve_name) -> httpx2.AsyncClient:
    """Return the client for requests to addresses that sites have chosen. The caller closes it.

    No redirects, no proxy, certificate or password from the environment. `allow_private` is for development and tests:
    http, loopback and private networks are let through; link-local, metadata and reserved addresses never are.
    """
    return httpx2.AsyncClient(
        transport=GuardedTransport(allow_private=allow_private, resolve=resolve),
        follow_redirects=False,
        trust_env=False,
        timeout=TIMEOUT_SECONDS,
    )
