-- The first schema. Written once for SQLite and PostgreSQL: text ids that sort by time, milliseconds UTC in *_ms,
-- booleans as 0/1, JSON as text. Law first (docs/decisions/0006): a decision keeps who and what detected and decided,
-- on which ground, with which policy and model; notices, appeals and statements have their rows from the beginning.

CREATE TABLE sites (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    settings TEXT NOT NULL DEFAULT '{}',
    created_ms BIGINT NOT NULL
);

CREATE TABLE site_keys (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    kind TEXT NOT NULL CHECK (kind IN ('site', 'public', 'akismet')),
    prefix TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    origins TEXT NOT NULL DEFAULT '[]',
    created_ms BIGINT NOT NULL,
    revoked_ms BIGINT
);

CREATE TABLE people (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    sites TEXT NOT NULL DEFAULT '[]',
    password_hash TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    disabled_ms BIGINT
);

CREATE TABLE person_tokens (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    prefix TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    created_ms BIGINT NOT NULL,
    revoked_ms BIGINT
);

CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    csrf TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    ended_ms BIGINT
);

CREATE TABLE policies (
    site_id TEXT NOT NULL REFERENCES sites (id),
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    note TEXT,
    created_by TEXT,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (site_id, version)
);

-- The text and its author as received, beside the verdict of the first minute. status follows the newest decision.
-- author_network is the address without its host part; the address itself is never stored.
CREATE TABLE comments (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    external_id TEXT,
    fingerprint TEXT,
    text TEXT NOT NULL,
    text_hash TEXT,
    lang TEXT,
    article_url TEXT,
    article_title TEXT,
    article_section TEXT,
    parent_id TEXT,
    author_key TEXT,
    author_id TEXT,
    author_name TEXT,
    author_email TEXT,
    author_url TEXT,
    author_network TEXT,
    posted_ms BIGINT,
    received_ms BIGINT NOT NULL,
    status TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reasons TEXT NOT NULL DEFAULT '[]',
    spans TEXT NOT NULL DEFAULT '[]',
    signals TEXT NOT NULL DEFAULT '[]',
    score_toxic DOUBLE PRECISION,
    score_severe_toxic DOUBLE PRECISION,
    score_obscene DOUBLE PRECISION,
    score_threat DOUBLE PRECISION,
    score_insult DOUBLE PRECISION,
    score_identity_attack DOUBLE PRECISION,
    score_sexual_explicit DOUBLE PRECISION,
    score_spam DOUBLE PRECISION,
    model_version TEXT,
    policy_version BIGINT NOT NULL,
    case_id TEXT,
    erased_ms BIGINT
);
CREATE UNIQUE INDEX comments_external ON comments (site_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX comments_author ON comments (site_id, author_key, received_ms) WHERE author_key IS NOT NULL;
CREATE INDEX comments_text ON comments (site_id, text_hash, received_ms) WHERE text_hash IS NOT NULL;

-- weight is severity × confidence, 0 to 1. generation only grows: claim, release, expiry. barred_person_id may not
-- decide this case: an appeal is not heard by the one who decided first.
CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    comment_id TEXT NOT NULL REFERENCES comments (id),
    cause TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'withdrawn')),
    weight DOUBLE PRECISION NOT NULL,
    generation BIGINT NOT NULL DEFAULT 0,
    holder TEXT REFERENCES people (id),
    expires_ms BIGINT,
    barred_person_id TEXT,
    opened_ms BIGINT NOT NULL,
    closed_ms BIGINT
);
CREATE UNIQUE INDEX cases_open ON cases (comment_id) WHERE state = 'open';
CREATE INDEX cases_queue ON cases (opened_ms, id) WHERE state = 'open';
CREATE INDEX cases_claimed ON cases (expires_ms) WHERE state = 'open' AND holder IS NOT NULL;

