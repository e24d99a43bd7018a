-- What the store and the audit log need by themselves. Spelling: see server/store/migrations.hpp.

CREATE TABLE schema_migration (
    version BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    applied_at BIGINT NOT NULL
);

-- Owner keys, wrapped by the key provider's current generation. An erased one keeps its row without the wrapped bytes.
CREATE TABLE owner_key (
    key_id BLOB PRIMARY KEY,
    uid TEXT NOT NULL,
    generation BIGINT NOT NULL,
    wrapped BLOB NOT NULL,
    destroyed BIGINT NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE UNIQUE INDEX owner_key_in_use ON owner_key (uid) WHERE destroyed = 0;

-- Data keys, wrapped by their owner's key. case_id 0: not of one case.
CREATE TABLE data_key (
    key_id BLOB PRIMARY KEY,
    owner TEXT NOT NULL,
    owner_key BLOB NOT NULL REFERENCES owner_key (key_id),
    case_id BIGINT NOT NULL,
    tag BIGINT NOT NULL,
    wrapped BLOB NOT NULL,
    destroyed BIGINT NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE UNIQUE INDEX data_key_in_use ON data_key (owner, case_id, tag) WHERE destroyed = 0;
CREATE INDEX data_key_by_owner_key ON data_key (owner_key);
CREATE INDEX data_key_by_case ON data_key (case_id) WHERE case_id <> 0;

-- One row a leaf. `sealed` holds the envelopes of its sections, each behind its length (u32), in the order of the leaf. Operation,
-- outcome and reason are for looking things up; they repeat what the core section says and hold nothing personal.
CREATE TABLE audit_entry (
    idx INTEGER PRIMARY KEY,
    event BLOB NOT NULL UNIQUE,
    time BIGINT NOT NULL,
    entry BLOB NOT NULL,
    sealed BLOB NOT NULL,
    operation TEXT NOT NULL,
    outcome BIGINT NOT NULL,
    reason TEXT NOT NULL
);

CREATE TABLE audit_party (
    company BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    PRIMARY KEY (company, idx)
) WITHOUT ROWID;

CREATE TABLE audit_case (
    case_id BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    PRIMARY KEY (case_id, idx)
) WITHOUT ROWID;

-- Full tiles of 256 hashes (C2SP tlog-tiles).
CREATE TABLE audit_tile (
    level BIGINT NOT NULL,
    n BIGINT NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, n)
);

CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    size BIGINT NOT NULL,
    root BLOB NOT NULL,
    frontier BLOB NOT NULL,
    last_time BIGINT NOT NULL
);
