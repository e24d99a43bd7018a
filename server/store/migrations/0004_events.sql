-- Events: what happened to a case, one row for each company that is told. Written by the appender of the audit log together with the
-- record that announces them; `idx` is that record's index and `seq` the order within it. Ids, names and times only.

CREATE TABLE events (
    company BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    case_id BIGINT NOT NULL,
    side TEXT NOT NULL,
    partner BIGINT NOT NULL,
    actor BIGINT NOT NULL,
    subject_type TEXT NOT NULL,
    subject BIGINT NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (company, idx, seq)
) WITHOUT ROWID;
CREATE INDEX events_by_position ON events (idx, seq);
