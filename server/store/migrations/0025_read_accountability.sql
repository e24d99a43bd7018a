-- Counts of repeated reads are ordered by the hour: whoever polls five hundred cases a minute touches a few pages and not five
-- hundred. `recorded` is how many of the reads a record of the log has told already.
CREATE TABLE read_counts_by_hour (
    hour BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    principal TEXT NOT NULL,
    reads BIGINT NOT NULL,
    recorded BIGINT NOT NULL,
    PRIMARY KEY (hour, case_id, principal)
) WITHOUT ROWID;
INSERT INTO read_counts_by_hour (hour, case_id, principal, reads, recorded)
    SELECT hour, case_id, principal, reads, reads FROM read_counts ORDER BY hour, case_id, principal;
DROP TABLE read_counts;
ALTER TABLE read_counts_by_hour RENAME TO read_counts;
CREATE INDEX read_counts_by_case ON read_counts (case_id, hour);

-- Under what each disclosure happened.
ALTER TABLE disclosures ADD COLUMN agreement BIGINT NOT NULL DEFAULT 0;
ALTER TABLE disclosures ADD COLUMN authorization_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE disclosures ADD COLUMN released_classes BIGINT NOT NULL DEFAULT 0;
UPDATE disclosures SET agreement = (SELECT c.agreement FROM cases c WHERE c.id = disclosures.case_id),
    authorization_id = (SELECT c.authorization_id FROM cases c WHERE c.id = disclosures.case_id),
    released_classes = (SELECT c.released_classes FROM cases c WHERE c.id = disclosures.case_id);
CREATE INDEX disclosures_by_time ON disclosures (at);
