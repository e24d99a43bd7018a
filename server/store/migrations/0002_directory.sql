-- Companies and what belongs to them. Names of companies, departments and forms are business facts and stay clear; what names a
-- person or a customer is sealed under its owner's key and found by blind index (semantics 7).

CREATE TABLE companies (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    domain TEXT NOT NULL UNIQUE,
    active BIGINT NOT NULL,
    hidden BIGINT NOT NULL,
    injected_field BIGINT NOT NULL,
    high_minutes BIGINT NOT NULL,
    medium_minutes BIGINT NOT NULL,
    low_minutes BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL REFERENCES companies (id),
    username_index BLOB NOT NULL UNIQUE,
    role TEXT NOT NULL,
    active BIGINT NOT NULL,
    password TEXT NOT NULL,
    profile BLOB NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX users_by_company ON users (company);

CREATE TABLE clients (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL,
    client_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    active BIGINT NOT NULL,
    secret BLOB NOT NULL,
    previous_secret BLOB,
    previous_until BIGINT,
    certificate_uri TEXT UNIQUE,
    created_at BIGINT NOT NULL
);
CREATE INDEX clients_by_company ON clients (company);

CREATE TABLE certificates (
    fingerprint TEXT PRIMARY KEY,
    client BIGINT NOT NULL REFERENCES clients (id),
    serial TEXT NOT NULL,
    uri TEXT NOT NULL,
    not_after BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE sessions (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    principal BIGINT NOT NULL,
    authentication TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    certificate TEXT
);
CREATE INDEX sessions_by_principal ON sessions (kind, principal);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE forms (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL REFERENCES companies (id),
    department BIGINT NOT NULL,
    version BIGINT NOT NULL,
    admin_note TEXT NOT NULL,
    escalation_instructions TEXT NOT NULL,
    fields BLOB NOT NULL,
    injected_field BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX forms_by_company ON forms (company, department);

CREATE TABLE departments (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL REFERENCES companies (id),
    name TEXT NOT NULL,
    form BIGINT NOT NULL REFERENCES forms (id),
    tags TEXT NOT NULL,
    UNIQUE (company, name)
);

CREATE TABLE customers (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL REFERENCES companies (id),
    name_index BLOB NOT NULL,
    active BIGINT NOT NULL,
    version BIGINT NOT NULL,
    profile BLOB NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (company, name_index)
);

CREATE TABLE agreements (
    id BIGINT PRIMARY KEY,
    title TEXT NOT NULL,
    document_version TEXT NOT NULL,
    document_digest TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT,
    state TEXT NOT NULL,
    permitted BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    required_assurance TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE agreement_parties (
    agreement BIGINT NOT NULL REFERENCES agreements (id),
    company BIGINT NOT NULL REFERENCES companies (id),
    accepted_at BIGINT,
    signatory BLOB,
    PRIMARY KEY (agreement, company)
);
CREATE INDEX agreement_parties_by_company ON agreement_parties (company);

CREATE TABLE authorizations (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL REFERENCES companies (id),
    customer BIGINT NOT NULL REFERENCES customers (id),
    purpose TEXT NOT NULL,
    classes BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    until BIGINT NOT NULL,
    state TEXT NOT NULL,
    assurance TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    details BLOB NOT NULL,
    evidence_digest TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX authorizations_by_customer ON authorizations (customer);
CREATE INDEX authorizations_by_company ON authorizations (company);

CREATE TABLE authorization_partners (
    authorization_id BIGINT NOT NULL REFERENCES authorizations (id),
    company BIGINT NOT NULL REFERENCES companies (id),
    PRIMARY KEY (authorization_id, company)
);
