-- The life of a case: who had the move, what time does to it, how soon its receiver wants to act, what it belongs to. Nothing here is
-- personal data or text that a person wrote about a case.

ALTER TABLE cases ADD COLUMN reminder_sent BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN feedback_requested BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN proactive TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN content_removed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN department BIGINT NOT NULL DEFAULT 0;

-- What is counted beside the intervals, as the canonical JSON of protocol/case_life.
CREATE TABLE case_life (
    case_id BIGINT PRIMARY KEY REFERENCES cases (id),
    facts TEXT NOT NULL
);

CREATE TABLE case_intervals (
    case_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    owner TEXT NOT NULL,
    work TEXT NOT NULL,
    reason TEXT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT,
    paused_by TEXT NOT NULL,
    until_at BIGINT,
    contested BIGINT NOT NULL,
    PRIMARY KEY (case_id, position)
) WITHOUT ROWID;

-- One row a case and kind. Armed while due_at is set; firing is a compare-and-set on it.
CREATE TABLE timers (
    case_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    due_at BIGINT,
    fired BIGINT NOT NULL,
    fired_at BIGINT,
    PRIMARY KEY (case_id, kind)
) WITHOUT ROWID;
CREATE INDEX timers_by_due ON timers (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE calendars (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL REFERENCES companies (id),
    name TEXT NOT NULL,
    zone TEXT NOT NULL,
    week TEXT NOT NULL,
    holidays TEXT NOT NULL,
    UNIQUE (company, name)
);

CREATE TABLE service_targets (
    company BIGINT NOT NULL REFERENCES companies (id),
    severity BIGINT NOT NULL,
    response_minutes BIGINT NOT NULL,
    resolution_minutes BIGINT NOT NULL,
    calendar BIGINT NOT NULL,
    PRIMARY KEY (company, severity)
);

-- Both directions are rows.
CREATE TABLE case_links (
    case_id BIGINT NOT NULL REFERENCES cases (id),
    other BIGINT NOT NULL REFERENCES cases (id),
    kind TEXT NOT NULL,
    company BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (case_id, other, kind)
);
