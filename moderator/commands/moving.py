"""Comments in and out: import (through the use case, or over HTTP) and export."""

import asyncio
import gzip
import json
import sys
import time
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import click
import httpx2
import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from moderator.api.problems import problem_of
from moderator.api.schemas import CommentIn, OutcomeOut, check_strings
from moderator.commands.output import Command, emit, is_json, progress_console
from moderator.commands.reach import read, write
from moderator.commands.table import Tally
from moderator.domain.comments import MAX_TEXT_CHARACTERS
from moderator.domain.errors import Fault, Invalid, ModerationError, TooLarge
from moderator.domain.ids import SiteId
from moderator.services import Services
from moderator.settings import load_settings
from moderator.storage import comments, decisions, opinions
from moderator.storage.comments import Stored
from moderator.usecases.commands import find_site

CHUNK = 200
CHUNK_BYTES = 4 * 1024 * 1024  # Well under what one message to a running service may have.
WORST_ESCAPE = 3  # A byte of UTF-8 may become three when the message escapes it.
MAX_FAULTS_SHOWN = 20
_LINE = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True)
class Line:
    """A comment from a file: where it stood, what it says, and the labels people gave it, if the file has any."""

    number: int
    comment: CommentIn
    labels: dict[str, float] = field(default_factory=dict)


def read_lines(file: IO[bytes], *, split: str | None, faults: list[str]) -> Iterator[Line]:
    """Yield the comments of a file of JSON lines; a bad line is reported in `faults` and passed over.

    Takes the shape of the API, and that of the labelled data files, whose `id` becomes the external id.
    """
    for number, raw in enumerate(file, 1):
        if not raw.strip():
            continue
        try:
            found = _LINE.decode(raw)
            if "labels" in found or "split" in found:
                if split is not None and found.get("split") != split:
                    continue
                labels = {str(label): float(value) for label, value in (found.get("labels") or {}).items()}
                found = {"external_id": found.get("id"), "text": found.get("text"), "lang": found.get("lang")}
            else:
                labels = {}
            comment = msgspec.convert(found, CommentIn)
            check_strings(comment)
            if not comment.text.strip():
                raise Invalid("the text is blank")
            if len(comment.text) > MAX_TEXT_CHARACTERS:
                raise TooLarge(Fault(pointer="/text", detail=f"at most {MAX_TEXT_CHARACTERS} characters"))
        except (ModerationError, msgspec.MsgspecError, ValueError, TypeError) as error:
            faults.append(f"line {number}: {problem_of(error).detail if _is_known(error) else error}")
            continue
        yield Line(number, comment, labels)


def _is_known(error: Exception) -> bool:
    return isinstance(error, ModerationError | msgspec.MsgspecError | UnicodeDecodeError)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if str(path) == "-":
        yield sys.stdin.buffer
    elif path.suffix == ".gz":
        with gzip.open(path, "rb") as file:
            yield file  # type: ignore[misc]  # GzipFile reads like any binary file
    else:
        with path.open("rb") as file:
            yield file


@click.command("import", cls=Command)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--site", help="The site (name or id); may be left out when there is one.")
@click.option("--split", help="Of a labelled data file, only this split.")
@click.option("--url", help="Post to a running service over HTTP instead, with --key.")
@click.option("--key", help="With --url: a site key.")
@click.option("--connections", default=16, show_default=True, type=click.IntRange(1, 256), help="With --url.")
def import_command(
    file: Path, site: str | None, split: str | None, url: str | None, key: str | None, connections: int
) -> None:
    """Moderate the comments of FILE (JSON lines, gzip too) and say what became of them.

    A comment with an external id that is there already is not taken twice. Ends with 1 when a comment was not taken.
    """
    if bool(url) != bool(key):
        raise click.UsageError("--url and --key go together.")
    faults: list[str] = []
    try:
        with _opened(file) as opened:
            lines = list(read_lines(opened, split=split, faults=faults))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Invalid(f"{file.name} is no whole gzip file: {error}") from error
    tally = Tally()
    started = time.perf_counter()
    with _progress(len(lines)) as advance:
        if url and key:
            asyncio.run(_post_all(lines, url, key, connections, tally, advance))
        else:
            _import_here(lines, site, tally, advance)
    result = tally.summary(seconds=time.perf_counter() - started, faults=faults)
    for fault in faults[:MAX_FAULTS_SHOWN]:
        progress_console.print(fault, markup=False)
    emit(result, lambda: tally.print(result))
    if tally.errors:
        sys.exit(1)


