-- What the queue is filtered by stands beside the order's own numbers, so that neither sorting nor counting reads a
-- comment. Nothing personal is copied. label is the one with the largest severity × score; a blind case (cause sample)
-- has none, so that nobody finds it by what the machine thinks.
ALTER TABLE cases ADD COLUMN section TEXT;
ALTER TABLE cases ADD COLUMN lang TEXT;
ALTER TABLE cases ADD COLUMN label TEXT;

UPDATE cases SET
    section = (SELECT SUBSTR(comments.article_section, 1, 100) FROM comments WHERE comments.id = cases.comment_id),
    lang = (SELECT comments.lang FROM comments WHERE comments.id = cases.comment_id)
WHERE state = 'open';
UPDATE cases SET label = (
    SELECT found.label FROM (
        SELECT 'threat' AS label, 1.0 * comments.score_threat AS weight FROM comments WHERE comments.id = cases.comment_id
        UNION ALL SELECT 'severe_toxic', 0.9 * comments.score_severe_toxic FROM comments
        WHERE comments.id = cases.comment_id
        UNION ALL SELECT 'identity_attack', 0.8 * comments.score_identity_attack FROM comments
        WHERE comments.id = cases.comment_id
        UNION ALL SELECT 'sexual_explicit', 0.7 * comments.score_sexual_explicit FROM comments
        WHERE comments.id = cases.comment_id
        UNION ALL SELECT 'toxic', 0.5 * comments.score_toxic FROM comments WHERE comments.id = cases.comment_id
        UNION ALL SELECT 'insult', 0.5 * comments.score_insult FROM comments WHERE comments.id = cases.comment_id
        UNION ALL SELECT 'obscene', 0.4 * comments.score_obscene FROM comments WHERE comments.id = cases.comment_id
        UNION ALL SELECT 'spam', 0.3 * comments.score_spam FROM comments WHERE comments.id = cases.comment_id
    ) AS found
    WHERE found.weight > 0 ORDER BY found.weight DESC, found.label LIMIT 1
)
WHERE state = 'open' AND cause <> 'sample';

-- Who holds what: pages that are open are told.
CREATE INDEX cases_held ON cases (holder, expires_ms) WHERE state = 'open' AND holder IS NOT NULL;
