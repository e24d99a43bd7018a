-- What a company lets out under an agreement (agreement 0: under every one without rules of its own). A version counts once a second
-- person has approved it.
CREATE TABLE sharing_rules (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL REFERENCES companies (id),
    agreement BIGINT NOT NULL,
    rules TEXT NOT NULL,
    ceiling TEXT NOT NULL,
    reason BLOB NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    approved_by TEXT,
    approved_at BIGINT,
    effective_from BIGINT NOT NULL
);
CREATE INDEX sharing_rules_by_company ON sharing_rules (company, agreement);

-- How far each side lets its part of a case travel, and a lower label that waits for a second person.
CREATE TABLE case_labels (
    case_id BIGINT NOT NULL,
    company BIGINT NOT NULL,
    label TEXT NOT NULL,
    wanted TEXT,
    wanted_by TEXT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (case_id, company)
) WITHOUT ROWID;

-- Contents, by digest, that a second person has looked at and let pass.
CREATE TABLE content_reviews (
    case_id BIGINT NOT NULL,
    company BIGINT NOT NULL,
    digest BLOB NOT NULL,
    reviewed_by TEXT NOT NULL,
    reviewed_at BIGINT NOT NULL,
    PRIMARY KEY (case_id, company, digest, reviewed_by)
) WITHOUT ROWID;
