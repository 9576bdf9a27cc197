-- What is held about one person leaves the database, too, and the audit tells of it (core/privacy/person.hpp).
ALTER TABLE export DROP CONSTRAINT export_kind;
ALTER TABLE export ADD CONSTRAINT export_kind
  CHECK (kind IN ('contacts', 'messages', 'clicks', 'inbox', 'consent', 'audit', 'person'));
