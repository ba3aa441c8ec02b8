"""The ceiling: a Starlette route to an ASGI endpoint object that decodes, validates and encodes with msgspec."""

import sys

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send


class _In(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    external_id: str | None = None
    author: dict[str, str] | None = None
    article: dict[str, str] | None = None


class _Out(msgspec.Struct):
    id: str
    characters: int


_DECODER = msgspec.json.Decoder(_In)
_ENCODER = msgspec.json.Encoder()


class Echo:
    """Answers the length of a comment's text."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        found = _DECODER.decode(body)
        answer = _ENCODER.encode(_Out(id="echo", characters=len(found.text)))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


app = Starlette(routes=[Route("/v1/comments", Echo(), methods=["POST"])])

if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        lifespan="off",
    )
