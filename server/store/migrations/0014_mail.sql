-- Mails: who wants to be told, letters to single addresses, what came back. Addresses and words are sealed under the key of whom
-- they belong to; ids, kinds, states and times are clear. When a mail is due, its rows in `deliveries` say (sender mail or letter).

-- `person`, `department`: 0 for none; a mailbox without a department belongs to the whole company. A person's address is the one in
-- its profile.
CREATE TABLE mail_recipients (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL REFERENCES companies (id),
    kind TEXT NOT NULL,
    person BIGINT NOT NULL,
    department BIGINT NOT NULL,
    language TEXT NOT NULL,
    telling TEXT NOT NULL,
    exceptions TEXT NOT NULL,
    all_cases BIGINT NOT NULL,
    digest_minute BIGINT NOT NULL,
    address BLOB,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX mail_recipients_by_person ON mail_recipients (person) WHERE person <> 0;
CREATE INDEX mail_recipients_by_company ON mail_recipients (company);

-- `content`: whether this company's people may read words of cases in mails.
CREATE TABLE mail_companies (
    company BIGINT PRIMARY KEY REFERENCES companies (id),
    content BIGINT NOT NULL,
    language TEXT NOT NULL
);

-- Who of a company took a step in a case.
CREATE TABLE case_followers (
    case_id BIGINT NOT NULL REFERENCES cases (id),
    person BIGINT NOT NULL,
    company BIGINT NOT NULL,
    PRIMARY KEY (case_id, person)
) WITHOUT ROWID;

-- `bundle`: the delivery that told it; 0: not yet.
CREATE TABLE mail_digest (
    recipient BIGINT NOT NULL REFERENCES mail_recipients (id),
    event_idx BIGINT NOT NULL,
    event_seq BIGINT NOT NULL,
    bundle BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (recipient, event_idx, event_seq)
) WITHOUT ROWID;

-- One mail to one address that is no recipient above: a customer, or a person who asked. `content` is gone once it was sent.
CREATE TABLE mail_letters (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL,
    kind TEXT NOT NULL,
    contact TEXT NOT NULL,
    case_id BIGINT NOT NULL,
    expires_at BIGINT,
    address_index BLOB NOT NULL,
    content BLOB,
    created_at BIGINT NOT NULL
);
CREATE INDEX mail_letters_by_company ON mail_letters (company, created_at);

CREATE TABLE mail_bounces (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL,
    contact TEXT NOT NULL,
    address_index BLOB NOT NULL,
    code TEXT NOT NULL,
    bounces BIGINT NOT NULL,
    stopped BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    UNIQUE (company, address_index)
);

-- Mails that were taken in, so that a second copy changes nothing.
CREATE TABLE mail_received (
    digest BLOB PRIMARY KEY,
    outcome TEXT NOT NULL,
    at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX mail_received_by_age ON mail_received (at);
