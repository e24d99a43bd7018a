-- Names under which the log went on after it was put back to an earlier state on purpose. Before the first of them: the configured one.

CREATE TABLE audit_origin (
    since BIGINT PRIMARY KEY,
    origin TEXT NOT NULL
);
