-- Who may see what, kept by PostgreSQL too. Three roles that nobody logs in as, each the database's name and a word:
--   …_app     what acts for one tenant: it sees and changes the rows of the tenant in smscrm.tenant, and no others
--   …_worker  the daemon's own loops and the shell's commands on the whole installation
--   …_backup  reads everything, for pg_dump, which refuses to go by row-level security
-- Neither of the first two changes the schema, nor takes back what is append-only. "smscrm migrate" makes them where
-- its user may, and calls guard_tenants each time, so that no table is forgotten. Row-level security hinders no function
-- of the owner's, nor the checks of foreign keys: the owner has a policy of its own.

-- The policies of one table: `mine` is what holds for the rows of the tenant at hand. The sub-select is there so that
-- the setting is read once for a statement, not for each row.
CREATE FUNCTION guard_table(guarded regclass, mine text, app name, worker name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  p record;
BEGIN
  FOR p IN SELECT * FROM (VALUES ('app', app, mine), ('worker', worker, 'true'),
                                 ('owner', current_user::name, 'true')) AS v(policy, holder, condition)
  LOOP
    IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = guarded AND polname = p.policy) THEN
      EXECUTE format('CREATE POLICY %I ON %s TO %I USING (%s) WITH CHECK (%4$s)', p.policy, guarded, p.holder,
                     p.condition);
    END IF;
  END LOOP;
  IF NOT (SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = guarded) THEN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', guarded);
  END IF;
END $$;

-- Rights and policies on all tables that there are.
CREATE FUNCTION guard_tenants(app name, worker name, backup name) RETURNS void LANGUAGE plpgsql AS $$
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
  EXECUTE format('GRANT EXECUTE ON FUNCTION seal_audit, record_checkpoint TO %I', worker);
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

-- ANALYZE by one who does not own the table is a warning, and does nothing.
CREATE FUNCTION refresh_statistics(tables text[], wanted bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  t regclass;
BEGIN
  FOR t IN SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = current_schema() AND c.relname = ANY (tables) AND c.relkind IN ('r', 'p')
              AND c.reltuples < wanted
  LOOP
    EXECUTE format('ANALYZE %s', t);
  END LOOP;
END $$;

-- The secret that the codes of links are made with: the app's own functions read and make it, its users never see the
-- table.
CREATE FUNCTION link_secret(made bytea) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF made IS NOT NULL THEN
    INSERT INTO installation_secret (name, sealed) VALUES ('link', made) ON CONFLICT (name) DO NOTHING;
  END IF;
  RETURN (SELECT sealed FROM installation_secret WHERE name = 'link');
END $$;

-- Contacts with a tag. By a function, for row-level security keeps conditions that it does not know to be leakproof
-- from the index that they are for.
CREATE FUNCTION tagged_contacts(of_tenant bigint, tag text) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT ROWS 10000 AS $$
  SELECT id FROM contact
   WHERE tenant_id = of_tenant AND tags <> '{}' AND tags @> ARRAY[tag]
     AND of_tenant = coalesce(nullif(current_setting('smscrm.tenant', true), '')::bigint, of_tenant)
$$;

-- It moves the sequence, which takes more than its use.
ALTER FUNCTION reserve_message_ids(bigint) SECURITY DEFINER;
ALTER FUNCTION reserve_message_ids(bigint) SET search_path FROM CURRENT;

-- They run with the owner's rights: for nobody but us.
REVOKE EXECUTE ON FUNCTION refresh_statistics, link_secret, tagged_contacts, reserve_message_ids FROM PUBLIC;
