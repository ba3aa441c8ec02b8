"""What the models page says beside the list of versions: which sites have their own, and what trials have shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from moderator.classifier import registry
from moderator.classifier.pointers import SHARED
from moderator.console.language import gettext
from moderator.domain.errors import ModelRefused
from moderator.domain.ids import SiteId
from moderator.domain.people import Person
from moderator.domain.shadow import MOST_FLIPS, Ending
from moderator.services import Services
from moderator.storage.shadow import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnModel:
    """A site with a model of its own; `previous` is what it would go back to, `SHARED` what all the others use."""

    site: SiteId
    name: str
    version: str
    previous: str | None

    @property
    def goes_back_to_all(self) -> bool:
        """Whether going back means to use what all sites use."""
        return self.previous == SHARED


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A trial, the site that it is for (None: all without their own), and in words how it stands."""

    found: Comparison
    site: str | None
    says: str

    @property
    def lasts(self) -> bool:
        """Whether it goes on."""
        return self.found.run.ended is None


def own_models(services: Services, person: Person) -> list[OwnModel]:
    """Return the sites with a model of their own that a person may see, by name."""
    found = []
    for site, scorer in services.site_scorers.items():
        known = services.directory.sites.get(site)
        if known is None or not person.may_see(site) or scorer.version is None:
            continue
        try:
            previous = registry.previous_version(services.models_folder, site)
        except ModelRefused:
            previous = None  # The reason stands on the page already.
        found.append(OwnModel(site=site, name=known.name, version=scorer.version, previous=previous))
    return sorted(found, key=lambda one: one.name.casefold())


def trials_of(services: Services, person: Person, comparisons: Sequence[Comparison]) -> list[Trial]:
    """Return the trials that a person may see: those of a site, and for who sees every site those of all."""
    found = []
    for one in comparisons:
        scope = one.run.scope
        if not (person.administers_all if scope is None else person.may_see(scope)):
            continue
        site = None if scope is None else services.directory.sites.get(scope)
        found.append(Trial(found=one, site=site.name if site else scope, says=_says(one)))
    return found


def _says(one: Comparison) -> str:
    """Return how a trial stands or how it ended, and why."""
    share, most = f"{(one.share or 0.0) * 100:.1f} %", f"{MOST_FLIPS * 100:.0f} %"
    match one.run.ending:
        case None if one.run.promotes:
            return gettext("It is put to use when it has met enough comments and changes few verdicts.")
        case None:
            return gettext("It changes no answer; nobody waits for it.")
        case Ending.PROMOTED:
            return gettext("It stood the trial and was put to use: %(share)s of verdicts are others.") % {
                "share": share
            }
        case Ending.KEPT_BACK:
            return gettext(
                "It was not put to use: %(share)s of verdicts would be others, and at most %(most)s may."
            ) % {
                "share": share,
                "most": most,
            }
        case Ending.REFUSED:
            return gettext("It stood the trial, but failed a check when it was to be put to use.")
        case Ending.ACTIVATED:
            return gettext("Somebody put it to use before the trial was over.")
        case Ending.OVERTAKEN:
            return gettext("The trial ended because another model came into use than the one it was compared with.")
        case Ending.STOPPED:
            return gettext("Somebody ended the trial.")
