-- What a company said that it took over: everything in the case up to a position of the log. The last word counts.

CREATE TABLE acknowledgements (
    case_id BIGINT NOT NULL REFERENCES cases (id),
    company BIGINT NOT NULL,
    through BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (case_id, company)
);
