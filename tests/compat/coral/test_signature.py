"""Who asks: a signature over the raw body, several while a secret is replaced."""

import hashlib
import hmac

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.compat.coral.signature import MOST_SIGNATURES, find_site
from moderator.compat.coral.signature import sign as sign_ours
from moderator.domain.comments import Site
from moderator.domain.errors import NotSignedIn
from moderator.domain.ids import SiteId
from moderator.domain.sites import SiteSettings
from moderator.services import Services
from tests.compat.coral.conftest import SECRET, Coral, add_site, sign
from tests.compat.tables import count, dump

BODY = b'{\n  "action": "NEW"\n}'
SECRETS = st.text(min_size=1, max_size=80, alphabet=st.characters(blacklist_categories=("Cs",)))


def a_site(name: str, *secrets: str) -> Site:
    return Site(id=SiteId(name), name=name, settings=SiteSettings(phase_secrets=secrets))


def test_a_signature_of_corals_own_code_is_ours() -> None:
    """Made with Node: createHmac("sha256", "empsec_1").update(JSON.stringify({a: "é"}, null, 2)).digest("hex")."""
    made_by_node = "e2aff041c43b8026b902252175e14d2531ef83a21dd3bff5255697514841977b"

    assert sign_ours("empsec_1", '{\n  "a": "é"\n}'.encode()) == made_by_node


@given(body=st.binary(max_size=200), secret=SECRETS)
def test_what_a_site_signs_is_its_own(body: bytes, secret: str) -> None:
    sites = [a_site("without"), a_site("other", secret + "x"), a_site("own", "old", secret)]

    assert find_site(sites, body, [sign(body, secret)]).id == "own"


@given(body=st.binary(max_size=200), secret=SECRETS, at=st.integers(min_value=0), flip=st.integers(1, 255))
def test_one_byte_of_the_body_changed_is_refused(body: bytes, secret: str, at: int, flip: int) -> None:
    header = sign(body, secret)
    changed = bytearray(body or b"\0")
    changed[at % len(changed)] ^= flip

    if bytes(changed) != body:
        with pytest.raises(NotSignedIn):
            find_site([a_site("own", secret)], bytes(changed), [header])


@given(header=st.text(max_size=300))
def test_any_other_header_is_refused(header: str) -> None:
    with pytest.raises(NotSignedIn):
        find_site([a_site("own", SECRET)], BODY, [header])


def test_one_of_several_is_enough_whatever_stands_beside_it() -> None:
    own = sign(BODY, SECRET)

    for header in (
        f"{sign(BODY, 'old')},{own}",
        f"{own},{sign(BODY, 'old')}",
        f" {own} , sha256=zz",
        f"sha1=00,,sha256,{own}",
    ):
        assert find_site([a_site("own", SECRET)], BODY, [header]).id == "own"
    assert find_site([a_site("own", SECRET)], BODY, [sign(BODY, "old"), own]).id == "own"


@pytest.mark.parametrize("name", ["sha1", "sha512", "SHA256", "v1", ""])
def test_only_one_algorithm_counts(name: str) -> None:
    digest = sign(BODY, SECRET).removeprefix("sha256=")

    with pytest.raises(NotSignedIn):
        find_site([a_site("own", SECRET)], BODY, [f"{name}={digest}"])


def test_a_shorter_digest_is_refused() -> None:
    for end in (1, 8, 32, 63):
        with pytest.raises(NotSignedIn):
            find_site([a_site("own", SECRET)], BODY, [sign(BODY, SECRET)[: len("sha256=") + end]])


def test_the_number_of_comparisons_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: compared.append(1) or one == other)
    header = ",".join([sign(BODY, "wrong")] * 5_000)
    sites = [a_site("one", "a", "b"), a_site("two", "c")]

    with pytest.raises(NotSignedIn):
        find_site(sites, BODY, [header, header])

    assert len(compared) == 3 * MOST_SIGNATURES


def test_a_signature_beyond_the_tenth_is_not_looked_at() -> None:
    header = ",".join([sign(BODY, "wrong")] * MOST_SIGNATURES + [sign(BODY, SECRET)])

    with pytest.raises(NotSignedIn):
        find_site([a_site("own", SECRET)], BODY, [header])


@pytest.mark.anyio
async def test_a_secret_is_replaced_without_a_gap(services: Services, client: httpx2.AsyncClient) -> None:
    """Coral signs with both for a while; the site may know the old one, both, or the new one alone."""
    for number, known in enumerate((["old"], ["old", "new"], ["new"])):
        await add_site(services, f"Site {number}", *[f"{secret}{number}" for secret in known])
        both = Coral(client, secrets=(f"old{number}", f"new{number}"))

        assert (await both.ask("Good morning.")).status_code == 200
    assert (await Coral(client, secrets=("old2",)).ask("Good morning.")).status_code == 401


@pytest.mark.anyio
async def test_a_comment_goes_to_the_site_that_signed(services: Services, client: httpx2.AsyncClient) -> None:
    first, second = await add_site(services, "One", "secret-1"), await add_site(services, "Two", "secret-2")

    await Coral(client, secrets=("secret-2",)).hear("Good morning.")

    (row,) = (await dump(services.database))["comments"]
    assert f"'site_id': '{second.id}'" in row
    assert first.id not in row


@pytest.mark.anyio
@pytest.mark.parametrize("header", [None, "", "sha256=", f"sha256={'0' * 64}", "sha256=\xe9"])
async def test_what_is_not_signed_is_refused_and_leaves_nothing(
    coral: Coral, services: Services, header: str | None
) -> None:
    headers = {} if header is None else {"x-coral-signature": header.encode("latin-1")}

    answer = await coral.client.post("/coral/moderate", json=coral.request("You scum."), headers=headers)

    assert answer.status_code == 401
    assert set(answer.json()) == {"error"}
    assert await count(services.database, "comments") == 0


@pytest.mark.anyio
async def test_the_signature_is_checked_before_anything_else_is_read(coral: Coral) -> None:
    answer = await coral.client.post("/coral/moderate", content=b"{", headers={"x-coral-signature": sign(b"[", SECRET)})

    assert answer.status_code == 401


def test_the_hash_is_sha_256() -> None:
    assert sign_ours("k", b"b") == hmac.new(b"k", b"b", hashlib.sha256).hexdigest()
