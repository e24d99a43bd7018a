-- Rows that decide who may do what: for each the digest of its content and the entry of the log that told it. A page of the file
-- that somebody puts back opens like any other, but no longer says what the log says.
CREATE TABLE critical_rows (
    kind TEXT NOT NULL,
    id BIGINT NOT NULL,
    digest BLOB NOT NULL,
    idx BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;

-- Changed in the running batch and not told yet; empty between batches.
CREATE TABLE critical_dirty (
    kind TEXT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;

-- Whether every row of an earlier version was told once.
CREATE TABLE critical_state (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    seeded BIGINT NOT NULL
);
INSERT INTO critical_state (id, seeded) VALUES (1, 0);
