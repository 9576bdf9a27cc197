-- How the file came: facts that the importer found, or was told. Empty for imports from before.
ALTER TABLE import
  ADD COLUMN encoding    text NOT NULL DEFAULT '',  -- utf-8, utf-16le, utf-16be, cp1252 or latin1
  ADD COLUMN compression text NOT NULL DEFAULT '',  -- none, gzip or zstd
  ADD COLUMN delimiter   text NOT NULL DEFAULT '';
