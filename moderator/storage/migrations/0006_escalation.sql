-- A case that somebody passed on to a senior colleague: when, by whom, and what they said about it. The note may quote
-- the comment and is erased with it.
ALTER TABLE cases ADD COLUMN escalated_ms BIGINT;
ALTER TABLE cases ADD COLUMN escalated_by TEXT;
ALTER TABLE cases ADD COLUMN escalation_note TEXT;

-- The site's own name for the reason, where it has its own list. The digest covers it where it is given, so that the
-- digests of older rows stay what they are.
ALTER TABLE decisions ADD COLUMN site_reason TEXT;
