-- Undoing an import takes back the consent that it recorded: a row of the ledger that names the import.
ALTER TABLE consent_event DROP CONSTRAINT consent_event_action_check;
ALTER TABLE consent_event ADD CONSTRAINT consent_event_action_check
  CHECK (action IN ('opt_in', 'opt_out', 'withdrawal') AND (action <> 'withdrawal' OR import_id IS NOT NULL));
