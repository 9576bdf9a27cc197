-- A value of the file as it was read, where its encoding was guessed; empty where it was known or told.
ALTER TABLE import ADD COLUMN guessed_from text NOT NULL DEFAULT '';
