-- Cases and what is said in them. `original` is what the author's side wrote, `shared` is what the other side may see of it, built
-- by the gate when the item was released; both are sealed under the case's keys.

CREATE TABLE cases (
    id BIGINT PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    submitter BIGINT NOT NULL REFERENCES companies (id),
    receiver BIGINT NOT NULL REFERENCES companies (id),
    form BIGINT NOT NULL,
    form_version BIGINT NOT NULL,
    status TEXT NOT NULL,
    flow TEXT NOT NULL,
    hold_reason TEXT NOT NULL,
    hold_text TEXT NOT NULL,
    priority TEXT NOT NULL,
    test BIGINT NOT NULL,
    customer BIGINT NOT NULL,
    authorization_id BIGINT NOT NULL,
    referenced_authorization BIGINT NOT NULL,
    agreement BIGINT NOT NULL,
    released_classes BIGINT NOT NULL,
    picked_by TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    key_owner TEXT NOT NULL,
    submitter_number_index BLOB NOT NULL,
    receiver_number_index BLOB,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    released_at BIGINT,
    accepted_at BIGINT,
    respond_by BIGINT,
    responded BIGINT NOT NULL,
    version BIGINT NOT NULL,
    gate_epoch BIGINT NOT NULL,
    original BLOB NOT NULL,
    shared BLOB,
    pseudonyms_submitter BLOB,
    pseudonyms_receiver BLOB
);
CREATE INDEX cases_by_submitter ON cases (submitter, id);
CREATE INDEX cases_by_receiver ON cases (receiver, id);
CREATE INDEX cases_by_flow ON cases (flow, created_at);
CREATE INDEX cases_by_customer ON cases (customer);

CREATE TABLE notes (
    id BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    token TEXT NOT NULL UNIQUE,
    position BIGINT NOT NULL,
    author_company BIGINT NOT NULL,
    author TEXT NOT NULL,
    type TEXT NOT NULL,
    priority TEXT NOT NULL,
    for_submitter BIGINT NOT NULL,
    for_receiver BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    original BLOB NOT NULL,
    shared BLOB,
    UNIQUE (case_id, position)
);

CREATE TABLE responses (
    id BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    position BIGINT NOT NULL,
    type TEXT NOT NULL,
    author_company BIGINT NOT NULL,
    for_submitter BIGINT NOT NULL,
    for_receiver BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    original BLOB NOT NULL,
    shared BLOB,
    UNIQUE (case_id, position)
);

-- First sight (semantics 6): which version of an item a principal has been shown already.
CREATE TABLE sights (
    principal TEXT NOT NULL,
    case_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (principal, case_id)
);

CREATE TABLE read_counts (
    principal TEXT NOT NULL,
    case_id BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    reads BIGINT NOT NULL,
    PRIMARY KEY (principal, case_id, hour)
);

-- Idempotency-Key: scoped to company, caller, method, route and key; keeps the request's digest and the outcome's id (semantics 9).
CREATE TABLE idempotency (
    scope BLOB PRIMARY KEY,
    digest BLOB NOT NULL,
    outcome BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);
