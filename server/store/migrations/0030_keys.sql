-- Keys that sign or signed the log: what an older one signed is still held against it. idx: the entry that announces it.
CREATE TABLE log_keys (
    number INTEGER PRIMARY KEY,
    public_key BLOB NOT NULL,
    made_at BIGINT NOT NULL,
    idx BIGINT,
    ended_at BIGINT
);

-- The newest heartbeat of the log; the next one names it.
CREATE TABLE audit_pulse (
    id INTEGER PRIMARY KEY,
    idx BIGINT NOT NULL
);

-- Which keys were sealed for whom outside of the gateway, so that a copy which holds a key that has ended can be asked back.
CREATE TABLE key_escrows (
    id INTEGER PRIMARY KEY,
    made_at BIGINT NOT NULL,
    digest BLOB NOT NULL,
    recipients TEXT NOT NULL,
    generations TEXT NOT NULL,
    log_keys TEXT NOT NULL
);
