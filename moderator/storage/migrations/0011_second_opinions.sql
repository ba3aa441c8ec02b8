-- Second opinions: some decisions are looked at by another person, who does not see the first one. What that person says
-- decides nothing by itself and stands apart from the decisions, so that the newest of those holds as before.

-- Which case asks for a second opinion on which decision, by whom, and how likely it was to be drawn; contrary: it was
-- asked for because the decision contradicts a sure score.
CREATE TABLE second_reviews (
    case_id TEXT PRIMARY KEY REFERENCES cases (id),
    site_id TEXT NOT NULL REFERENCES sites (id),
    comment_id TEXT NOT NULL REFERENCES comments (id),
    decision_id TEXT NOT NULL REFERENCES decisions (id),
    person_id TEXT NOT NULL,
    contrary BIGINT NOT NULL,
    probability DOUBLE PRECISION NOT NULL,
    opened_ms BIGINT NOT NULL
);
CREATE INDEX second_reviews_contrary ON second_reviews (site_id, opened_ms) WHERE contrary = 1;

-- The columns of a decision, in the same order, and the decision that it is about. Append-only: a hold takes back the
-- opinion that it names.
CREATE TABLE opinions (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    comment_id TEXT NOT NULL REFERENCES comments (id),
    case_id TEXT,
    source TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('approve', 'hold', 'reject')),
    person_id TEXT NOT NULL,
    reason TEXT,
    note TEXT,
    ground TEXT CHECK (ground IN ('terms', 'law')),
    ground_reference TEXT,
    detection TEXT NOT NULL,
    automation TEXT NOT NULL,
    policy_version BIGINT,
    model_version TEXT,
    undoes TEXT,
    inclusion_probability DOUBLE PRECISION,
    decided_ms BIGINT NOT NULL,
    site_reason TEXT,
    about_id TEXT NOT NULL REFERENCES decisions (id),
    digest TEXT NOT NULL
);
CREATE INDEX opinions_comment ON opinions (comment_id, id);
CREATE INDEX opinions_site ON opinions (site_id, decided_ms);
CREATE INDEX opinions_undone ON opinions (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX opinions_case ON opinions (case_id);

-- Where two disagree, neither of them settles it.
ALTER TABLE cases ADD COLUMN also_barred_id TEXT;
DROP INDEX cases_waiting;
CREATE INDEX cases_waiting ON cases (
    site_id, section, label, cause, lang, opened_ms, weight, id, comment_id, holder, expires_ms, barred_person_id,
    also_barred_id, escalated_ms, escalated_by, state
) WHERE state = 'open';
