-- Keys of columns and keys of sections of the log are apart, so that one can go without the other: the words of a case are removed
-- long before its records, records expire while the rows they tell of stay. Keys have a period: a retired key seals nothing new and
-- still opens what it sealed. Keys made before this migration count as keys of columns (purpose 0), and are mixed: they have sealed
-- sections as well, so they go only with an erasure entry.
ALTER TABLE data_key ADD COLUMN purpose BIGINT NOT NULL DEFAULT 0;
ALTER TABLE data_key ADD COLUMN mixed BIGINT NOT NULL DEFAULT 1;
ALTER TABLE data_key ADD COLUMN made_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE data_key ADD COLUMN retired_at BIGINT;
DROP INDEX data_key_in_use;
CREATE UNIQUE INDEX data_key_in_use ON data_key (case_id, owner, tag, purpose) WHERE destroyed = 0 AND retired_at IS NULL;

ALTER TABLE owner_key ADD COLUMN made_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE owner_key ADD COLUMN retired_at BIGINT;
DROP INDEX owner_key_in_use;
CREATE UNIQUE INDEX owner_key_in_use ON owner_key (uid) WHERE destroyed = 0 AND retired_at IS NULL;
CREATE INDEX owner_key_by_generation ON owner_key (generation) WHERE destroyed = 0;

-- Whose keys are gone for good: an owner's uid, or 'case/ID/TAG'. Nothing is ever sealed for them again.
CREATE TABLE barred_owner (
    uid TEXT PRIMARY KEY,
    at BIGINT NOT NULL
) WITHOUT ROWID;
