-- Labels from outside the console, each with where it comes from and how far it is trusted; 1 is a moderator's decision.
-- A text is kept only where it is nobody's comment here. The newest word of one provenance on one text and label holds.
CREATE TABLE feedback (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    comment_id TEXT REFERENCES comments (id),
    text TEXT,
    text_hash TEXT,
    lang TEXT,
    label TEXT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    provenance TEXT NOT NULL,
    trust DOUBLE PRECISION NOT NULL,
    given_ms BIGINT NOT NULL,
    erased_ms BIGINT,
    CHECK (trust < 1)
);
CREATE UNIQUE INDEX feedback_text ON feedback (site_id, text_hash, label, provenance);
CREATE INDEX feedback_comment ON feedback (comment_id) WHERE comment_id IS NOT NULL;
CREATE INDEX feedback_given ON feedback (site_id, given_ms);

-- A webhook hears of every decision of its site; a callback of the comments that were sent with its address.
ALTER TABLE endpoints ADD COLUMN kind TEXT NOT NULL DEFAULT 'webhook';
CREATE TABLE callbacks (
    comment_id TEXT PRIMARY KEY REFERENCES comments (id),
    endpoint_id TEXT NOT NULL REFERENCES endpoints (id)
);
