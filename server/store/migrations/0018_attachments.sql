-- Attachments: where companies take files, and what became of files that were forwarded. Addresses, passwords, names, descriptions and
-- digests are sealed; a file itself lies in the spool under a key of its own, which is sealed here under the case's key and taken away
-- when both sides answered, or after 24 hours.

-- `case_id` 0: the company's default; otherwise its choice for that case.
CREATE TABLE attachment_targets (
    company BIGINT NOT NULL REFERENCES companies (id),
    case_id BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL,
    settings BLOB NOT NULL,
    PRIMARY KEY (company, case_id)
);

CREATE TABLE attachment_options (
    company BIGINT PRIMARY KEY REFERENCES companies (id),
    max_bytes BIGINT NOT NULL,
    history BIGINT NOT NULL,
    note BIGINT NOT NULL
);

CREATE TABLE attachments (
    id BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    company BIGINT NOT NULL,
    author TEXT NOT NULL,
    upload BIGINT NOT NULL,
    position BIGINT NOT NULL,
    state TEXT NOT NULL,
    open BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    reason TEXT NOT NULL,
    submitter_status TEXT NOT NULL,
    receiver_status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    spool TEXT NOT NULL,
    spool_key BLOB,
    words BLOB
);
CREATE INDEX attachments_by_case ON attachments (case_id, created_at);
CREATE INDEX attachments_open ON attachments (created_at) WHERE open = 1;
CREATE INDEX attachments_finished ON attachments (finished_at) WHERE open = 0;
