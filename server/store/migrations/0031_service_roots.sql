-- Which service roots this log knows, by a name that tells nothing of them.
CREATE TABLE service_roots (
    name TEXT PRIMARY KEY,
    made_at BIGINT NOT NULL
);
