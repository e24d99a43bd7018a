-- The generations of key encryption keys that this log knows of: when each was first seen and when its end was recorded. The keys
-- themselves are never here. A generation is destroyed at the provider after its end is durable.
CREATE TABLE key_generations (
    generation BIGINT PRIMARY KEY,
    made_at BIGINT NOT NULL,
    destroyed_at BIGINT
);
