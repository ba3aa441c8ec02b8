-- Searching comments (docs/decisions/0019). PostgreSQL's parser makes one word of an address and drops what stands in angle
-- brackets; with blanks for everything between words it finds what SQLite finds. This writes each comment anew, once.
SET LOCAL statement_timeout = 0;
ALTER TABLE comments ADD COLUMN search tsvector GENERATED ALWAYS AS (
    to_tsvector('simple', translate(
        text, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~“”„‟‘’‚‛«»‹›…–—―·•¡¿' || chr(160) || chr(8239), repeat(' ', 55)
    ))
) STORED;
CREATE INDEX comments_search ON comments USING gin (search);

CREATE INDEX comments_article ON comments (site_id, article_url, id) WHERE article_url IS NOT NULL;
