-- Answers to the one question after a case, one of a side, beside the life that holds them too: for counting over many cases. And
-- links that ask a customer for it, which belong to a case.

CREATE TABLE case_feedback (
    case_id BIGINT NOT NULL REFERENCES cases (id),
    given_by TEXT NOT NULL,
    score BIGINT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (case_id, given_by)
) WITHOUT ROWID;
CREATE INDEX case_feedback_by_time ON case_feedback (at);

ALTER TABLE customer_links ADD COLUMN case_id BIGINT NOT NULL DEFAULT 0;
