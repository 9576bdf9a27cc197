-- What the file was: csv or ndjson; empty for imports from before its header was read.
ALTER TABLE import ADD COLUMN format text NOT NULL DEFAULT '';
UPDATE import SET format = 'csv' WHERE delimiter <> '';
