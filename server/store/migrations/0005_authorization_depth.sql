-- The second key in depth: what an authorization is limited to, how it came about, keys that customers sign with.

ALTER TABLE agreements ADD COLUMN emergency_hours BIGINT NOT NULL DEFAULT 0;
ALTER TABLE agreements ADD COLUMN products TEXT NOT NULL DEFAULT '';

-- Product names lie sealed in `details`; for the gate their blind indexes (16 hex digits, separated by blanks) are enough.
ALTER TABLE authorizations ADD COLUMN product_codes TEXT NOT NULL DEFAULT '';
ALTER TABLE authorizations ADD COLUMN case_ids TEXT NOT NULL DEFAULT '';
ALTER TABLE authorizations ADD COLUMN emergency BIGINT NOT NULL DEFAULT 0;
ALTER TABLE authorizations ADD COLUMN asked_until BIGINT NOT NULL DEFAULT 0;
-- Digest of a signed text's (customer, issuer, jti): each counts once.
ALTER TABLE authorizations ADD COLUMN signed_id BLOB;
CREATE UNIQUE INDEX authorizations_by_signed_id ON authorizations (signed_id);

CREATE TABLE authorization_events (
    authorization_id BIGINT NOT NULL REFERENCES authorizations (id),
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (authorization_id, position)
);

-- Public keys, pinned by two people of the company. A revoked one stays, so that what it signed can be explained.
CREATE TABLE customer_keys (
    customer BIGINT NOT NULL REFERENCES customers (id),
    issuer TEXT NOT NULL,
    kid TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    public_key BLOB NOT NULL,
    proposed_by TEXT NOT NULL,
    confirmed_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (customer, issuer, kid)
);
