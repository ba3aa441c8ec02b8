-- What people see of their sessions: a name for each that is no secret, the browser, and when it was last there.
-- `device` is the hash of what a browser keeps after it has signed in; a name that strangers guess at stays open to it.
ALTER TABLE sessions ADD COLUMN id TEXT;
ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN seen_ms BIGINT;
ALTER TABLE sessions ADD COLUMN device TEXT;
UPDATE sessions SET id = substr(hash, 1, 26), seen_ms = created_ms;
CREATE UNIQUE INDEX sessions_id ON sessions (id);
CREATE INDEX sessions_person ON sessions (person_id, created_ms);
CREATE INDEX sessions_device ON sessions (device) WHERE device IS NOT NULL;

-- Whom a sign-in provider knows: its issuer and its name for them. They have no password here.
ALTER TABLE people ADD COLUMN subject TEXT;
ALTER TABLE people ADD COLUMN signed_in_ms BIGINT;
UPDATE people SET signed_in_ms = (SELECT MAX(created_ms) FROM sessions WHERE sessions.person_id = people.id);
CREATE UNIQUE INDEX people_subject ON people (subject) WHERE subject IS NOT NULL;

-- Somebody's last decision, and an endpoint's last delivery, without reading all of them.
CREATE INDEX decisions_person ON decisions (person_id, decided_ms) WHERE person_id IS NOT NULL;
CREATE INDEX deliveries_endpoint ON deliveries (endpoint_id, id);
