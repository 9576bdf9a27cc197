-- An import that was killed goes on where it was: it is 'interrupted', and the digest of the numbers that it
-- read shows whether it is given the same file again.
ALTER TABLE import DROP CONSTRAINT import_status_check;
ALTER TABLE import ADD CONSTRAINT import_status_check
  CHECK (status IN ('running', 'interrupted', 'done', 'failed', 'undone'));
ALTER TABLE import ADD COLUMN digest bigint NOT NULL DEFAULT 0;  -- of the rows counted so far
UPDATE import SET status = 'interrupted', error = '' WHERE status = 'failed' AND error = 'interrupted';
