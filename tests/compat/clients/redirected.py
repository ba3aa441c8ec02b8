"""How a user of akismet.py, whose address is fixed in its source, sends it elsewhere."""

import httpx


class Redirected(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Send what is meant for one host to another."""

    def __init__(self, base: str) -> None:
        self._base = httpx.URL(base)
        self._sync = httpx.HTTPTransport()
        self._async = httpx.AsyncHTTPTransport()

    def _send_elsewhere(self, request: httpx.Request) -> httpx.Request:
        request.url = request.url.copy_with(scheme=self._base.scheme, host=self._base.host, port=self._base.port)
        return request  # With its Host header as it was: rest.akismet.com.

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._sync.handle_request(self._send_elsewhere(request))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._async.handle_async_request(self._send_elsewhere(request))

    def close(self) -> None:
        self._sync.close()

    async def aclose(self) -> None:
        await self._async.aclose()
