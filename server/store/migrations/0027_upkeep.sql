-- When slow work of the gateway itself was last done, so that a restart neither forgets it nor begins it anew.
CREATE TABLE upkeep_times (
    name TEXT PRIMARY KEY,
    at BIGINT NOT NULL
) WITHOUT ROWID;
