-- Webhook subscriptions and the outbox. A row of deliveries is one intended effect for one target: what is told follows from the
-- event that it names and is rendered when it is sent. What was sent and answered is sealed under the company's key.

CREATE TABLE webhooks (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL REFERENCES companies (id),
    version TEXT NOT NULL,
    event_types TEXT NOT NULL,
    sides TEXT NOT NULL,
    partners TEXT NOT NULL,
    auth_type TEXT NOT NULL,
    active BIGINT NOT NULL,
    since BIGINT NOT NULL,
    row_version BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    removed_at BIGINT,
    secrets BLOB NOT NULL
);
CREATE INDEX webhooks_by_company ON webhooks (company);

-- `lane`: deliveries of one lane go to their target one after the other (the case, or 0). `open`: 1 while waiting or leased.
CREATE TABLE deliveries (
    id BIGINT PRIMARY KEY,
    sender TEXT NOT NULL,
    target BIGINT NOT NULL,
    company BIGINT NOT NULL,
    lane BIGINT NOT NULL,
    event_idx BIGINT NOT NULL,
    event_seq BIGINT NOT NULL,
    replay BIGINT NOT NULL,
    ref BIGINT NOT NULL,
    state TEXT NOT NULL,
    open BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    UNIQUE (sender, target, event_idx, event_seq, replay)
);
CREATE INDEX deliveries_due ON deliveries (sender, target, due_at) WHERE open = 1;
CREATE INDEX deliveries_lane ON deliveries (sender, target, lane, event_idx, event_seq) WHERE open = 1;
CREATE INDEX deliveries_finished ON deliveries (finished_at) WHERE open = 0;

CREATE TABLE delivery_attempts (
    id BIGINT PRIMARY KEY,
    delivery BIGINT NOT NULL,
    sender TEXT NOT NULL,
    target BIGINT NOT NULL,
    number BIGINT NOT NULL,
    event BLOB NOT NULL,
    event_name TEXT NOT NULL,
    http_status BIGINT,
    success BIGINT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    exchange BLOB NOT NULL
);
CREATE INDEX delivery_attempts_by_target ON delivery_attempts (sender, target, at);
CREATE INDEX delivery_attempts_by_age ON delivery_attempts (at);

-- Up to which position events have been turned into deliveries.
CREATE TABLE delivery_plan (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    planned BIGINT NOT NULL
);
INSERT INTO delivery_plan (id, planned) VALUES (1, -1);
