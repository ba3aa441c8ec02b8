"""Settings: the environment over a TOML file over defaults, read once, all faults reported at once."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from moderator.domain.errors import Fault, InvalidInput

PREFIX = "MODERATOR_"
FILE = "moderator.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator may choose. Each field is MODERATOR_<NAME> in the environment and <name> in moderator.toml."""

    database: str = field(default="sqlite:///data/moderator.db", repr=False)  # a PostgreSQL address has a password
    models: str = "models"
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    public_url: str = ""
    log: str = "text"
    log_level: str = "info"
    claim_seconds: int = 600
    session_seconds: int = 43_200
    rate_per_key: float = 0.0
    rate_per_author: int = 20
    rate_per_address: int = 20
    audit_share: float = 0.02
    promotion: str = "off"
    on_drift: str = "hold"
    second_review_share: float = 0.05
    idempotency_seconds: int = 86_400
    max_connections: int = 2_000
    request_seconds: float = 30.0
    reload_seconds: float = 2.0
    coral_seconds: float = 0.15
    trusted_proxies: str = "127.0.0.1"
    allow_private_endpoints: bool = False
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_name: str = "OpenID Connect"
    oidc_scopes: str = "openid profile email"
    oidc_role_claim: str = "groups"
    oidc_admins: str = ""
    oidc_seniors: str = ""
    oidc_moderators: str = ""

    @property
    def address(self) -> str:
        """Return the address that people open, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")


HELP: Mapping[str, str] = {
    "database": "sqlite:///relative/path, sqlite:////absolute/path or postgresql://…",
    "models": "folder of the model versions",
    "host": "address to listen on",
    "port": "port to listen on",
    "workers": "serving processes; more than one needs PostgreSQL",
    "public_url": "address under which people reach the service; empty: http://host:port",
    "log": "text or json",
    "log_level": "debug, info, warning or error",
    "claim_seconds": "how long a moderator holds a claimed case, seconds",
    "session_seconds": "how long a sign-in to the console lasts, seconds",
    "rate_per_key": "requests a second for one site key; 0: no limit",
    "rate_per_author": "comments a minute by one author id or address before they are held; 0: no limit",
    "rate_per_address": "requests a minute from one address with a public key; 0: no limit",
    "audit_share": "share of the machine's own verdicts that people check blind, 0 to 1; a site's policy may differ",
    "promotion": "what a learned version does after the gate: off, shadow (in use after a trial), on (in use at once)",
    "on_drift": "what an alarm does to automatic verdicts: hold (people decide until somebody has looked) or tell",
    "second_review_share": "share of people's decisions that a colleague looks at, 0 to 1; a site's policy may differ",
    "idempotency_seconds": "how long an Idempotency-Key is remembered, seconds",
    "max_connections": "open connections; one more is answered 503",
    "request_seconds": "how long a request may take to arrive, seconds",
    "reload_seconds": "how often a worker looks for a new model and changed keys, seconds",
    "coral_seconds": "how long Coral's phase waits for a verdict before it hears none, seconds; keep below its timeout",
    "trusted_proxies": "addresses whose X-Forwarded-For and -Proto are believed, comma-separated; * believes everybody",
    "allow_private_endpoints": "let webhooks reach private addresses (development only)",
    "oidc_issuer": "issuer of an OpenID Connect provider where people may sign in; empty: none",
    "oidc_client_id": "this service's name at the provider",
    "oidc_client_secret": "its secret there; empty: a public client, with PKCE alone",
    "oidc_name": "what the button on the sign-in page calls the provider",
    "oidc_scopes": "what is asked of the provider, separated by spaces; openid must be among it",
    "oidc_role_claim": "claim with somebody's groups; realm_access.roles is a member of a member",
    "oidc_admins": "groups whose members are administrators of every site, comma-separated",
    "oidc_seniors": "groups whose members are senior moderators, comma-separated",
    "oidc_moderators": "groups whose members are moderators, comma-separated; nobody else gets in",
}

_CHOICES = {
    "log": ("text", "json"),
    "promotion": ("off", "shadow", "on"),
    "log_level": ("debug", "info", "warning", "error"),
    "on_drift": ("hold", "tell"),
}
_RANGES: Mapping[str, tuple[float, float]] = {
    "port": (0, 65_535),
    "workers": (1, 64),
    "claim_seconds": (1, 86_400),
    "session_seconds": (60, 2_592_000),
    "rate_per_key": (0, 1_000_000),
    "rate_per_author": (0, 1_000_000),
    "rate_per_address": (0, 1_000_000),
    "audit_share": (0, 1),
    "second_review_share": (0, 1),
    "idempotency_seconds": (60, 31_536_000),
    "max_connections": (1, 1_000_000),
    "request_seconds": (0.1, 3_600),
    "reload_seconds": (0.05, 3_600),
    "coral_seconds": (0.01, 10),
}


def load_settings(environment: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Return the settings; an empty variable counts as not set. Raises `InvalidInput` with every fault at once."""
    environment = os.environ if environment is None else environment
    faults: list[Fault] = []
    named = environment.get(f"{PREFIX}CONFIG")
    found: dict[str, Any] = _from_file(file or Path(named or FILE), faults, must_exist=bool(named))
    for entry in fields(Settings):
        if text := environment.get(PREFIX + entry.name.upper()):
            found[entry.name] = text
    values: dict[str, Any] = {}
    for entry in fields(Settings):
        if entry.name in found:
            assert entry.default is not MISSING
            _convert(entry.name, found[entry.name], type(entry.default), values, faults)
    known = {entry.name for entry in fields(Settings)}
    faults.extend(
        Fault(pointer=f"/{name}", detail="there is no such setting") for name in sorted(found) if name not in known
    )
    if not faults:
        faults.extend(_provider_faults(Settings(**values)))
    if faults:
        raise InvalidInput(*faults)
    return Settings(**values)


