-- Near-duplicates (docs/decisions/0012). What is kept of a text while a site's window lasts: texts that share one of the
-- keys are worth comparing, the sketch says how alike they are. campaign is the first comment of those that are alike.
CREATE TABLE signatures (
    comment_id TEXT PRIMARY KEY REFERENCES comments (id),
    campaign TEXT NOT NULL,
    sketch TEXT NOT NULL,
    key_1 BIGINT NOT NULL,
    key_2 BIGINT NOT NULL,
    key_3 BIGINT NOT NULL,
    received_ms BIGINT NOT NULL
);
CREATE INDEX signatures_key_1 ON signatures (key_1, received_ms);
CREATE INDEX signatures_key_2 ON signatures (key_2, received_ms);
CREATE INDEX signatures_key_3 ON signatures (key_3, received_ms);
CREATE INDEX signatures_campaign ON signatures (campaign, received_ms);
CREATE INDEX signatures_age ON signatures (received_ms);

ALTER TABLE cases ADD COLUMN campaign TEXT;
CREATE INDEX cases_campaign ON cases (campaign) WHERE state = 'open' AND campaign IS NOT NULL;
