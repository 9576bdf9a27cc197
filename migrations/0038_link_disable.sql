-- Links can be ended by hand, and what counts of a link, a tenant or an account is told to all daemons at once, whoever
-- changes it.
ALTER TABLE link
  ADD COLUMN disabled_at timestamptz,
  ADD COLUMN changed_at  timestamptz;              -- of the row since it was made; null: never
CREATE INDEX link_changed ON link (changed_at) WHERE changed_at IS NOT NULL;

CREATE FUNCTION note_link_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER link_change BEFORE UPDATE ON link FOR EACH ROW EXECUTE FUNCTION note_link_change();

CREATE FUNCTION tell_directories() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NOTIFY smscrm_directory;
  RETURN NULL;
END $$;
CREATE TRIGGER link_told AFTER UPDATE ON link FOR EACH STATEMENT EXECUTE FUNCTION tell_directories();
CREATE TRIGGER tenant_told AFTER UPDATE ON tenant FOR EACH STATEMENT EXECUTE FUNCTION tell_directories();
CREATE TRIGGER account_told AFTER UPDATE ON account FOR EACH STATEMENT EXECUTE FUNCTION tell_directories();

-- Hits beyond what one link, recipient and class are stored of in a minute: counted, and not kept one by one.
CREATE TABLE click_more (
  tenant_id  bigint NOT NULL,
  link_id    bigint NOT NULL,
  message_id bigint NOT NULL,                      -- 0: a link made by hand
  class      text NOT NULL CHECK (class IN ('person', 'preview', 'prefetch', 'scanner', 'bot', 'head')),
  minute     timestamptz NOT NULL,                 -- in which they came
  hits       bigint NOT NULL CHECK (hits > 0),
  PRIMARY KEY (tenant_id, link_id, message_id, class, minute)
);
