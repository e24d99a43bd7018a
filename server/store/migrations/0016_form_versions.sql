-- Earlier versions of intake forms, so that a request filled in on one of them gets a clear answer; forms and departments that their
-- owner took out of use; and a counter that moves with every change of the directory, for what is kept of it in memory.

CREATE TABLE form_versions (
    form BIGINT NOT NULL REFERENCES forms (id),
    version BIGINT NOT NULL,
    admin_note TEXT NOT NULL,
    escalation_instructions TEXT NOT NULL,
    fields BLOB NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (form, version)
);

ALTER TABLE forms ADD COLUMN retired BIGINT NOT NULL DEFAULT 0;
ALTER TABLE departments ADD COLUMN active BIGINT NOT NULL DEFAULT 1;

CREATE TABLE directory_version (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);
INSERT INTO directory_version (id, version) VALUES (1, 1);
