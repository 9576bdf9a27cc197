-- How many rows of an import said no to texts, those that were rejected for something else among them. 0 for imports
-- from before.
ALTER TABLE import ADD COLUMN opt_outs bigint NOT NULL DEFAULT 0;
