-- Rows that are kept under another notation of a number are brought under the one that all doors use now
-- (core/phone/address.hpp, core/phone/line.hpp): one contact, one consent, one place on the do-not-contact list.
-- The stricter wins: who has opted out by any notation has opted out.
--
-- The ledger of consent is append-only. What it has under the old notation stays, and is appended under the new one
-- with its own times, so that the history of the number is whole.

-- The key of an address, as address_key makes it of what a provider may have sent: without a channel that goes by
-- numbers, and of the notations of one line the one that is dialled.
CREATE FUNCTION line_of(address text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  n text := btrim(address, E' \t\r\n');
BEGIN
  IF n ~* '^(sms|mms|rcs|tel|smsto|whatsapp|viber):\s*\+[1-9][0-9]{5,14}$' THEN
    n := btrim(substr(n, strpos(n, ':') + 1));
  ELSIF n ~* '^whatsapp:\s*[1-9][0-9]{8,14}$' THEN
    n := '+' || btrim(substr(n, strpos(n, ':') + 1));
  ELSIF n ~ '^[A-Za-z]+:' THEN
    RETURN CASE WHEN n ~* '^name:' THEN 'name:' || upper(substr(n, 6)) ELSE lower(n) END;
  END IF;
  RETURN CASE
    WHEN n ~ '^\+521[2-9][0-9]{9}$' THEN '+52' || substr(n, 5)
    WHEN n ~ '^\+54(11|[23][0-9])[0-9]{8}$' THEN '+549' || substr(n, 4)
    WHEN n ~ '^\+55[1-9][0-9]([689][0-9]{7}|7[1-6][0-9]{6})$' THEN left(n, 5) || '9' || substr(n, 6)
    WHEN n ~ '^\+225[0456789][0-9]{7}$' THEN
      '+225' || CASE WHEN substr(n, 6, 1) >= '7' THEN '07' WHEN substr(n, 6, 1) >= '4' THEN '05' ELSE '01' END ||
      substr(n, 5)
    WHEN n ~ '^\+229[24569][0-9]{7}$' THEN '+22901' || substr(n, 5)
    WHEN n ~ '^\+24101[0-9]{6}$' THEN '+2411' || substr(n, 6)
    WHEN n ~ '^\+2410?[256][0-9]{6}$' THEN '+2416' || right(n, 7)
    WHEN n ~ '^\+2410?[47][0-9]{6}$' THEN '+2417' || right(n, 7)
    WHEN n ~ '^[A-Za-z0-9 +_&-]{1,11}$' AND n ~ '[A-Za-z]' THEN 'name:' || upper(n)
    WHEN n ~ '^\+[1-9][0-9]{5,14}$' OR n ~ '^[0-9]{3,8}$' THEN n
    ELSE 'other:' || lower(left(n, 100))
  END;
END $$;

DO $$
DECLARE
  this CONSTANT text := '0030_one_line';
  n bigint;
BEGIN
  -- Addresses under another notation, and with their keys all that is of one line with them.
  CREATE TEMP TABLE moved ON COMMIT DROP AS
  SELECT u.tenant_id, u.msisdn, line_of(u.msisdn) AS key
    FROM (SELECT tenant_id, msisdn FROM contact UNION SELECT tenant_id, msisdn FROM consent
          UNION SELECT tenant_id, msisdn FROM consent_scope UNION SELECT tenant_id, msisdn FROM consent_event
          UNION SELECT tenant_id, msisdn FROM dnc UNION SELECT tenant_id, msisdn FROM inbound
          UNION SELECT tenant_id, msisdn FROM message WHERE msisdn ~ '^(\+(52|54|55|225|229|241)|[^+])') u
   WHERE u.msisdn ~ '^(\+(52|54|55|225|229|241)|[^+]|$)' AND line_of(u.msisdn) <> u.msisdn;
  CREATE TEMP TABLE line ON COMMIT DROP AS
  SELECT tenant_id, msisdn, key FROM moved UNION SELECT tenant_id, key, key FROM moved;
  CREATE INDEX ON moved (tenant_id, msisdn);
  CREATE INDEX ON line (tenant_id, msisdn);
  ANALYZE moved, line;

  INSERT INTO consent_event (tenant_id, msisdn, action, method, source, import_id, inbound_id, message_id,
                             occurred_at, recorded_at, scope)
  SELECT e.tenant_id, m.key, e.action, e.method, e.source, e.import_id, e.inbound_id, e.message_id,
         e.occurred_at, e.recorded_at, e.scope
    FROM consent_event e JOIN moved m ON m.tenant_id = e.tenant_id AND m.msisdn = e.msisdn
   ORDER BY e.recorded_at, e.id;
  GET DIAGNOSTICS n = ROW_COUNT;
  INSERT INTO migration_note VALUES (this, 'consent ledger: entries repeated under the one notation', n);

  CREATE TEMP TABLE state ON COMMIT DROP AS
  SELECT l.tenant_id, l.key, s.scope, bool_or(s.state = 'opted_out') AS opted_out,
         count(DISTINCT s.state) > 1 AS differ, count(*) AS rows, max(s.changed_at) AS changed_at
    FROM (SELECT tenant_id, msisdn, '' AS scope, state, changed_at FROM consent
          UNION ALL SELECT tenant_id, msisdn, scope, state, changed_at FROM consent_scope) s
    JOIN line l ON l.tenant_id = s.tenant_id AND l.msisdn = s.msisdn
   GROUP BY l.tenant_id, l.key, s.scope;
  DELETE FROM consent c USING line l WHERE l.tenant_id = c.tenant_id AND l.msisdn = c.msisdn;
  DELETE FROM consent_scope c USING line l WHERE l.tenant_id = c.tenant_id AND l.msisdn = c.msisdn;
  INSERT INTO consent (tenant_id, msisdn, state, changed_at)
  SELECT tenant_id, key, CASE WHEN opted_out THEN 'opted_out' ELSE 'opted_in' END, changed_at FROM state
   WHERE scope = '';
  GET DIAGNOSTICS n = ROW_COUNT;
  INSERT INTO migration_note VALUES (this, 'consents brought under the one notation', n);
  INSERT INTO consent_scope (tenant_id, msisdn, scope, state, changed_at)
  SELECT tenant_id, key, scope, CASE WHEN opted_out THEN 'opted_out' ELSE 'opted_in' END, changed_at FROM state
   WHERE scope <> '';
  -- So that the ledger says the same as the state.
  INSERT INTO consent_event (tenant_id, msisdn, action, method, source, occurred_at, scope)
  SELECT tenant_id, key, 'opt_out', 'operator', 'opted out by another notation of the number', changed_at, scope
    FROM state WHERE opted_out AND rows > 1;
  INSERT INTO migration_note
  SELECT this, 'opt-outs that hold for a notation that was opted in', count(*) FROM state WHERE opted_out AND differ;

  INSERT INTO dnc (tenant_id, msisdn, reason, added_at)
  SELECT DISTINCT ON (d.tenant_id, m.key) d.tenant_id, m.key, d.reason, d.added_at
    FROM dnc d JOIN moved m ON m.tenant_id = d.tenant_id AND m.msisdn = d.msisdn
   ORDER BY d.tenant_id, m.key, d.added_at
  ON CONFLICT DO NOTHING;
  DELETE FROM dnc d USING moved m WHERE m.tenant_id = d.tenant_id AND m.msisdn = d.msisdn;
  GET DIAGNOSTICS n = ROW_COUNT;
  INSERT INTO migration_note VALUES (this, 'do-not-contact numbers brought under the one notation', n);

  -- Of several contacts of a line the one under its key stays, or else the oldest; the others fill what it lacks.
  CREATE TEMP TABLE twin ON COMMIT DROP AS
  SELECT tenant_id, key, id, first_value(id) OVER (PARTITION BY tenant_id, key
                                                   ORDER BY (msisdn = key) DESC, id) AS stays
    FROM (SELECT c.tenant_id, l.key, c.id, c.msisdn
            FROM contact c JOIN line l ON l.tenant_id = c.tenant_id AND l.msisdn = c.msisdn) c;
  DELETE FROM twin WHERE id = stays;
  CREATE INDEX ON twin (tenant_id, id);
  UPDATE contact c
     SET first_name = coalesce(nullif(c.first_name, ''), g.first_name, ''),
         last_name = coalesce(nullif(c.last_name, ''), g.last_name, ''),
         email = coalesce(nullif(c.email, ''), g.email, ''),
         timezone = coalesce(nullif(c.timezone, ''), g.timezone, ''),
         country = coalesce(nullif(c.country, ''), g.country, ''),
         external_id = coalesce(nullif(c.external_id, ''), g.external_id, ''),
         attributes = coalesce(g.attributes, '{}') || c.attributes,
         tags = ARRAY(SELECT DISTINCT u.tag COLLATE "C" FROM unnest(c.tags || g.tags) AS u(tag) ORDER BY 1),
         updated_at = now()
    FROM (SELECT t.tenant_id, t.stays,
                 (array_agg(c.first_name ORDER BY c.id) FILTER (WHERE c.first_name <> ''))[1] AS first_name,
                 (array_agg(c.last_name ORDER BY c.id) FILTER (WHERE c.last_name <> ''))[1] AS last_name,
                 (array_agg(c.email ORDER BY c.id) FILTER (WHERE c.email <> ''))[1] AS email,
                 (array_agg(c.timezone ORDER BY c.id) FILTER (WHERE c.timezone <> ''))[1] AS timezone,
                 (array_agg(c.country ORDER BY c.id) FILTER (WHERE c.country <> ''))[1] AS country,
                 (array_agg(c.external_id ORDER BY c.id) FILTER (WHERE c.external_id <> ''))[1] AS external_id,
                 (SELECT jsonb_object_agg(e.key, e.value)
                    FROM twin o JOIN contact x ON x.tenant_id = o.tenant_id AND x.id = o.id
                   CROSS JOIN LATERAL jsonb_each(x.attributes) e
                   WHERE o.tenant_id = t.tenant_id AND o.stays = t.stays) AS attributes,
                 (SELECT coalesce(array_agg(u.tag), '{}')
                    FROM twin o JOIN contact x ON x.tenant_id = o.tenant_id AND x.id = o.id
                   CROSS JOIN LATERAL unnest(x.tags) AS u(tag)
                   WHERE o.tenant_id = t.tenant_id AND o.stays = t.stays) AS tags
            FROM twin t JOIN contact c ON c.tenant_id = t.tenant_id AND c.id = t.id
           GROUP BY t.tenant_id, t.stays) g
   WHERE c.tenant_id = g.tenant_id AND c.id = g.stays;
  INSERT INTO list_member (tenant_id, list_id, contact_id, import_id, added_at)
  SELECT m.tenant_id, m.list_id, t.stays, m.import_id, m.added_at
    FROM list_member m JOIN twin t ON t.tenant_id = m.tenant_id AND t.id = m.contact_id
  ON CONFLICT DO NOTHING;

  -- Messages. A campaign that has one for the line already keeps the other as it was, for its books say who was in it;
  -- one that still waits is not sent.
  CREATE TEMP TABLE addressed ON COMMIT DROP AS
  SELECT m.tenant_id, m.id, m.campaign_id, m.status, l.key,
         m.campaign_id IS NOT NULL
         AND row_number() OVER (PARTITION BY m.tenant_id, m.campaign_id, l.key
                                ORDER BY m.status IN ('waiting', 'skipped'), m.status = 'skipped',
                                         m.msisdn <> l.key, m.id) > 1 AS again
    FROM message m JOIN line l ON l.tenant_id = m.tenant_id AND l.msisdn = m.msisdn;
  CREATE INDEX ON addressed (tenant_id, id);
  ANALYZE addressed;
  INSERT INTO campaign_counter AS c (tenant_id, campaign_id, slot, counter, value)
  SELECT a.tenant_id, a.campaign_id, 0, v.counter, sum(v.value)
    FROM addressed a CROSS JOIN LATERAL (VALUES ('status:waiting', -1), ('skipped:duplicate', 1)) AS v(counter, value)
   WHERE a.again AND a.status = 'waiting' GROUP BY 1, 2, 4
  ON CONFLICT (tenant_id, campaign_id, slot, counter) DO UPDATE SET value = c.value + excluded.value;
  DELETE FROM work_due w USING addressed a
   WHERE a.again AND a.status = 'waiting' AND w.tenant_id = a.tenant_id AND w.message_id = a.id;
  UPDATE message m SET status = 'skipped', skip_reason = 'duplicate', status_at = now() FROM addressed a
   WHERE a.again AND a.status = 'waiting' AND m.tenant_id = a.tenant_id AND m.id = a.id;
  GET DIAGNOSTICS n = ROW_COUNT;
  INSERT INTO migration_note VALUES (this, 'waiting messages skipped, for the line has one already', n);
  UPDATE message m SET contact_id = t.stays FROM addressed a, twin t
   WHERE NOT a.again AND m.tenant_id = a.tenant_id AND m.id = a.id AND t.tenant_id = m.tenant_id
     AND t.id = m.contact_id;
  UPDATE message m SET msisdn = a.key FROM addressed a
   WHERE NOT a.again AND m.tenant_id = a.tenant_id AND m.id = a.id AND m.msisdn <> a.key;
  GET DIAGNOSTICS n = ROW_COUNT;
  INSERT INTO migration_note VALUES (this, 'messages brought under the one notation', n);

  UPDATE inbound i SET contact_id = t.stays FROM twin t WHERE t.tenant_id = i.tenant_id AND t.id = i.contact_id;
  UPDATE inbound i SET msisdn = m.key,
                       contact_id = coalesce(i.contact_id, (SELECT c.id FROM contact c JOIN line l
                                       ON l.tenant_id = c.tenant_id AND l.msisdn = c.msisdn
                                    WHERE c.tenant_id = i.tenant_id AND l.key = m.key
                                      AND c.id NOT IN (SELECT t.id FROM twin t WHERE t.tenant_id = c.tenant_id)))
    FROM moved m WHERE m.tenant_id = i.tenant_id AND m.msisdn = i.msisdn;
  GET DIAGNOSTICS n = ROW_COUNT;
  INSERT INTO migration_note VALUES (this, 'texts received brought under the one notation', n);

  DELETE FROM contact c USING twin t WHERE t.tenant_id = c.tenant_id AND t.id = c.id;
  GET DIAGNOSTICS n = ROW_COUNT;
  INSERT INTO migration_note VALUES (this, 'contacts merged into another of their line', n);
  UPDATE contact c SET msisdn = m.key, updated_at = now() FROM moved m
   WHERE m.tenant_id = c.tenant_id AND m.msisdn = c.msisdn;
  GET DIAGNOSTICS n = ROW_COUNT;
  INSERT INTO migration_note VALUES (this, 'contacts brought under the one notation', n);

  -- The code of the United Kingdom.
  UPDATE tenant SET country = 'GB' WHERE country = 'UK';
  UPDATE contact SET country = 'GB' WHERE country = 'UK';
  GET DIAGNOSTICS n = ROW_COUNT;
  INSERT INTO migration_note VALUES (this, 'contacts of UK, which is GB', n);
END $$;
