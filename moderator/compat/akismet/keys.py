"""Which site asks: its key stands in the form, or as the first label of the host name."""

from collections.abc import Sequence

from moderator.compat.akismet.form import Fields
from moderator.domain.errors import NotSignedIn
from moderator.domain.people import SiteKey
from moderator.services import Services
from moderator.usecases import access

NAMES = ("api_key", "key")
NAMES_TO_VERIFY = ("key", "api_key")  # WordPress tries a new `key` and sends the one that it has as `api_key`.


def key_in(fields: Fields, host: str, names: Sequence[str] = NAMES) -> str:
    """Return the key that a request carries: a field of these names, else the host's first label.

    Raises:
        NotSignedIn: it carries none.
    """
    found = fields.first_of(*names).strip() or host.partition(":")[0].partition(".")[0]
    if not found:
        raise NotSignedIn('Empty "api_key" value')
    return found


def site_key(services: Services, secret: str) -> SiteKey:
    """Return whose key this is; what `access.site_key` raises.

    Any key of a site does, not only one of 12 characters. `blog` is not looked at: a key stands for one site here.
    """
    return access.site_key(services, secret)
