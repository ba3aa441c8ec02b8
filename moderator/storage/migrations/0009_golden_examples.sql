-- What every model version must get right, in a site's own words. Without a site an example is for all of them.
-- digest is the SHA-256 of the text: an index of texts would be as large as the texts, and PostgreSQL's has a limit.
CREATE TABLE golden_examples (
    id TEXT PRIMARY KEY,
    site_id TEXT REFERENCES sites (id),
    text TEXT NOT NULL,
    digest TEXT NOT NULL,
    wanted TEXT NOT NULL CHECK (wanted IN ('allow', 'block')),
    added_by TEXT,
    added_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX golden_examples_digest ON golden_examples (COALESCE(site_id, ''), digest);
