-- The first key in depth: kinds of agreements and their members, texts by digest, announced changes, keys that signatories sign with.

ALTER TABLE agreements ADD COLUMN kind TEXT NOT NULL DEFAULT 'bilateral';
ALTER TABLE agreements ADD COLUMN hub BIGINT NOT NULL DEFAULT 0;
ALTER TABLE agreements ADD COLUMN transfer_basis TEXT NOT NULL DEFAULT 'none_needed';
ALTER TABLE agreements ADD COLUMN label_ceiling TEXT NOT NULL DEFAULT '';
ALTER TABLE agreements ADD COLUMN acknowledge BIGINT NOT NULL DEFAULT 0;
ALTER TABLE agreements ADD COLUMN supersedes BIGINT NOT NULL DEFAULT 0;

ALTER TABLE agreement_parties ADD COLUMN role TEXT NOT NULL DEFAULT 'controller';
ALTER TABLE agreement_parties ADD COLUMN left_at BIGINT;
ALTER TABLE agreement_parties ADD COLUMN signed_digest TEXT NOT NULL DEFAULT '';
ALTER TABLE agreement_parties ADD COLUMN signed_text BLOB;

-- Named by the SHA-256 of their bytes. Without `body` the text lies elsewhere and only its name is known here.
CREATE TABLE agreement_texts (
    digest TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    version TEXT NOT NULL,
    body TEXT,
    company BIGINT NOT NULL,
    added_by TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- What was announced to the parties, and from when it holds. Never applied before it was announced.
CREATE TABLE agreement_changes (
    agreement BIGINT NOT NULL REFERENCES agreements (id),
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    company BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    reason BLOB,
    announced_at BIGINT NOT NULL,
    effective_at BIGINT NOT NULL,
    needs_acknowledgement BIGINT NOT NULL,
    applied_at BIGINT,
    PRIMARY KEY (agreement, position)
);
CREATE INDEX agreement_changes_waiting ON agreement_changes (effective_at) WHERE applied_at IS NULL;

CREATE TABLE agreement_acknowledgements (
    agreement BIGINT NOT NULL,
    position BIGINT NOT NULL,
    company BIGINT NOT NULL,
    at BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    PRIMARY KEY (agreement, position, company)
);

CREATE TABLE company_keys (
    company BIGINT NOT NULL REFERENCES companies (id),
    kid TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    public_key BLOB NOT NULL,
    proposed_by TEXT NOT NULL,
    confirmed_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (company, kid)
);
