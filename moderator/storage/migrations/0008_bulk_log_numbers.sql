-- Cases decided together: who pressed, what was chosen, and which decisions it made, so that all can be taken back.
-- asked is how many cases were shown and not left out; moved of them had moved on when their turn came.
CREATE TABLE batches (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    person_id TEXT NOT NULL REFERENCES people (id),
    action TEXT NOT NULL CHECK (action IN ('approve', 'reject')),
    reason TEXT,
    site_reason TEXT,
    selection TEXT NOT NULL,
    asked BIGINT NOT NULL,
    moved BIGINT NOT NULL DEFAULT 0,
    created_ms BIGINT NOT NULL
);
CREATE TABLE batch_decisions (
    batch_id TEXT NOT NULL REFERENCES batches (id),
    decision_id TEXT NOT NULL REFERENCES decisions (id),
    PRIMARY KEY (batch_id, decision_id)
);

-- The log is looked through by who, what and when. Nothing asked for a subject together with its kind.
DROP INDEX audit_subject;
CREATE INDEX audit_subject ON audit (subject_id, seq);
CREATE INDEX audit_actor ON audit (actor_id, seq) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_action ON audit (action, seq);
CREATE INDEX audit_time ON audit (at_ms, seq);

-- What the numbers page counts, so that it reads no text on the way; and what ended a moment ago, which pages are told.
CREATE INDEX comments_volume ON comments (site_id, verdict, received_ms);
CREATE INDEX cases_closed ON cases (closed_ms, site_id, opened_ms, state) WHERE closed_ms IS NOT NULL;

-- Taking a decision back asks for the weight of the comment's earlier cases: without it, by reading all cases.
CREATE INDEX cases_by_comment ON cases (comment_id);
