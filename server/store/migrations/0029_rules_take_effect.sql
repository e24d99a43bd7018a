-- When the cases that a version of a company's rules concerns were judged again. None: that is still to be done, at once or when the
-- rules take effect.

ALTER TABLE sharing_rules ADD COLUMN applied_at BIGINT;
UPDATE sharing_rules SET applied_at = effective_from WHERE approved_at IS NOT NULL AND effective_from <= approved_at;
CREATE INDEX sharing_rules_waiting ON sharing_rules (effective_from) WHERE applied_at IS NULL AND approved_at IS NOT NULL;
