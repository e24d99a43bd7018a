-- What became of a request with an Idempotency-Key can be asked for: by caller and key, whatever the route was.

ALTER TABLE idempotency ADD COLUMN asked_by BLOB;
ALTER TABLE idempotency ADD COLUMN route TEXT NOT NULL DEFAULT '';
ALTER TABLE idempotency ADD COLUMN operation TEXT NOT NULL DEFAULT '';
ALTER TABLE idempotency ADD COLUMN resources TEXT NOT NULL DEFAULT '[]';
CREATE INDEX idempotency_by_asker ON idempotency (asked_by);
