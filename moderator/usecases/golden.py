"""The golden set that administrators keep: add, remove, and how the model in use judges it."""

from collections.abc import Sequence
from dataclasses import dataclass

import anyio.to_thread

from moderator.domain.errors import Conflict, Fault, InvalidInput, NotFound
from moderator.domain.events import AuditAction
from moderator.domain.golden import MAX_EXAMPLES, GoldenExample, Wanted, check_example, is_held
from moderator.domain.ids import ExampleId, SiteId
from moderator.domain.policy import Policy
from moderator.services import Services
from moderator.storage import golden
from moderator.storage.audit import Actor
from moderator.usecases.acts import audit_act


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An example and whether the model in use holds it; None without a model."""

    example: GoldenExample
    is_held: bool | None

    @property
    def is_right(self) -> bool | None:
        """Whether that is what must become of it."""
        return None if self.is_held is None else self.example.is_right(is_held=self.is_held)


async def add_example(
    services: Services, actor: Actor, text: str, wanted: Wanted, *, site_id: SiteId | None
) -> GoldenExample:
    """Add a sentence, for one site or for every site. The same sentence again is the one that is there.

    Raises:
        NotFound: no such site.
        InvalidInput: the text is blank or too long, or there are as many examples as there may be.
        Conflict: the same sentence stands there, and the opposite is wanted of it.
    """
    check_example(text)
    if site_id is not None:
        services.site(site_id)
    example = GoldenExample(
        id=ExampleId(services.ids.new()),
        site_id=site_id,
        text=text.strip(),
        wanted=wanted,
        added_at=services.now(),
        added_by=actor.id,
    )
    async with services.database.transaction() as connection:
        known = await golden.find_text(connection, site_id, example.text)
        if known is not None and known.wanted is wanted:
            return known
        if known is not None:
            raise Conflict("The opposite is wanted of this very sentence: remove it first.")
        if await golden.count(connection, site_id) >= MAX_EXAMPLES:
            raise InvalidInput(Fault(pointer="/text", detail=f"there are {MAX_EXAMPLES} examples, and no more may be"))
        await golden.add(connection, example)
        await audit_act(
            services, connection, actor, AuditAction.EXAMPLE_ADDED, "golden_example", example.id, site_id, wanted=wanted
        )
    return example


async def remove_example(services: Services, actor: Actor, example_id: ExampleId) -> None:
    """Forget an example. Raises NotFound."""
    async with services.database.transaction() as connection:
        example = await golden.find(connection, example_id)
        if example is None:
            raise NotFound("There is no such example.")
        await golden.remove(connection, example_id)
        await audit_act(
            services, connection, actor, AuditAction.EXAMPLE_REMOVED, "golden_example", example_id, example.site_id,
            wanted=example.wanted,
        )  # fmt: skip


async def try_examples(services: Services, examples: Sequence[GoldenExample]) -> list[Tried]:
    """Return how the model in use judges examples: a site's by that site's thresholds, others by the usual ones.

    In a thread: some hundred examples take a tenth of a second.
    """
    if services.scorer.version is None:
        return [Tried(example=one, is_held=None) for one in examples]
    model = services.scorer.model
    usual = Policy(version=1)
    usual = model.complete(usual) if model else usual
    policies = {one.site_id: services.policy_for(one.site_id) if one.site_id else usual for one in examples}
    found = await anyio.to_thread.run_sync(services.scorer.scores_many, [one.text for one in examples])
    return [
        Tried(example=one, is_held=is_held(scores, policies[one.site_id].thresholds))
        for one, scores in zip(examples, found, strict=True)
    ]
