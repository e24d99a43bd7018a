-- Under which key the blind indexes of this database are, by a name that tells nothing of it. No row: they were never made anew.
CREATE TABLE index_key (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