@contextmanager
def _progress(total: int) -> Iterator[Any]:  # a function that moves the bar on
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=progress_console) as progress:
        task = progress.add_task("comments", total=total)
        yield lambda count: progress.advance(task, count)


def _import_here(lines: Iterable[Line], site: str | None, tally: Tally, advance: Any) -> None:
    settings = load_settings()
    if site is None:
        site = read(settings, _only_site)
    for chunk in _chunks(lines):
        sent = [msgspec.to_builtins(line.comment) for line in chunk]
        results = write(settings, "import", site=site, comments=sent)["results"]
        for line, result in zip(chunk, results, strict=True):
            if "error" in result:
                tally.add_error(result["error"])
            else:
                tally.add(result["status"], result["reasons"], line.labels, is_new=result["is_new"])
        advance(len(chunk))


def _chunks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Cut into chunks, none longer than one message to a running service may be."""
    chunk: list[Line] = []
    size = 0
    for line in lines:
        length = WORST_ESCAPE * len(msgspec.json.encode(line.comment))
        if chunk and (len(chunk) == CHUNK or size + length > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(line)
        size += length
    if chunk:
        yield chunk


async def _only_site(services: Services) -> str:
    if len(services.directory.sites) != 1:
        raise Invalid(f"There are {len(services.directory.sites)} sites; say which with --site.")
    return next(iter(services.directory.sites))


async def _post_all(lines: Iterable[Line], url: str, key: str, connections: int, tally: Tally, advance: Any) -> None:
    """Post with a bounded number of connections, each with one request under way."""
    rest = iter(lines)
    limits = httpx2.Limits(max_connections=connections)
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=30) as client:

        async def worker() -> None:
            for line in rest:
                started = time.perf_counter()
                try:
                    answer = await client.post("/v1/comments", content=msgspec.json.encode(line.comment))
                except httpx2.HTTPError as error:
                    tally.add_error(f"{type(error).__name__}: {error}")
                else:
                    tally.latencies.append(time.perf_counter() - started)
                    _tally_answer(answer, line, tally)
                advance(1)

        await asyncio.gather(*(worker() for _ in range(connections)))


def _tally_answer(answer: httpx2.Response, line: Line, tally: Tally) -> None:
    if answer.status_code not in (200, 201):
        tally.add_error(f"{answer.status_code}: {answer.text[:200]}")
        return
    body = answer.json()
    reasons = [reason.get("label") or reason["code"] for reason in body["reasons"]]
    tally.add(body["status"], reasons, line.labels, is_new=answer.status_code == 201)


@click.command("export", cls=Command)
@click.argument("file", default="-", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--site", help="Only this site (name or id).")
def export_command(file: Path, site: str | None) -> None:
    """Write comments with their outcomes and decisions to FILE, or to standard output, as JSON lines.

    With --json and no FILE: as one object, whose `lines` they are.
    """
    settings = load_settings()
    is_out = str(file) == "-"
    is_object = is_out and is_json()

    async def look(services: Services) -> int:
        site_id = find_site(services, site) if site else None
        count = 0
        with click.open_file(str(file), "w", encoding="utf-8", atomic=not is_out) as out:
            out.write('{"file": null, "lines": [' if is_object else "")
            async for line in _exported(services, site_id):
                text = json.dumps(line, ensure_ascii=False, default=str)
                out.write(f"{', ' if count else ''}{text}" if is_object else f"{text}\n")
                count += 1
            out.write(f'], "comments": {count}}}\n' if is_object else "")
        return count

    count = read(settings, look)
    if not is_out:
        emit({"file": str(file), "comments": count}, f"{count} comments written to {file}")


async def _exported(services: Services, site_id: SiteId | None) -> AsyncIterator[dict[str, Any]]:
    after = ""
    while True:
        async with services.database.read() as connection:
            page = await comments.page(connection, site_id=site_id, after=after, limit=CHUNK)
            for stored in page:
                history = await decisions.for_comment(connection, stored.comment.id)
                given = await opinions.for_comment(connection, stored.comment.id)
                yield {
                    **_described(stored),
                    "decisions": [msgspec.to_builtins(one) for one in history],
                    "opinions": [{**msgspec.to_builtins(one.said), "about": one.about} for one in given],
                }
        if len(page) < CHUNK:
            return
        after = page[-1].comment.id


def _described(stored: Stored) -> dict[str, Any]:
    comment = msgspec.to_builtins(stored.comment)
    del comment["form"]  # It was never stored.
    outcome = msgspec.to_builtins(OutcomeOut.of(stored.outcome))
    return {**comment, "is_erased": stored.is_erased, "outcome": outcome}
