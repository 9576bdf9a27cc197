-- No plan may hang on what the statistics know of a tenant. They know those that an ANALYZE has met; of any other the
-- planner expects one row, and then it is as cheap, by its reckoning, to read all rows of that tenant as to look one up
-- by an index of both columns: for each message that is claimed, each contact that is looked at. Without statistics on
-- the column it expects a two-hundredth of the table for every tenant alike, so that whatever has a key is looked up.
--
-- "smscrm migrate" calls this each time, for the tables that have come since. An old statistic goes with a change of
-- the column's type, here to what it is: nothing is rewritten.
CREATE FUNCTION forget_tenants_in_statistics() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t record;
BEGIN
  FOR t IN
    SELECT c.oid::regclass AS name,
           EXISTS (SELECT FROM pg_stats s
                    WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = 'tenant_id') AS known
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = current_schema() AND a.attname = 'tenant_id' AND NOT a.attisdropped AND a.attstattarget <> 0
     ORDER BY c.oid
  LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN tenant_id SET STATISTICS 0', t.name);
    IF t.known THEN
      EXECUTE format('ALTER TABLE %s ALTER COLUMN tenant_id TYPE bigint', t.name);
    END IF;
  END LOOP;
END $$;
SELECT forget_tenants_in_statistics();
