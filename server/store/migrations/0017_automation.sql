-- Acceptance by rule and probes of intakes. Names, evidence and next steps of a rule are sealed under its company's key.

CREATE TABLE acceptance_rules (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL REFERENCES companies (id),
    department BIGINT NOT NULL,
    until BIGINT NOT NULL,
    act_within_hours BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    ended_at BIGINT,
    words BLOB NOT NULL
);
CREATE INDEX acceptance_rules_by_company ON acceptance_rules (company, until);

-- What a rule accepted, and by when a person should have acted on it.
CREATE TABLE rule_acceptances (
    case_id BIGINT PRIMARY KEY REFERENCES cases (id),
    rule BIGINT NOT NULL REFERENCES acceptance_rules (id),
    accepted_at BIGINT NOT NULL,
    act_by BIGINT NOT NULL
);
CREATE INDEX rule_acceptances_by_rule ON rule_acceptances (rule);

CREATE TABLE intake_probes (
    id BIGINT PRIMARY KEY,
    company BIGINT NOT NULL REFERENCES companies (id),
    department BIGINT NOT NULL REFERENCES departments (id),
    customer BIGINT NOT NULL,
    every_hours BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    last_case BIGINT NOT NULL,
    last_sent_at BIGINT,
    last_result TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX intake_probes_by_company ON intake_probes (company);
CREATE INDEX intake_probes_by_time ON intake_probes (next_at);

-- When somebody last answered a test case at a department, and how long that took.
CREATE TABLE department_liveness (
    department BIGINT PRIMARY KEY REFERENCES departments (id),
    proven_at BIGINT NOT NULL,
    answer_seconds BIGINT NOT NULL
);