-- Append-only. digest covers the row, so that a flipped bit or an edited row is found by `moderator verify`.
CREATE TABLE decisions (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    comment_id TEXT NOT NULL REFERENCES comments (id),
    case_id TEXT,
    source TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('approve', 'hold', 'reject')),
    person_id TEXT,
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
    digest TEXT NOT NULL
);
CREATE INDEX decisions_comment ON decisions (comment_id, id);
CREATE INDEX decisions_people ON decisions (site_id, decided_ms) WHERE source = 'moderator';

-- Readers' reports and formal notices (DSA, Art. 16). claims_illegal is the notifier's own word, apart from the reason.
CREATE TABLE reports (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    comment_id TEXT NOT NULL REFERENCES comments (id),
    kind TEXT NOT NULL DEFAULT 'report' CHECK (kind IN ('report', 'notice')),
    reason TEXT,
    note TEXT,
    reporter_name TEXT,
    reporter_email TEXT,
    claims_illegal BIGINT NOT NULL DEFAULT 0,
    legal_reference TEXT,
    good_faith BIGINT NOT NULL DEFAULT 0,
    muted BIGINT NOT NULL DEFAULT 0,
    case_id TEXT,
    decision_id TEXT,
    created_ms BIGINT NOT NULL,
    answered_ms BIGINT,
    erased_ms BIGINT
);
CREATE INDEX reports_comment ON reports (comment_id, id);

-- The author's complaint against a decision (DSA, Art. 20).
CREATE TABLE appeals (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    comment_id TEXT NOT NULL REFERENCES comments (id),
    decision_id TEXT NOT NULL REFERENCES decisions (id),
    text TEXT NOT NULL,
    contact TEXT,
    case_id TEXT,
    outcome_decision_id TEXT,
    created_ms BIGINT NOT NULL,
    closed_ms BIGINT,
    erased_ms BIGINT
);
CREATE INDEX appeals_comment ON appeals (comment_id, id);

-- Statements of reasons (DSA, Art. 17 and 24(5)); the id is the puid, unique for ever.
CREATE TABLE statements (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    comment_id TEXT NOT NULL REFERENCES comments (id),
    decision_id TEXT NOT NULL REFERENCES decisions (id),
    body TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    told_ms BIGINT,
    exported_ms BIGINT
);
CREATE INDEX statements_decision ON statements (decision_id);

-- What was erased, when and why, without what it was (GDPR, Art. 17).
CREATE TABLE erasures (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    comment_id TEXT,
    cause TEXT NOT NULL,
    requested_by TEXT,
    comments BIGINT NOT NULL,
    erased_ms BIGINT NOT NULL
);

-- Which request an idempotency key stands for; the scope keeps callers apart.
CREATE TABLE idempotency (
    site_id TEXT NOT NULL REFERENCES sites (id),
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    comment_id TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (site_id, key)
);
CREATE INDEX idempotency_age ON idempotency (created_ms);

-- The hash chain of people's and operators' acts. audit_head is its end: a missing tail shows.
CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    site_id TEXT,
    detail TEXT NOT NULL DEFAULT '{}',
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_subject ON audit (subject_kind, subject_id);

CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');

CREATE TABLE endpoints (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    url TEXT NOT NULL,
    secrets TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    disabled_ms BIGINT,
    disabled_reason TEXT
);

-- The outbox: events committed with the change they tell of, and one delivery for each endpoint.
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    comment_id TEXT,
    sequence BIGINT NOT NULL,
    name TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_ms BIGINT NOT NULL
);
CREATE INDEX events_comment ON events (comment_id, sequence);

CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL REFERENCES events (id),
    endpoint_id TEXT NOT NULL REFERENCES endpoints (id),
    attempts BIGINT NOT NULL DEFAULT 0,
    next_attempt_ms BIGINT,
    last_status BIGINT,
    last_error TEXT,
    delivered_ms BIGINT,
    abandoned_ms BIGINT
);
CREATE INDEX deliveries_due ON deliveries (next_attempt_ms) WHERE next_attempt_ms IS NOT NULL;

-- A number that grows when sites, keys, people or policies change, so that caches know.
CREATE TABLE revisions (
    name TEXT PRIMARY KEY,
    number BIGINT NOT NULL
);
INSERT INTO revisions (name, number) VALUES ('directory', 1);
