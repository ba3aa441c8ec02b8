"""The guard: what must not be reached is not reached, whatever it is called and whenever it is asked."""

import ssl
from collections.abc import Sequence

import httpx2
import pytest

from moderator.webhooks.guard import (
    AddressRefused,
    GuardedTransport,
    check_url,
    find_refusal,
    new_client,
    resolve_name,
)
from tests.webhooks.network import OK, PUBLIC, Names, Network

pytestmark = pytest.mark.anyio


ADDRESSES = (
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7"),
    *("203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
    *("::1", "::", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::ffff:0:10.0.0.1", "fe80::1", "fec0::1"),
    *("fc00::1", "fd00:ec2::254", "fd20:ce::254", "ff02::1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::"),
    *("2001::1", "2001:db8::1", "2001:20::1", "3fff::1", "100::1", "5f00::1", "4000::1"),
)
LITERALS = tuple(f"https://[{a}]/" if ":" in a else f"https://{a}/" for a in ADDRESSES)
FORMS = (
    *("https://2130706433/", "https://134744072/", "https://0/", "https://127.1/", "https://127.0.1/"),
    *("https://0177.0.0.1/", "https://017700000001/", "https://0x7f.0.0.1/", "https://0x7f000001/", "https://0x7F.1/"),
    *("https://127.0.0.0x1/", "https://1.2.3.4.5/", "https://256.1.1.1/", "https://0x/", "https://a.0x7f/"),
    *("https://localhost./", "https://127.0.0.1./", "https://good.example./", "https://.good.example/"),
    *("https:///x", "https://", "https:good.example", "//good.example/", "good.example", "", "https://?x", "https://#"),
    *("https://me@good.example/", "https://me:pw@good.example/", "https://:@good.example/", "https://@good.example/"),
    *("https://good.example\\@127.0.0.1/", "https://good.example:443@127.0.0.1/", "https://127.0.0.1\\.good.example/"),
    *("https://[fe80::1%eth0]/", "https://[fe80::1%25eth0]/", "https://[2606:2800::1%25eth0]/", "https://[127.0.0.1]/"),
    *(
        "https://[::1/",
        "https://127。0。0。1/",
        "https://１２７.０.０.１/",
        "https://①②⑦.⓪.⓪.①/",
        "https://%31%32%37.0.0.1/",
    ),
    *(
        "https://127.0.0.1%2f.good.example/",
        "https://good example/",
        "https://good..example/",
        "https://good.example:0/",
    ),
    *("https://good.example:65536/", "https://good.example:-1/", "https://good.example:x/", "https://good.example\t/"),
    *("https://good.example\n/", "https://good.example\x00/", "http://good.example/", "ftp://good.example/"),
    *("file:///etc/passwd", "gopher://127.0.0.1/", "unix:///run/docker.sock", "javascript:alert(1)"),
    *(f"https://{'a' * 64}.example/", f"https://{'a.' * 127}example/", f"https://good.example/{'a' * 2_000}"),
)


def client(network: Network, names: object = None, *, allow_private: bool = False) -> httpx2.AsyncClient:
    transport = GuardedTransport(
        allow_private=allow_private,
        resolve=Names([PUBLIC]) if names is None else names,  # type: ignore[arg-type]
        inner=network,
        ssl_context=ssl.create_default_context(),
    )
    return httpx2.AsyncClient(transport=transport, trust_env=False)


def test_there_are_more_than_sixty_forms() -> None:
    assert len(set(LITERALS + FORMS)) == len(LITERALS + FORMS) > 100


@pytest.mark.parametrize("url", LITERALS + FORMS)
def test_a_bad_url_cannot_be_added(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_url(url, allow_private=False)


# The client itself drops an empty name before an @, and a long path is long: neither leads anywhere else.
HARMLESS_LATER = ("https://@good.example/", FORMS[-1])


@pytest.mark.parametrize("url", [url for url in LITERALS + FORMS if url not in HARMLESS_LATER])
async def test_a_bad_url_that_was_added_nevertheless_is_not_connected_to(url: str) -> None:
    network, names = Network(), Names([PUBLIC])

    async with client(network, names) as http:
        with pytest.raises((AddressRefused, httpx2.InvalidURL, httpx2.UnsupportedProtocol)):
            await http.post(url)

    assert network.connected == []
    assert names.asked == []


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_name_that_leads_to_a_bad_address_is_not_connected_to(address: str) -> None:
    network = Network()

    async with client(network, Names([address])) as http:
        with pytest.raises(AddressRefused) as caught:
            await http.post("https://good.example/")

    assert network.connected == []
    assert address not in str(caught.value)


@pytest.mark.parametrize("answer", [[PUBLIC, "127.0.0.1"], ["::1", PUBLIC], [PUBLIC, "fe80::1%eth0"], [PUBLIC, "junk"]])
async def test_one_bad_address_condemns_the_name(answer: Sequence[str]) -> None:
    network = Network()

    async with client(network, Names(answer)) as http:
        with pytest.raises(AddressRefused):
            await http.post("https://good.example/")

    assert network.connected == []


async def test_a_name_that_changes_after_the_check_changes_nothing() -> None:
    network, names = Network(), Names([PUBLIC], ["127.0.0.1"])

    async with client(network, names) as http:
        await http.post("https://rebinds.example/hook")

    assert names.asked == ["rebinds.example"]
    assert network.connected == [PUBLIC]


async def test_a_name_that_has_changed_before_the_next_connection_is_refused() -> None:
    network, names = (
        Network(answers=[OK.replace(b"Set-", b"Connection: close\r\nSet-")]),
        Names([PUBLIC], ["127.0.0.1"]),
    )

    async with client(network, names) as http:
        await http.post("https://rebinds.example/hook")
        with pytest.raises(AddressRefused):
            await http.post("https://rebinds.example/hook")

    assert network.connected == [PUBLIC]


async def test_tls_and_the_host_header_keep_the_name() -> None:
    network = Network()

    async with client(network) as http:
        response = await http.post("https://Bücher.example:8443/hook?a=b", content=b"{}")

    assert response.status_code == 200
    assert network.connected == [PUBLIC]
    assert network.server_names == ["xn--bcher-kva.example"]
    assert b"POST /hook?a=b HTTP/1.1\r\n" in network.sent[0]
    assert b"Host: xn--bcher-kva.example:8443\r\n" in network.sent[0]


async def test_a_request_cannot_give_tls_another_name() -> None:
    network = Network()

    async with client(network) as http:
        await http.post("https://good.example/", extensions={"sni_hostname": "other.example"})

    assert network.server_names == ["good.example"]


async def test_two_names_at_one_address_do_not_share_a_connection() -> None:
    network, names = Network(answers=[OK, OK]), Names([PUBLIC], [PUBLIC])

    async with client(network, names) as http:
        await http.post("https://one.example/")
        await http.post("https://two.example/")

    assert network.server_names == ["one.example", "two.example"]


async def test_the_next_address_is_tried_when_one_is_down_and_each_has_its_share_of_the_time() -> None:
    network, names = Network(down=["2606:2800::1"]), Names(["2606:2800::1", PUBLIC])

    async with client(network, names) as http:
        await http.post("https://good.example/", timeout=10)

    assert network.connected == ["2606:2800::1", PUBLIC]
    assert network.shares == [5, 5]


async def test_when_every_address_is_down_the_error_is_one_that_callers_know() -> None:
    async with client(Network(down=[PUBLIC])) as http:
        with pytest.raises(httpx2.ConnectError):
            await http.post("https://good.example/")
    async with client(Network(), Names([])) as http:
        with pytest.raises(httpx2.ConnectError):
            await http.post("https://good.example/")


async def test_a_name_that_does_not_resolve_is_a_failed_connection() -> None:
    async def nobody(host: str, port: int) -> Sequence[str]:
        raise OSError

    async with client(Network(), nobody) as http:
        with pytest.raises(httpx2.ConnectError):
            await http.post("https://good.example/")


async def test_a_resolver_that_hangs_is_a_timeout() -> None:
    async def slow(host: str, port: int) -> Sequence[str]:
        raise TimeoutError

    async with client(Network(), slow) as http:
        with pytest.raises(httpx2.ConnectTimeout):
            await http.post("https://good.example/")


async def test_a_broken_answer_is_an_error_that_callers_know() -> None:
    async with client(Network(answers=[b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])) as http:
        with pytest.raises(httpx2.RemoteProtocolError):
            await http.post("https://good.example/")


async def test_no_cookie_is_kept() -> None:
    async with client(Network()) as http:
        await http.post("https://good.example/")

        assert not http.cookies


async def test_the_operating_system_s_resolver_answers_with_addresses() -> None:
    assert {"127.0.0.1", "::1"} & set(await resolve_name("localhost", 443))


async def test_new_client_follows_no_redirect_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")

    async with new_client(allow_private=False, resolve=Names(["127.0.0.1"])) as http:
        assert http.follow_redirects is False
        with pytest.raises(AddressRefused):
            await http.post("https://good.example/")


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "172.32.0.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_pass(address: str) -> None:
    assert find_refusal(address, allow_private=False) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://good.example", "https://good.example"),
        ("https://GOOD.example:8443/a/b?c=d", "https://good.example:8443/a/b?c=d"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://a_b.example/@me?x=@y", "https://a_b.example/@me?x=@y"),
        ("https://1.1.1.1/", "https://1.1.1.1/"),
        ("https://intranet/", "https://intranet/"),
    ],
)
def test_ordinary_urls_can_be_added(url: str, expected: str) -> None:
    assert check_url(url, allow_private=False) == expected


@pytest.mark.parametrize("address", ADDRESSES)
def test_development_lets_only_loopback_and_private_addresses_through(address: str) -> None:
    may_pass = address.startswith(("127.", "10.", "172.16.", "172.31.", "192.168.")) or address in ("::1", "fc00::1")

    assert (find_refusal(address, allow_private=True) is None) is may_pass


def test_development_may_use_http() -> None:
    assert check_url("http://127.0.0.1:9000/hook", allow_private=True) == "http://127.0.0.1:9000/hook"
    with pytest.raises(AddressRefused):
        check_url("http://169.254.169.254/latest", allow_private=True)
