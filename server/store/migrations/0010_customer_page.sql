-- The customer's page: links that were mailed, what was disclosed under an authorization, and whether a company lets the gateway ask
-- its customers by itself.

ALTER TABLE companies ADD COLUMN asks_customers BIGINT NOT NULL DEFAULT 0;

-- Tokens, codes and tickets are kept as digests only. `details` holds the mail address, sealed under the customer's key.
CREATE TABLE customer_links (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    authorization_id BIGINT NOT NULL REFERENCES authorizations (id),
    token_hash BLOB NOT NULL UNIQUE,
    language TEXT NOT NULL,
    details BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    code BLOB,
    code_until BIGINT NOT NULL DEFAULT 0,
    code_tries BIGINT NOT NULL DEFAULT 0,
    codes_sent BIGINT NOT NULL DEFAULT 0,
    codes_since BIGINT NOT NULL DEFAULT 0,
    wrong_tries BIGINT NOT NULL DEFAULT 0,
    ticket BLOB,
    ticket_until BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX customer_links_by_authorization ON customer_links (authorization_id);

-- Which cases an authorization ever opened, and from when.
CREATE TABLE authorization_uses (
    authorization_id BIGINT NOT NULL REFERENCES authorizations (id),
    case_id BIGINT NOT NULL REFERENCES cases (id),
    since BIGINT NOT NULL,
    PRIMARY KEY (authorization_id, case_id)
);

-- What was shown to the partner for the first time, for the customer to read.
CREATE TABLE disclosures (
    case_id BIGINT NOT NULL REFERENCES cases (id),
    company BIGINT NOT NULL,
    version BIGINT NOT NULL,
    at BIGINT NOT NULL,
    operation TEXT NOT NULL,
    PRIMARY KEY (case_id, company, version)
);
