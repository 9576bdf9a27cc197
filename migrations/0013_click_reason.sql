-- What a class was decided by, and why: with it every class can be computed again.
ALTER TABLE click ADD COLUMN purpose text NOT NULL DEFAULT '';  -- Sec-Purpose, Purpose or X-Moz
ALTER TABLE click ADD COLUMN reason text NOT NULL DEFAULT '';   -- of the class; empty: a person's
