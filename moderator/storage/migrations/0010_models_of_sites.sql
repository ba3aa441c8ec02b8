-- Trials: a version that scores what comes in beside the one in use (against). scope is a site's id, empty for all that
-- have no version of their own. dropped counts comments that it had no time for. ending is absent while it lasts.
CREATE TABLE shadows (
    scope TEXT NOT NULL,
    version TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    against TEXT NOT NULL,
    promotes BIGINT NOT NULL,
    dropped BIGINT NOT NULL DEFAULT 0,
    ended_ms BIGINT,
    ending TEXT,
    PRIMARY KEY (scope, version, started_ms)
);

-- How many comments of a day had one verdict and would have had the other.
CREATE TABLE shadow_verdicts (
    scope TEXT NOT NULL,
    version TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    day TEXT NOT NULL,
    before TEXT NOT NULL CHECK (before IN ('approve', 'hold', 'reject')),
    after TEXT NOT NULL CHECK (after IN ('approve', 'hold', 'reject')),
    number BIGINT NOT NULL,
    PRIMARY KEY (scope, version, started_ms, day, before, after)
);

-- By how much a label's scores moved: the sum of differences, of their sizes, and the largest size.
CREATE TABLE shadow_scores (
    scope TEXT NOT NULL,
    version TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    label TEXT NOT NULL,
    number BIGINT NOT NULL,
    moved DOUBLE PRECISION NOT NULL,
    moved_size DOUBLE PRECISION NOT NULL,
    largest DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (scope, version, started_ms, label)
);

-- The first comments with another verdict, by id alone, for people to look at.
CREATE TABLE shadow_flips (
    scope TEXT NOT NULL,
    version TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    comment_id TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    PRIMARY KEY (scope, version, started_ms, comment_id)
);
