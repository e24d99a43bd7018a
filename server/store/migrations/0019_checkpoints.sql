-- Signed checkpoints: every one of the present and the last hour, then the last of each hour. They follow from the log.

CREATE TABLE audit_checkpoint (
    size BIGINT PRIMARY KEY,
    root BLOB NOT NULL,
    time BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX audit_checkpoint_by_hour ON audit_checkpoint (hour, size);
