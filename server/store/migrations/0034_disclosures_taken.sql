-- When the company that was shown a version fetched it itself: a mail that was sent to it shows the words, but may come back, so it
-- is no sign that the other side took what was sent.
ALTER TABLE disclosures ADD COLUMN taken_at BIGINT;
UPDATE disclosures SET taken_at = at;
