-- What came to a site, by time: the workbench reads the newest, and the numbers page counts days without reading a row.
-- The index before it began with the verdict, and SQLite sorted a site's whole history by it for the newest two thousand.
DROP INDEX comments_volume;
CREATE INDEX comments_came ON comments (site_id, received_ms, verdict);
