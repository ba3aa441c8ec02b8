"""Settings: the environment over the file over the defaults; every fault at once."""

from dataclasses import fields
from pathlib import Path

import pytest

from moderator.domain.errors import InvalidInput
from moderator.settings import HELP, Settings, load_settings


def load(tmp_path: Path, toml: str = "", **environment: str) -> Settings:
    file = tmp_path / "moderator.toml"
    file.write_text(toml, "utf-8")
    return load_settings({f"MODERATOR_{name.upper()}": value for name, value in environment.items()}, file)


def faults(tmp_path: Path, toml: str = "", **environment: str) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, toml, **environment)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    assert load_settings({}, tmp_path / "none.toml") == Settings()


def test_the_file_wins_over_the_defaults_and_the_environment_over_both(tmp_path: Path) -> None:
    settings = load(tmp_path, 'port = 9000\nclaim_seconds = 60\nlog = "json"', port="9001")
    assert (settings.port, settings.claim_seconds, settings.log) == (9001, 60, "json")
    assert settings.host == Settings().host


def test_the_file_may_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moderator.toml").write_text("port = 1\n")
    (tmp_path / "other.toml").write_text("port = 2\n")
    assert load_settings({}).port == 1
    assert load_settings({"MODERATOR_CONFIG": "other.toml"}).port == 2


def test_a_file_that_is_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"missing\.toml: cannot be read"):
        load_settings({"MODERATOR_CONFIG": str(tmp_path / "missing.toml")})


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    assert load(tmp_path, 'host = "::1"', host="", port="").host == "::1"


def test_every_fault_is_reported_at_once(tmp_path: Path) -> None:
    toml = 'wrokers = 2\nlog = "loud"\nallow_private_endpoints = "perhaps"'
    assert faults(tmp_path, toml, port="70000", workers="two") == {
        "/wrokers": "there is no such setting",
        "/log": "expected text or json, found 'loud'",
        "/allow_private_endpoints": "expected true or false, found 'perhaps'",
        "/port": "expected 0 to 65535, found 70000",
        "/workers": "expected a whole number, found 'two'",
    }


def test_a_file_that_is_no_toml_is_a_fault_beside_the_others(tmp_path: Path) -> None:
    assert set(faults(tmp_path, "port 9000", workers="two")) == {"/moderator.toml", "/workers"}


@pytest.mark.parametrize(
    ("toml", "pointer"),
    [
        ("port = 80.5", "/port"),
        ("port = true", "/port"),
        ("port = [80]", "/port"),
        ("rate_per_key = true", "/rate_per_key"),
        ("rate_per_key = nan", "/rate_per_key"),
        ("rate_per_key = inf", "/rate_per_key"),
        ("host = 5", "/host"),
        ("models = []", "/models"),
        ("models = {}", "/models"),
        ("allow_private_endpoints = 2", "/allow_private_endpoints"),
    ],
)
def test_a_value_of_another_kind_is_refused_rather_than_bent(tmp_path: Path, toml: str, pointer: str) -> None:
    assert set(faults(tmp_path, toml)) == {pointer}


@pytest.mark.parametrize(
    ("text", "expected"), [("true", True), ("1", True), ("YES", True), ("false", False), ("0", False), ("no", False)]
)
def test_a_flag_has_a_few_spellings(tmp_path: Path, text: str, expected: bool) -> None:
    assert load(tmp_path, allow_private_endpoints=text).allow_private_endpoints is expected


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("port", "-1", "65536"),
        ("workers", "0", "65"),
        ("claim_seconds", "0", "86401"),
        ("session_seconds", "59", "2592001"),
        ("rate_per_key", "-0.1", "1000001"),
        ("rate_per_author", "-1", "1000001"),
        ("rate_per_address", "-1", "1000001"),
        ("idempotency_seconds", "59", "31536001"),
        ("max_connections", "0", "1000001"),
        ("request_seconds", "0.09", "3601"),
        ("reload_seconds", "0.04", "3601"),
    ],
)
def test_numbers_have_sensible_ranges(tmp_path: Path, name: str, low: str, high: str) -> None:
    for text in (low, high):
        assert set(faults(tmp_path, **{name: text})) == {f"/{name}"}


def test_a_password_in_the_database_address_is_never_shown(tmp_path: Path) -> None:
    settings = load(tmp_path, database="postgresql://moderator:hunter2@db/moderator")
    assert "hunter2" in settings.database
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(faults(tmp_path, database="postgresql://moderator:hunter2@db/x", port="no"))


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"host": "::1", "port": "90"}, "http://[::1]:90"),
        ({"public_url": "https://mod.example/"}, "https://mod.example"),
    ],
)
def test_the_address_that_people_open(tmp_path: Path, given: dict[str, str], address: str) -> None:
    assert load(tmp_path, **given).address == address


def test_every_setting_has_its_help() -> None:
    assert list(HELP) == [entry.name for entry in fields(Settings)]


OIDC = {
    "MODERATOR_OIDC_ISSUER": "https://id.example",
    "MODERATOR_OIDC_CLIENT_ID": "moderator",
    "MODERATOR_OIDC_CLIENT_SECRET": "hush",
    "MODERATOR_OIDC_MODERATORS": "mods",
}


def test_a_sign_in_provider_is_set_whole() -> None:
    settings = load_settings(OIDC)
    assert settings.oidc_issuer == "https://id.example"
    assert "hush" not in repr(settings)
    assert load_settings({**OIDC, "MODERATOR_OIDC_ISSUER": "http://127.0.0.1:9000"}).oidc_issuer


@pytest.mark.parametrize(
    ("name", "value", "pointer"),
    [
        ("ISSUER", "http://id.example", "/oidc_issuer"),
        ("CLIENT_ID", "", "/oidc_client_id"),
        ("SCOPES", "profile", "/oidc_scopes"),
        ("MODERATORS", "", "/oidc_moderators"),
    ],
)
def test_a_sign_in_provider_that_lacks_something_is_refused_at_the_start(name: str, value: str, pointer: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        load_settings({**OIDC, f"MODERATOR_OIDC_{name}": value})
    assert [fault.pointer for fault in raised.value.faults] == [pointer]
