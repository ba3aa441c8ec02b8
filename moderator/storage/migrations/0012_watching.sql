-- What was watched of each site on each day (UTC; days since 1970), in numbers alone: how many comments scored and were
-- as long as what, how many of them had which hashed column. No text can be read out of it. figures says what the day
-- was held against and how far from it; state whether that was quiet, watch, alarm, or waiting for more comments.
CREATE TABLE watch_days (
    site_id TEXT NOT NULL REFERENCES sites (id),
    day BIGINT NOT NULL,
    comments BIGINT NOT NULL,
    held BIGINT NOT NULL,
    ruled BIGINT NOT NULL,
    overturned BIGINT NOT NULL,
    model TEXT,
    histograms TEXT NOT NULL,
    lengths TEXT NOT NULL,
    words TEXT NOT NULL,
    figures TEXT NOT NULL DEFAULT '[]',
    state TEXT NOT NULL CHECK (state IN ('waiting', 'quiet', 'watch', 'alarm')),
    watched_ms BIGINT NOT NULL,
    PRIMARY KEY (site_id, day)
);

-- What a site's automatic approvals and rejections rest on. Of each there is one row from the first pass on.
-- accepted_day is the first day that counts: what was before an alarm that somebody has looked at says nothing of now.
CREATE TABLE certificates (
    site_id TEXT NOT NULL REFERENCES sites (id),
    action TEXT NOT NULL CHECK (action IN ('approve', 'reject')),
    state TEXT NOT NULL CHECK (state IN ('none', 'valid', 'expired', 'suspended')),
    bound DOUBLE PRECISION NOT NULL,
    audited BIGINT NOT NULL,
    needed BIGINT,
    earned_ms BIGINT,
    expires_ms BIGINT,
    suspended_ms BIGINT,
    alarm_day BIGINT,
    accepted_day BIGINT,
    why TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (site_id, action)
);

-- What only one worker may do at a time; whoever holds it and dies loses it by itself.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until_ms BIGINT NOT NULL
);
