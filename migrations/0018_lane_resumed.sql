-- When a pause was ended, or the account set again: what is heard later of messages that left before says nothing
-- of how things are now.
ALTER TABLE lane ADD COLUMN resumed_at timestamptz NOT NULL DEFAULT '-infinity';
