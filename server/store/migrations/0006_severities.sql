-- Four severities: what both sides of a case read, how a link of two companies maps them to the three priorities of the Connect
-- contract, and each company's own words for them. Names of levels are business facts and stay clear.

ALTER TABLE cases ADD COLUMN severity TEXT NOT NULL DEFAULT 'medium';
UPDATE cases SET severity = CASE priority WHEN 'HIGH' THEN 'high' WHEN 'LOW' THEN 'low' ELSE 'medium' END;

-- One row for a pair of companies, the smaller id first. Lists: the priorities of critical to low; the severities of LOW to HIGH.
CREATE TABLE links (
    one BIGINT NOT NULL REFERENCES companies (id),
    two BIGINT NOT NULL REFERENCES companies (id),
    to_priority TEXT NOT NULL,
    from_priority TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (one, two)
);

CREATE TABLE link_names (
    company BIGINT NOT NULL REFERENCES companies (id),
    partner BIGINT NOT NULL REFERENCES companies (id),
    critical TEXT NOT NULL,
    high TEXT NOT NULL,
    medium TEXT NOT NULL,
    low TEXT NOT NULL,
    PRIMARY KEY (company, partner)
);

-- The own API lists cases in the order in which they came to the reader: opened, or for the receiver released.
DROP INDEX cases_by_submitter;
DROP INDEX cases_by_receiver;
CREATE INDEX cases_by_submitter ON cases (submitter, created_at, id);
CREATE INDEX cases_by_receiver ON cases (receiver, released_at, id);
