-- Each page that a commit touches is encrypted and authenticated whole, so what a create costs is the number of places it writes to.
-- Indexes end where new rows come in order, or hold only the few cases that somebody looks for.

-- A case's data keys stand side by side; an owner's follow each other, because key ids are drawn in order.
DROP INDEX data_key_in_use;
DROP INDEX data_key_by_owner_key;
DROP INDEX data_key_by_case;
CREATE UNIQUE INDEX data_key_in_use ON data_key (case_id, owner, tag) WHERE destroyed = 0;
CREATE INDEX data_key_by_owner ON data_key (owner, key_id);

DROP INDEX cases_by_flow;
DROP INDEX cases_by_customer;
-- What the housekeeper asks for every second: cases that wait, and open cases by the keys they rest on.
CREATE INDEX cases_waiting ON cases (submitter, customer, created_at) WHERE flow = 'held' OR flow = 'frozen';
CREATE INDEX cases_by_keys ON cases (authorization_id, agreement)
    WHERE flow = 'open' AND status <> 'CLOSED' AND status <> 'REJECTED';
CREATE INDEX authorizations_by_end ON authorizations (until);
CREATE INDEX authorizations_not_granted ON authorizations (id) WHERE state <> 'granted';