def _provider_faults(settings: Settings) -> Iterator[Fault]:
    """Yield what a sign-in provider lacks; without an issuer there is none."""
    if not settings.oidc_issuer:
        return
    parts = urlsplit(settings.oidc_issuer)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        yield Fault(pointer="/oidc_issuer", detail="expected an address that begins with https://")
    if not settings.oidc_client_id:
        yield Fault(pointer="/oidc_client_id", detail="an issuer needs it")
    if "openid" not in settings.oidc_scopes.split():
        yield Fault(pointer="/oidc_scopes", detail="openid must be among them")
    if not (settings.oidc_admins or settings.oidc_seniors or settings.oidc_moderators):
        yield Fault(pointer="/oidc_moderators", detail="without a group nobody could sign in")


def _from_file(path: Path, faults: list[Fault], *, must_exist: bool) -> dict[str, Any]:
    if not must_exist and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.append(Fault(pointer=f"/{path.name}", detail=f"cannot be read: {error}"))
        return {}


def _convert(name: str, given: Any, kind: type, values: dict[str, Any], faults: list[Fault]) -> None:
    pointer = f"/{name}"
    try:
        value = _to_bool(given) if kind is bool else _to(kind, given)
    except (TypeError, ValueError):
        faults.append(Fault(pointer=pointer, detail=f"expected {_NAMES[kind]}, found {given!r}"))
        return
    if name in _CHOICES and value not in _CHOICES[name]:
        faults.append(Fault(pointer=pointer, detail=f"expected {' or '.join(_CHOICES[name])}, found {value!r}"))
    elif name in _RANGES and not _RANGES[name][0] <= value <= _RANGES[name][1]:
        low, high = _RANGES[name]
        faults.append(Fault(pointer=pointer, detail=f"expected {low} to {high}, found {value}"))
    else:
        values[name] = value


_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


def _to(kind: type, given: Any) -> Any:
    """Convert text, or a TOML value that loses nothing: a flag is no number, a fraction none that is whole."""
    if isinstance(given, bool) or not isinstance(given, str | int | float) or (kind is str and given != str(given)):
        raise ValueError(given)
    if kind is int and isinstance(given, float) and not given.is_integer():
        raise ValueError(given)
    return kind(given)


def _to_bool(given: object) -> bool:
    texts = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    try:
        return texts[str(given).strip().lower()]
    except KeyError:
        raise ValueError(given) from None
