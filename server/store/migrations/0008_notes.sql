-- Internal notes are a company's own words about a case. They have a table of their own, read only with the company in the statement,
-- so that nothing that shares notes can ever come across one.

CREATE TABLE internal_notes (
    id BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    company BIGINT NOT NULL REFERENCES companies (id),
    token TEXT NOT NULL UNIQUE,
    position BIGINT NOT NULL,
    author TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    words BLOB NOT NULL,
    UNIQUE (case_id, company, position)
);
