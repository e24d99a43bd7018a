-- Orders to erase, what each took with it, and who still has to do the same.
CREATE TABLE erasure_orders (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL,
    scope TEXT NOT NULL,
    subject BIGINT NOT NULL,
    tags BIGINT NOT NULL,
    ended_before BIGINT,
    state TEXT NOT NULL,
    ordered_by TEXT NOT NULL,
    ordered_at BIGINT NOT NULL,
    confirmed_by TEXT NOT NULL,
    confirmed_at BIGINT,
    done_at BIGINT,
    keys_destroyed BIGINT NOT NULL,
    sections BIGINT NOT NULL,
    cases BIGINT NOT NULL,
    cases_held BIGINT NOT NULL,
    reason BLOB
);
CREATE INDEX erasure_orders_by_company ON erasure_orders (company, id);
CREATE INDEX erasure_orders_to_do ON erasure_orders (id) WHERE state = 'ordered' OR state = 'erasing';

-- The sections that an erasure entry of the log took, in the form that its digest commits to (index, tag); `idx` is that entry.
-- `marked` is how many of them have lost their envelopes already; without a key these are noise.
CREATE TABLE erased_lists (
    digest BLOB NOT NULL,
    erasure BIGINT NOT NULL,
    idx BIGINT,
    list BLOB NOT NULL,
    marked BIGINT NOT NULL,
    PRIMARY KEY (digest, erasure)
);
CREATE INDEX erased_lists_by_entry ON erased_lists (idx);
CREATE INDEX erased_lists_by_order ON erased_lists (erasure);

-- What partners took and were told to delete: a signed request each, and their attestation.
CREATE TABLE erasure_requests (
    id BIGINT PRIMARY KEY,
    erasure BIGINT NOT NULL,
    company BIGINT NOT NULL,
    partner BIGINT NOT NULL,
    cases TEXT NOT NULL,
    signed_text TEXT NOT NULL,
    sent_at BIGINT NOT NULL,
    answer TEXT NOT NULL,
    answered_by TEXT NOT NULL,
    answered_at BIGINT,
    words BLOB
);
CREATE INDEX erasure_requests_by_erasure ON erasure_requests (erasure);
CREATE INDEX erasure_requests_by_partner ON erasure_requests (partner, id);

-- While a hold is in force, neither orders nor retention touch what it covers. Two people place it, two people lift it.
CREATE TABLE legal_holds (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL,
    scope TEXT NOT NULL,
    subject BIGINT NOT NULL,
    state TEXT NOT NULL,
    placed_by TEXT NOT NULL,
    placed_at BIGINT NOT NULL,
    confirmed_by TEXT NOT NULL,
    confirmed_at BIGINT,
    lift_by TEXT NOT NULL,
    lift_at BIGINT,
    lifted_by TEXT NOT NULL,
    lifted_at BIGINT,
    reason BLOB
);
CREATE INDEX legal_holds_by_company ON legal_holds (company, id);
CREATE INDEX legal_holds_in_force ON legal_holds (scope, subject) WHERE state = 'in_force' OR state = 'lifting';
