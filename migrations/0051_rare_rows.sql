-- Finding the few rows among many that an operator asks for by what they have in common.

-- Contacts by tag. Those without tags, most of an import often, have no entry.
CREATE INDEX contact_tags ON contact USING gin (tags) WHERE tags <> '{}';

-- Messages that came to a bad end. The status of a message is in no index, not in a condition of one either: each of
-- its changes would then cost a new version of the row in every index. Events are only ever added.
CREATE INDEX message_event_bad ON message_event (tenant_id, status, message_id)
  WHERE status IN ('undelivered', 'failed');
