"""Submitting, reading, erasing and reporting comments over HTTP."""

import asyncio
import json

import httpx2
import pytest

from moderator.services import Services
from moderator.storage import comments
from tests.api.conftest import ORIGIN, Secrets
from tests.fakes import FakeScorer

pytestmark = pytest.mark.anyio

FULL = {
    "external_id": "wp-1234",
    "text": "What an idiot.",
    "article": {"url": "https://news.example/summit", "title": "The summit", "section": "politics"},
    "author": {
        "id": "7",
        "name": "Anna",
        "email": "anna@news.example",
        "url": "https://anna.example",
        "ip": "192.0.2.7",
        "user_agent": "Firefox",
    },
    "parent_id": "wp-1",
    "posted_at": "2026-11-22T10:00:00Z",
    "lang": "en",
}


async def post(client: httpx2.AsyncClient, secrets: Secrets, text: str, **more: object) -> httpx2.Response:
    return await client.post("/v1/comments", json={"text": text, **more}, headers=secrets.bearer("site"))


async def test_an_ordinary_comment_is_created_and_approved(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    answer = await post(client, secrets, "The summit ended.")

    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/comments/{body['id']}"
    assert (body["verdict"], body["status"], body["reasons"], body["case"]) == ("approve", "approved", [], None)
    assert list(body) == [
        "id",
        "external_id",
        "verdict",
        "status",
        "scores",
        "reasons",
        "spans",
        "model",
        "policy",
        "case",
    ]
    assert len(body["scores"]) == 8


async def test_a_comment_with_a_phone_number_is_held_and_the_answer_does_not_repeat_it(
    client: httpx2.AsyncClient, secrets: Secrets
) -> None:
    answer = await post(client, secrets, "Ruf mich an: 030 23125123, oder anna@news.example", lang="de")

    body = answer.json()
    assert (answer.status_code, body["verdict"]) == (201, "hold")
    assert body["reasons"] == [
        {
            "code": "personal_data",
            "detail": "The text contains a phone number and an e-mail address.",
        }
    ]
    assert "23125" not in answer.text


async def test_a_borderline_comment_says_why_it_is_held(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    answer = await client.post("/v1/comments", json=FULL, headers=secrets.bearer("site"))

    body = answer.json()
    assert (answer.status_code, body["verdict"], body["external_id"]) == (201, "hold", "wp-1234")
    assert body["case"] is not None
    assert body["reasons"] == [
        {
            "code": "score",
            "label": "insult",
            "score": 0.6,
            "threshold": 0.5,
            "detail": "insult scored 0.60; from 0.50 on a comment is held.",
        }
    ]
    assert body["spans"] == [{"start": 8, "end": 13, "label": "insult", "weight": 1.0}]


async def test_a_repeat_is_answered_with_the_very_same_bytes(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    answers = await asyncio.gather(
        *(client.post("/v1/comments", json=FULL, headers=secrets.bearer("site")) for _ in range(40))
    )

    assert sorted({answer.status_code for answer in answers}) == [200, 201]
    assert [answer.status_code for answer in answers].count(201) == 1
    assert len({answer.content for answer in answers}) == 1


async def test_an_external_id_with_other_content_is_a_conflict(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    await client.post("/v1/comments", json=FULL, headers=secrets.bearer("site"))

    answer = await client.post("/v1/comments", json=FULL | {"text": "Other."}, headers=secrets.bearer("site"))
    elsewhere = await client.post("/v1/comments", json=FULL | {"text": "Other."}, headers=secrets.bearer("other_site"))

    assert answer.status_code == 409
    assert elsewhere.status_code == 201


@pytest.mark.parametrize("key", ["k-1", '"k-1"'])
async def test_an_idempotency_key_repeats_and_refuses(client: httpx2.AsyncClient, secrets: Secrets, key: str) -> None:
    headers = secrets.bearer("site") | {"idempotency-key": key}
    first = await client.post("/v1/comments", json={"text": "One."}, headers=headers)
    again = await client.post("/v1/comments", json={"text": "One."}, headers=headers)
    other = await client.post("/v1/comments", json={"text": "Two."}, headers=headers)

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 422)
    assert again.content == first.content


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "é"])
async def test_an_idempotency_key_that_is_none_is_refused(
    client: httpx2.AsyncClient, secrets: Secrets, key: str
) -> None:
    headers = {**secrets.bearer("site"), "idempotency-key": key.encode("latin-1")}

    assert (await client.post("/v1/comments", json={"text": "One."}, headers=headers)).status_code == 422


async def test_a_comment_can_be_read_by_its_own_site_only(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    made = (await post(client, secrets, "What an idiot.")).json()

    mine = await client.get(f"/v1/comments/{made['id']}", headers=secrets.bearer("site"))
    theirs = await client.get(f"/v1/comments/{made['id']}", headers=secrets.bearer("other_site"))

    assert (mine.status_code, mine.json()) == (200, made)
    assert theirs.status_code == 404
    assert theirs.headers["content-type"] == "application/problem+json"


async def test_an_erased_comment_leaves_a_skeleton(
    client: httpx2.AsyncClient, secrets: Secrets, services: Services
) -> None:
    made = (await client.post("/v1/comments", json=FULL, headers=secrets.bearer("site"))).json()
    path = f"/v1/comments/{made['id']}"

    assert (await client.delete(path, headers=secrets.bearer("other_site"))).status_code == 404
    assert (await client.delete(path, headers=secrets.bearer("site"))).status_code == 204
    assert (await client.delete(path, headers=secrets.bearer("site"))).status_code == 204

    left = (await client.get(path, headers=secrets.bearer("site"))).json()
    assert (left["scores"], left["reasons"], left["case"]) == (made["scores"], [], None)
    assert (await client.post("/v1/comments", json=FULL, headers=secrets.bearer("site"))).status_code == 409


async def test_reports_are_accepted(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    made = (await post(client, secrets, "The summit ended.")).json()
    path = f"/v1/comments/{made['id']}/reports"

    with_reason = await client.post(path, json={"reason": "hate", "note": "look"}, headers=secrets.bearer("site"))
    bare = await client.post(path, headers=secrets.bearer("site"))
    wrong = await client.post(path, json={"reason": "boring"}, headers=secrets.bearer("site"))

    assert (with_reason.status_code, bare.status_code, wrong.status_code) == (202, 202, 422)
    assert with_reason.json()["case"] == bare.json()["case"] is not None


async def test_in_a_batch_a_wrong_item_spoils_no_other(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    items = [{"text": "Fine."}, {"text": ""}, {"text": "x", "zzz": 1}, 7, {"text": "x" * 20_001}, {"text": "You scum."}]

    answer = await client.post("/v1/comments/batch", json={"comments": items}, headers=secrets.bearer("site"))

    outcomes = answer.json()["outcomes"]
    assert answer.status_code == 200
    assert [one.get("verdict") or one["problem"]["status"] for one in outcomes] == [
        "approve",
        422,
        422,
        422,
        413,
        "reject",
    ]
    assert outcomes[2]["problem"]["errors"] == [{"pointer": "/comments/2/zzz", "detail": "unknown member"}]


async def test_a_batch_has_a_size(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    many = {"comments": [{"text": f"Comment {n}."} for n in range(1_000)]}
    more = {"comments": [{"text": "x"}] * 1_001}

    full = await client.post("/v1/comments/batch", json=many, headers=secrets.bearer("site"))
    over = await client.post("/v1/comments/batch", json=more, headers=secrets.bearer("site"))
    none = await client.post("/v1/comments/batch", json={"comments": []}, headers=secrets.bearer("site"))

    assert len(full.json()["outcomes"]) == 1_000
    assert (over.status_code, none.status_code) == (422, 422)


async def test_scores_are_given_and_nothing_is_stored(
    client: httpx2.AsyncClient, secrets: Secrets, services: Services
) -> None:
    answer = await client.post("/v1/score", json={"texts": ["An idiot.", "Gas."]}, headers=secrets.bearer("site"))

    body = answer.json()
    assert body["model"] == "fake-1"
    assert [result["scores"]["insult"] for result in body["results"]] == [0.6, 0.01]
    assert [len(result["spans"]) for result in body["results"]] == [1, 0]
    async with services.database.read() as connection:
        assert await comments.page(connection, site_id=None, after="", limit=1) == []


async def test_without_a_model_scores_are_empty_and_comments_held(
    client: httpx2.AsyncClient, secrets: Secrets, services: Services
) -> None:
    services.scorer = FakeScorer(version=None)

    scored = await client.post("/v1/score", json={"texts": ["Gas."]}, headers=secrets.bearer("site"))
    made = await post(client, secrets, "Gas.")

    assert scored.json() == {"model": None, "results": [{"scores": {}, "spans": []}]}
    assert (made.json()["verdict"], made.json()["reasons"][0]["code"]) == ("hold", "unscored")


@pytest.mark.parametrize("form", [{"honeypot": "Acme Ltd"}, {"honeypot": "x", "seconds": 40}])
async def test_a_filled_honeypot_is_told_to_the_site_and_kept_from_the_page(
    client: httpx2.AsyncClient, secrets: Secrets, form: dict[str, object]
) -> None:
    told = await post(client, secrets, "The summit ended.", form=form)
    page = await client.post(
        "/v1/comments",
        json={"text": "The summit ended.", "form": form},
        headers=secrets.bearer("public") | {"origin": ORIGIN},
    )
    scored = await client.post(
        "/v1/comments", json={"text": "Cheap viagra!"}, headers=secrets.bearer("public") | {"origin": ORIGIN}
    )

    assert (told.json()["verdict"], [one["code"] for one in told.json()["reasons"]]) == ("reject", ["honeypot"])
    assert "Acme" not in told.text
    assert page.status_code == scored.status_code == 201
    assert page.json() | {"id": ""} == scored.json() | {"id": ""}  # Nothing to probe.


@pytest.mark.parametrize(
    ("form", "reasons"),
    [
        ({}, []),
        ({"honeypot": ""}, []),
        ({"honeypot": " \n"}, []),
        ({"honeypot": None, "seconds": None}, []),
        ({"seconds": 2}, []),
        ({"seconds": 1.4}, ["too_fast"]),
        (None, []),
    ],
)
async def test_how_a_form_was_filled_in_is_optional(
    client: httpx2.AsyncClient, secrets: Secrets, form: dict[str, object] | None, reasons: list[str]
) -> None:
    answer = await post(client, secrets, "The summit ended.", form=form)

    assert [reason["code"] for reason in answer.json()["reasons"]] == reasons


@pytest.mark.parametrize(
    ("form", "pointer"),
    [
        ({"seconds": -1}, "/form/seconds"),
        ({"seconds": "2"}, "/form/seconds"),
        ({"honeypot": 1}, "/form/honeypot"),
        ({"honeypot": "a\u0000b"}, "/form/honeypot"),
        ({"trap": ""}, "/form/trap"),
        ("full", "/form"),
    ],
)
async def test_a_wrong_form_is_refused_with_its_place(
    client: httpx2.AsyncClient, secrets: Secrets, form: object, pointer: str
) -> None:
    answer = await post(client, secrets, "The summit ended.", form=form)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_the_same_comment_sent_later_is_the_same_comment(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    first = await post(client, secrets, "The summit ended.", external_id="wp-9", form={"seconds": 1.4})
    again = await post(client, secrets, "The summit ended.", external_id="wp-9", form={"seconds": 12.0})

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert first.json()["status"] == "held"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"text":"\xff"}', 400),
        (b'{"text":"\\ud800"}', 400),
        (b'{"text":NaN}', 400),
        (b'{"text":"x"} {}', 400),
        (b"[" * 100_000, 422),
        (b'{"text":' + b"[" * 100_000, 422),
        (b'{"zzz":' + b"[" * 100_000, 422),
        (b"[]", 422),
        (b"null", 422),
        (b"{}", 422),
        (b'{"text":""}', 422),
        (b'{"text":" \\n\\t"}', 422),
        (b'{"text":"a\\u0000b"}', 422),
        (b'{"text":"x","author":{"name":"a\\u0000"}}', 422),
        (b'{"text":"x","posted_at":"2026-11-22T10:00:00"}', 422),
        (b'{"text":"x","posted_at":"yesterday"}', 422),
        (b'{"text":"x","lang":"e n"}', 422),
        (b'{"text":"x","external_id":"' + b"x" * 256 + b'"}', 422),
        (b'{"text":"x","parent_id":' + b"9" * 5_000 + b"}", 422),
        (b'{"text":"' + b"x" * 20_001 + b'"}', 413),
        (b'{"text":"' + b"x" * 300_000 + b'"}', 413),
        ('{"text":"' + "😀" * 20_000 + '"}', 201),
        (b'{"text":"a","text":"b"}', 201),
        (b'{"text":"\\ud83d\\ude00"}', 201),
    ],
    ids=lambda part: str(part)[:40],
)
async def test_every_body_has_one_documented_answer(
    client: httpx2.AsyncClient, secrets: Secrets, body: bytes | str, status: int
) -> None:
    answer = await client.post("/v1/comments", content=body, headers=secrets.bearer("site"))

    assert answer.status_code == status
    if status != 201:
        problem = json.loads(answer.content)
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "instance"} <= set(problem)
        assert problem["status"] == status


async def test_faults_are_named_with_their_place(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    answers = [
        await client.post("/v1/comments", json=body, headers=secrets.bearer("site"))
        for body in (
            {"text": "x", "author": {"name": 3}},
            {"text": "x", "author": {"na/me": 3}},
            {"text": 3},
            {},
            {"text": "\x00"},
        )
    ]

    assert [answer.json()["errors"][0]["pointer"] for answer in answers] == [
        "/author/name",
        "/author/na~1me",
        "/text",
        "/text",
        "/text",
    ]


async def test_a_compressed_body_is_refused_unread(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    headers = secrets.bearer("site") | {"content-encoding": "gzip"}

    assert (await client.post("/v1/comments", content=b"x", headers=headers)).status_code == 415


async def test_a_body_is_counted_while_it_streams(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    async def endless() -> object:
        for _ in range(400):
            yield b"x" * 1_024

    answer = await client.post("/v1/comments", content=endless(), headers=secrets.bearer("site"))

    assert answer.status_code == 413


async def test_no_column_can_be_set_from_outside(client: httpx2.AsyncClient, secrets: Secrets) -> None:
    for name in ("id", "status", "verdict", "site_id", "scores", "score_spam", "case_id", "model_version", "role"):
        answer = await client.post("/v1/comments", json={"text": "x", name: "y"}, headers=secrets.bearer("site"))
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{name}")
