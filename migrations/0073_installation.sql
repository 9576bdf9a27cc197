-- Which database this is. One that was restored, copied or put in another's place has forgotten what was sent since, and
-- would send it again: it is fenced (core/fence/fence.hpp) until somebody has looked.
CREATE TABLE installation (
  one               boolean PRIMARY KEY DEFAULT true CONSTRAINT installation_one CHECK (one),
  id                uuid NOT NULL DEFAULT gen_random_uuid(),
  system_identifier bigint NOT NULL,                          -- of the cluster: another one in a copy or a loaded dump
  timeline          integer NOT NULL,                         -- raised by a recovery to a moment and by a promotion
  beat              bigint NOT NULL DEFAULT 0,                -- raised with each heartbeat; witnesses remember it elsewhere
  seen_at           timestamptz NOT NULL DEFAULT clock_timestamp(),
  fenced_at         timestamptz,                              -- null: not fenced
  fence_reason      text NOT NULL DEFAULT '',
  forgot_after      timestamptz,                              -- what happened since then may be forgotten
  CONSTRAINT installation_reason CHECK ((fenced_at IS NULL) = (fence_reason = '')),
  CONSTRAINT installation_reason_length CHECK (char_length(fence_reason) <= 1000)
) WITH (fillfactor = 50);

-- Raised, by itself or by hand, and lowered. Heartbeats name none of these columns.
CREATE TRIGGER audit AFTER UPDATE OF fenced_at ON installation
  FOR EACH ROW EXECUTE FUNCTION audit_row('beat', 'seen_at');

-- NULL on a standby, which nobody sends from.
CREATE FUNCTION database_timeline() RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN NOT pg_is_in_recovery()
              THEN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer END
$$;

CREATE FUNCTION is_fenced() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT EXISTS (SELECT FROM installation i
                  WHERE i.fenced_at IS NOT NULL OR i.timeline <> database_timeline()
                     OR i.system_identifier <> (SELECT system_identifier FROM pg_control_system()))
$$;

-- One heartbeat; its number. `witness`: the highest that was ever heard of. Raises the fence when this is not the
-- database that it was, and then lets all numbers jump beyond those that were given out since the moment of the backup:
-- ids stand in links and in the addresses that receipts come to. Whoever held a lane or an endpoint has lost it.
CREATE FUNCTION watch_installation(witness bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  server constant bigint := (SELECT system_identifier FROM pg_control_system());
  line constant integer := database_timeline();
  i installation;
  why text;
BEGIN
  INSERT INTO installation (system_identifier, timeline) VALUES (server, line) ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT i FROM installation FOR UPDATE;
  why := CASE
    WHEN i.system_identifier <> server THEN
      'it is on another server than before: a copy, a dump that was loaded, or an upgrade by pg_upgrade'
    WHEN i.timeline <> line THEN 'it was restored to a moment, or a standby took over'
    WHEN witness > i.beat THEN format('it has forgotten: heartbeat %s was written, and %s is the last it knows', witness, i.beat)
  END;
  IF why IS NULL THEN
    UPDATE installation SET beat = beat + 1, seen_at = clock_timestamp();
    RETURN i.beat + 1;
  END IF;
  UPDATE installation
     SET id = gen_random_uuid(),  -- of what the old one hears from now on it is not to be judged
         system_identifier = server, timeline = line, beat = greatest(i.beat, witness) + 1, seen_at = clock_timestamp(),
         fenced_at = coalesce(i.fenced_at, clock_timestamp()), fence_reason = why,
         forgot_after = least(i.forgot_after, i.seen_at);
  PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass,
                 least(max_value, coalesce(last_value, start_value) + CASE sequencename WHEN 'message_id' THEN 100000000
                                                                                       WHEN 'link_id_seq' THEN 10000
                                                                                       ELSE 1000000 END))
     FROM pg_sequences WHERE schemaname = current_schema();
  UPDATE lane SET owner = '', expires_at = '-infinity', epoch = least(epoch, 9223372036850000000) + 1000000;
  UPDATE webhook SET owner = '', leased_until = '-infinity', epoch = least(epoch, 9223372036850000000) + 1000000;
  RETURN greatest(i.beat, witness) + 1;
END $$;
REVOKE EXECUTE ON FUNCTION watch_installation FROM PUBLIC;

-- As before, and the heartbeat.
CREATE OR REPLACE FUNCTION guard_tenants(app name, worker name, backup name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t record;
  rights text;
  mine constant text := '(SELECT nullif(current_setting(''smscrm.tenant'', true), '''')::bigint)';
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I, %I, %I', current_schema(), app, worker, backup);
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I, %I', current_database(), app, worker);
  EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', current_schema(), backup);
  EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO %I', current_schema(), backup);
  EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO %I, %I', current_schema(), app, worker);
  EXECUTE format('GRANT EXECUTE ON FUNCTION refresh_statistics, link_secret, tagged_contacts, reserve_message_ids'
                 ' TO %I, %I', app, worker);
  EXECUTE format('GRANT EXECUTE ON FUNCTION seal_audit, record_checkpoint, watch_installation TO %I', worker);
  FOR t IN
    SELECT c.oid::regclass AS name, c.relname = 'tenant' AS is_tenant,
           EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'
                                                AND NOT a.attisdropped) AS has_tenant,
           EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgfoid = 'refuse_change'::regproc) AS grows_only,
           c.relname LIKE 'audit\_%' AS by_triggers,  -- written by functions of the owner's, and read
           -- What belongs to no tenant and is no secret: whether the schema is right, and whether a daemon runs.
           c.relname IN ('schema_migration', 'migration_note', 'daemon', 'webhook_deliverer') AS is_open
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
     ORDER BY c.oid
  LOOP
    rights := CASE WHEN t.by_triggers THEN 'SELECT' WHEN t.grows_only THEN 'SELECT, INSERT'
                   ELSE 'SELECT, INSERT, UPDATE, DELETE' END;
    EXECUTE format('GRANT %s ON %s TO %I', rights, t.name, worker);
    IF t.has_tenant THEN
      EXECUTE format('GRANT %s ON %s TO %I', rights, t.name, app);
      PERFORM guard_table(t.name, 'tenant_id = ' || mine, app, worker);
    ELSIF t.is_tenant THEN
      EXECUTE format('GRANT SELECT, UPDATE ON %s TO %I', t.name, app);
      PERFORM guard_table(t.name, 'id = ' || mine, app, worker);
    ELSIF t.is_open THEN
      EXECUTE format('GRANT SELECT ON %s TO %I', t.name, app);
    END IF;
  END LOOP;
END $$;

INSERT INTO installation (system_identifier, timeline)
SELECT system_identifier, database_timeline() FROM pg_control_system() WHERE NOT pg_is_in_recovery();
