-- A case that somebody passed on to a senior colleague: when, by whom, and what they said about it. The note may quote
-- the comment and is erased with it.
ALTER TABLE cases ADD COLUMN escalated_ms BIGINT;
ALTER TABLE cases ADD COLUMN escalated_by TEXT;
ALTER TABLE cases ADD COLUMN escalation_note TEXT;

-- The site's own name for the reason, where it has its own list. The digest covers it where it is given, so that the
-- digests of older rows stay what they are.
ALTER TABLE decisions ADD COLUMN site_reason TEXT;

-- Everything that ordering, claiming and counting look at, in the order of counting: no reader sorts it or goes to the
-- table. state is in it so that SQLite takes it as covering.
CREATE INDEX cases_waiting ON cases (
    site_id, section, label, cause, lang, opened_ms, weight, id, comment_id, holder, expires_ms, barred_person_id,
    escalated_ms, escalated_by, state
) WHERE state = 'open';
