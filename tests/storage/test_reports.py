"""Readers' reports, their answer, and what stays of them after an erasure."""

import pytest

from moderator.domain.ids import CaseId, CommentId, ReportId
from moderator.domain.review import ReasonCode
from moderator.storage import reports
from moderator.storage.database import Connection
from moderator.storage.reports import Report
from tests.builders import A_SITE, NOON
from tests.storage.rows import add_comment, later

pytestmark = pytest.mark.anyio


def a_report(report_id: str, comment_id: CommentId, *, is_muted: bool = False) -> Report:
    return Report(
        id=ReportId(report_id),
        site_id=A_SITE,
        comment_id=comment_id,
        reason=ReasonCode.INSULT,
        note="He calls me “scum”.",
        is_muted=is_muted,
        case_id=CaseId("case-1"),
        created_at=NOON,
    )


async def test_reports_come_back_oldest_first(connection: Connection) -> None:
    comment, other = await add_comment(connection), await add_comment(connection)
    bare = Report(
        id=ReportId("report-2"),
        site_id=A_SITE,
        comment_id=comment.id,
        reason=None,
        note=None,
        is_muted=True,
        case_id=None,
        created_at=later(minutes=1),
    )
    for report in (bare, a_report("report-1", comment.id), a_report("report-3", other.id)):
        await reports.add(connection, report)
    assert await reports.for_comment(connection, comment.id) == [a_report("report-1", comment.id), bare]


async def test_a_decision_answers_what_was_open_and_nothing_twice(connection: Connection) -> None:
    comment, other = await add_comment(connection), await add_comment(connection)
    await reports.add(connection, a_report("report-1", comment.id))
    await reports.add(connection, a_report("report-x", other.id))
    await reports.answer(connection, comment.id, decision_id="decision-1", now=NOON)
    await reports.add(connection, a_report("report-2", comment.id))
    await reports.answer(connection, comment.id, decision_id="decision-2", now=NOON)
    rows = await connection.all("SELECT id, decision_id FROM reports ORDER BY id")
    assert [(row["id"], row["decision_id"]) for row in rows] == [
        ("report-1", "decision-1"),
        ("report-2", "decision-2"),
        ("report-x", None),
    ]


async def test_erasing_blanks_what_readers_wrote_about_one_comment(connection: Connection) -> None:
    comment, other = await add_comment(connection), await add_comment(connection)
    for report in (a_report("report-1", comment.id), a_report("report-2", other.id)):
        await reports.add(connection, report)
    await connection.execute("UPDATE reports SET reporter_name = 'Carla', reporter_email = 'carla@example.org'")
    await reports.erase_notes(connection, comment.id, NOON)
    (erased,) = await reports.for_comment(connection, comment.id)
    (kept,) = await reports.for_comment(connection, other.id)
    assert (erased.note, erased.reason) == (None, ReasonCode.INSULT)
    assert kept.note == "He calls me “scum”."
    names = await connection.all("SELECT reporter_name, reporter_email FROM reports ORDER BY id")
    assert [tuple(dict(row).values()) for row in names] == [(None, None), ("Carla", "carla@example.org")]
