-- Searching comments (docs/decisions/0019). The index keeps words and where they stand, and no second copy of a text. A row of
-- comments has no number that outlives VACUUM, so that search_places gives it one. A pass beside the service fills both.
CREATE TABLE search_places (
    number INTEGER PRIMARY KEY,
    comment_id TEXT NOT NULL UNIQUE REFERENCES comments (id)
);
CREATE VIRTUAL TABLE search USING fts5 (text, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 0');

-- How many erasures the index has seen, at which of them the merge under way began, and up to which nothing is left.
CREATE TABLE search_merges (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    erased BIGINT NOT NULL,
    merging BIGINT NOT NULL,
    merged BIGINT NOT NULL
);
INSERT INTO search_merges (id, erased, merging, merged) VALUES (1, 0, 0, 0);

CREATE INDEX comments_article ON comments (site_id, article_url, id) WHERE article_url IS NOT NULL;
