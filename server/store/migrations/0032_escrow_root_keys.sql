-- Which service root and which key of the database a sealed file holds, by a name that tells nothing of them. Empty: not known.
ALTER TABLE key_escrows ADD COLUMN root_keys TEXT NOT NULL DEFAULT '';
