-- Cases under a legal hold in which the names of an order still stand: it waits until none of them is held any more.
CREATE TABLE erasure_held (
    erasure BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    PRIMARY KEY (erasure, case_id)
) WITHOUT ROWID;

-- How many of the sections in an order's lists, in the order of their digests, have lost their envelopes. Behind the list itself every
-- step would read and write a whole list again.
CREATE TABLE erased_progress (
    erasure BIGINT PRIMARY KEY,
    taken BIGINT NOT NULL
);
INSERT INTO erased_progress (erasure, taken) SELECT erasure, SUM(marked) FROM erased_lists GROUP BY erasure;
ALTER TABLE erased_lists DROP COLUMN marked;

-- 1: it carries the word of a quorum of witnesses.
ALTER TABLE audit_checkpoint ADD COLUMN cosigned BIGINT NOT NULL DEFAULT 0;
