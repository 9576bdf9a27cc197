-- Who changed what. Triggers write it in the transaction that changes, so that nothing can be left out; the functions
-- have the owner's rights, and nobody else may write here. What is personal (names, before, after) is behind a
-- commitment: `salted` stays when it is erased, and the chain still holds.
--
-- An entry has its place in the tenant's chain within a second of its commit, from seal_audit: hash = SHA-256(hash
-- before, position, leaf). All in fixed form: numbers big-endian, texts as UTF-8 with their length before them, times in
-- microseconds.
CREATE TABLE audit_event (
  tenant_id   bigint NOT NULL,              -- 0: the installation's
  id          bigint GENERATED ALWAYS AS IDENTITY,
  at          timestamptz NOT NULL,
  login       text NOT NULL,                -- the database's user
  doer        text NOT NULL,                -- what it said: "user 12", "API key 3", "shell anna", "smscrmd", "database postgres"
  via         text NOT NULL,                -- cli, api, console, daemon, sql
  request     text NOT NULL DEFAULT '',
  action      text NOT NULL,                -- "campaign.update"
  object_id   text NOT NULL,                -- of one thing; empty: of `rows` many
  rows        bigint NOT NULL DEFAULT 1,
  object_name text,
  before      text,                         -- JSON: of an update only what differs
  after       text,
  salt        bytea,
  salted      bytea NOT NULL,               -- SHA-256 of salt, object_name, before, after
  leaf        bytea NOT NULL,               -- SHA-256 of all the rest and salted
  position    bigint,                       -- in the tenant's chain, from 1; null: not sealed yet
  hash        bytea,
  PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX audit_event_position ON audit_event (tenant_id, position) WHERE position IS NOT NULL;
CREATE INDEX audit_event_object ON audit_event (tenant_id, object_id) WHERE object_id <> '';
CREATE INDEX audit_event_unsealed ON audit_event (tenant_id, id) WHERE position IS NULL;

-- Signed heads of the chains; the key is derived from the key file, which the database never has.
CREATE TABLE audit_checkpoint (
  tenant_id bigint NOT NULL,
  size      bigint NOT NULL,
  hash      bytea NOT NULL,
  at        timestamptz NOT NULL,
  signature bytea NOT NULL,
  PRIMARY KEY (tenant_id, size)
);
CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An entry gets its place once, and what is personal may go; nothing else of it changes.
CREATE FUNCTION keep_audit_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE'
     AND (to_jsonb(NEW) - '{position,hash,salt,object_name,before,after}'::text[])
       = (to_jsonb(OLD) - '{position,hash,salt,object_name,before,after}'::text[])
     AND (OLD.position IS NULL OR (NEW.position = OLD.position AND NEW.hash = OLD.hash))
     AND (NEW.salt = OLD.salt OR (NEW.salt IS NULL AND NEW.object_name IS NULL AND NEW.before IS NULL
                                  AND NEW.after IS NULL))
     AND (NEW.object_name IS NULL OR NEW.object_name = OLD.object_name)
     AND (NEW.before IS NULL OR NEW.before = OLD.before) AND (NEW.after IS NULL OR NEW.after = OLD.after) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the audit is append-only';
END $$;
CREATE TRIGGER audit_event_kept BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION keep_audit_event();
CREATE TRIGGER audit_event_append_only BEFORE TRUNCATE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A text in fixed form.
CREATE FUNCTION audit_text(value text) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN value IS NULL THEN int4send(-1)
              ELSE int4send(octet_length(convert_to(value, 'UTF8'))) || convert_to(value, 'UTF8') END
$$;

CREATE FUNCTION write_audit(of_tenant bigint, what text, of_object text, named text, was text, is_now text, many bigint)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  new_id bigint := nextval(pg_get_serial_sequence('audit_event', 'id'));
  now_at timestamptz := clock_timestamp();
  new_salt bytea := uuid_send(gen_random_uuid());
  who text := coalesce(nullif(current_setting('smscrm.doer', true), ''), 'database ' || session_user);
  way text := coalesce(nullif(current_setting('smscrm.via', true), ''), 'sql');
  asked text := coalesce(current_setting('smscrm.request', true), '');
  behind bytea;
BEGIN
  behind := sha256(new_salt || audit_text(named) || audit_text(was) || audit_text(is_now));
  INSERT INTO audit_event (tenant_id, id, at, login, doer, via, request, action, object_id, rows, object_name, before, after,
                           salt, salted, leaf)
  OVERRIDING SYSTEM VALUE
  VALUES (of_tenant, new_id, now_at, session_user, who, way, asked, what, of_object, many, named, was, is_now, new_salt, behind,
          sha256(int8send(of_tenant) || int8send(new_id) || int8send((extract(epoch FROM now_at) * 1000000)::bigint)
                 || audit_text(session_user::text) || audit_text(who) || audit_text(way) || audit_text(asked) || audit_text(what) || audit_text(of_object)
                 || int8send(many) || behind));
END $$;

-- An address may have a secret before its host or behind its path.
CREATE FUNCTION audit_url(url text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT regexp_replace(regexp_replace(url, '//[^/?#]*@', '//***@'), '[?#].*$', '?***')
$$;

-- One row, with what differs. Arguments: columns that change by themselves and tell nothing.
CREATE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  secrets constant text[] := '{auth_token,previous_auth_token,api_key_secret,secret,password,totp_secret,digest}';
  old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - coalesce(TG_ARGV, '{}') END;
  new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - coalesce(TG_ARGV, '{}') END;
  any_row jsonb := coalesce(new_row, old_row);
  of_tenant bigint := CASE WHEN TG_TABLE_NAME = 'tenant' THEN any_row ->> 'id' ELSE coalesce(any_row ->> 'tenant_id', '0') END;
  of_object text := coalesce(any_row ->> 'id', any_row ->> 'user_id', any_row ->> 'inbound_id', any_row ->> 'slug', '');
  named text := coalesce(any_row ->> 'slug', any_row ->> 'email', any_row ->> 'name', any_row ->> 'word', any_row ->> 'address');
  old_part jsonb := old_row;
  new_part jsonb := new_row;
  k text;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    SELECT jsonb_object_agg(key, value) INTO new_part FROM jsonb_each(new_row) n WHERE old_row -> key IS DISTINCT FROM n.value;
    IF new_part IS NULL OR new_part - 'updated_at' = '{}' THEN
      RETURN NULL;
    END IF;
    SELECT jsonb_object_agg(key, value) INTO old_part FROM jsonb_each(old_row) WHERE new_part ? key;
  END IF;
  IF TG_TABLE_NAME = 'import' AND TG_OP = 'UPDATE' THEN
    new_part := new_row;  -- its end tells what came of it: the counts
  END IF;
  FOREACH k IN ARRAY secrets LOOP
    IF old_part ->> k IS NOT NULL THEN old_part := jsonb_set(old_part, ARRAY[k], '"***"'); END IF;
    IF new_part ->> k IS NOT NULL THEN new_part := jsonb_set(new_part, ARRAY[k], '"***"'); END IF;
  END LOOP;
  IF old_part ? 'url' THEN old_part := jsonb_set(old_part, '{url}', to_jsonb(audit_url(old_part ->> 'url'))); END IF;
  IF new_part ? 'url' THEN new_part := jsonb_set(new_part, '{url}', to_jsonb(audit_url(new_part ->> 'url'))); END IF;
  PERFORM write_audit(of_tenant, TG_TABLE_NAME || '.' || lower(TG_OP), of_object, named, old_part::text, new_part::text, 1);
  RETURN NULL;
END $$;

CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON tenant FOR EACH ROW EXECUTE FUNCTION audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON tenant_alias FOR EACH ROW EXECUTE FUNCTION audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON account FOR EACH ROW EXECUTE FUNCTION audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON sender FOR EACH ROW EXECUTE FUNCTION audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON template FOR EACH ROW EXECUTE FUNCTION audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON keyword FOR EACH ROW EXECUTE FUNCTION audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON list FOR EACH ROW EXECUTE FUNCTION audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON membership FOR EACH ROW EXECUTE FUNCTION audit_row();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON app_user
  FOR EACH ROW EXECUTE FUNCTION audit_row('totp_step', 'epoch');
CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE OF name, scopes, networks, expires_at, revoked_at ON api_key
  FOR EACH ROW EXECUTE FUNCTION audit_row('last_used_at', 'last_used_from');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON campaign FOR EACH ROW EXECUTE FUNCTION audit_row();
CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE OF slug, url, events, secret, removed_at, disabled_at ON webhook
  FOR EACH ROW EXECUTE FUNCTION audit_row('failing_since', 'last_attempt_at', 'last_success_at', 'last_status',
                                          'last_error', 'owner', 'epoch', 'leased_until');
CREATE TRIGGER audit_made AFTER INSERT ON link FOR EACH ROW WHEN (NEW.campaign_id IS NULL) EXECUTE FUNCTION audit_row();
CREATE TRIGGER audit AFTER DELETE OR UPDATE OF name, target_url, expires_at, disabled_at ON link
  FOR EACH ROW EXECUTE FUNCTION audit_row('changed_at');
CREATE TRIGGER audit AFTER UPDATE OF decision ON opt_out_review FOR EACH ROW EXECUTE FUNCTION audit_row();
CREATE TRIGGER audit_made AFTER INSERT ON import FOR EACH ROW EXECUTE FUNCTION audit_row('options', 'columns', 'header');
CREATE TRIGGER audit AFTER UPDATE OF status ON import
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION audit_row('options', 'columns', 'header');
CREATE TRIGGER audit AFTER INSERT ON one_time_link FOR EACH ROW EXECUTE FUNCTION audit_row('epoch');
-- Signing in. Sessions end by themselves, and take nothing with them that is not said elsewhere.
CREATE TRIGGER audit AFTER INSERT ON user_session
  FOR EACH ROW EXECUTE FUNCTION audit_row('digest', 'epoch', 'seen_at', 'fresh_at');

-- What an entry tells of a row that came or went: of people no more than which it was.
CREATE FUNCTION audit_part(of_table text, whole jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN of_table NOT IN ('contact', 'dnc') THEN whole
              ELSE jsonb_strip_nulls(jsonb_build_object('id', whole -> 'id', 'reason', whole -> 'reason',
                     'msisdn', left(whole ->> 'msisdn', 5) || '…' || right(whole ->> 'msisdn', 2))) END
$$;

-- Of many rows: up to twenty have an entry each, more have one together. An import has its own, with its counts.
CREATE FUNCTION audit_rows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  what constant text := TG_TABLE_NAME || '.' || lower(TG_OP);
  r record;
  many bigint;
  importing bigint := nullif(current_setting('smscrm.import', true), '')::bigint;
  of_import bigint := nullif(current_setting('smscrm.import_tenant', true), '')::bigint;
  others bigint := 1;
BEGIN
  -- Only what a running import brings to its own tenant, and never what goes.
  IF importing IS NOT NULL AND TG_OP <> 'DELETE' AND TG_TABLE_NAME <> 'dnc'
     AND EXISTS (SELECT FROM import WHERE id = importing AND tenant_id = of_import AND status = 'running') THEN
    SELECT count(*) INTO others FROM new_rows WHERE tenant_id <> of_import;
    IF others = 0 THEN
      RETURN NULL;
    END IF;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    SELECT count(*) INTO many FROM new_rows;
  ELSIF TG_OP = 'INSERT' THEN
    SELECT count(*) INTO many FROM new_rows;
  ELSE
    SELECT count(*) INTO many FROM old_rows;
  END IF;
  IF many = 0 THEN
    RETURN NULL;
  END IF;
  -- Of whom nothing is kept any more, the audit keeps no more than that something was.
  IF TG_TABLE_NAME = 'contact' AND TG_OP = 'DELETE' THEN
    UPDATE audit_event a SET salt = NULL, object_name = NULL, before = NULL, after = NULL
      FROM (SELECT to_jsonb(x) AS row FROM old_rows x) d
     WHERE a.tenant_id = (d.row ->> 'tenant_id')::bigint AND a.object_id = d.row ->> 'id'
       AND a.object_id <> '' AND a.action IN ('contact.insert', 'contact.update') AND a.salt IS NOT NULL;
  END IF;
  IF many > 20 THEN
    IF TG_OP = 'DELETE' THEN
      FOR r IN SELECT tenant_id, count(*) AS n FROM old_rows GROUP BY tenant_id LOOP
        PERFORM write_audit(r.tenant_id, what, '', NULL, NULL, NULL, r.n);
      END LOOP;
    ELSE
      FOR r IN SELECT tenant_id, count(*) AS n FROM new_rows GROUP BY tenant_id LOOP
        PERFORM write_audit(r.tenant_id, what, '', NULL, NULL, NULL, r.n);
      END LOOP;
    END IF;
    RETURN NULL;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    FOR r IN
      SELECT n.tenant_id, n.id, o.part AS was, n.part AS is_now
        FROM (SELECT (to_jsonb(x) ->> 'tenant_id')::bigint AS tenant_id, to_jsonb(x) ->> 'id' AS id,
                     to_jsonb(x) - 'updated_at' AS part FROM new_rows x) n
        JOIN (SELECT (to_jsonb(x) ->> 'tenant_id')::bigint AS tenant_id, to_jsonb(x) ->> 'id' AS id,
                     to_jsonb(x) - 'updated_at' AS part FROM old_rows x) o
          ON o.tenant_id = n.tenant_id AND o.id = n.id AND o.part <> n.part
    LOOP
      PERFORM write_audit(r.tenant_id, what, r.id, NULL,
                          (SELECT jsonb_object_agg(key, value) FROM jsonb_each(r.was) WHERE r.is_now -> key IS DISTINCT FROM value)::text,
                          (SELECT jsonb_object_agg(key, value) FROM jsonb_each(r.is_now) WHERE r.was -> key IS DISTINCT FROM value)::text, 1);
    END LOOP;
  ELSIF TG_OP = 'INSERT' THEN
    FOR r IN SELECT to_jsonb(x) AS row FROM new_rows x LOOP
      PERFORM write_audit((r.row ->> 'tenant_id')::bigint, what, coalesce(r.row ->> 'id', r.row ->> 'contact_id', ''), NULL,
                          NULL, audit_part(TG_TABLE_NAME, r.row)::text, 1);
    END LOOP;
  ELSE
    FOR r IN SELECT to_jsonb(x) AS row FROM old_rows x LOOP
      PERFORM write_audit((r.row ->> 'tenant_id')::bigint, what, coalesce(r.row ->> 'id', r.row ->> 'contact_id', ''), NULL,
                          audit_part(TG_TABLE_NAME, r.row)::text, NULL, 1);
    END LOOP;
  END IF;
  RETURN NULL;
END $$;

DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['contact', 'list_member', 'dnc'] LOOP
    EXECUTE format('CREATE TRIGGER audit_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION audit_rows()', t);
    EXECUTE format('CREATE TRIGGER audit_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION audit_rows()', t);
  END LOOP;
END $$;
CREATE TRIGGER audit_update AFTER UPDATE ON contact REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION audit_rows();

-- Consent by hand. What people write themselves, and what imports bring, is in the ledger of consent with its proof.
CREATE FUNCTION audit_consent() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT tenant_id, count(*) AS n, min(id) AS first FROM new_rows
            WHERE import_id IS NULL AND inbound_id IS NULL AND message_id IS NULL GROUP BY tenant_id LOOP
    PERFORM write_audit(r.tenant_id, 'consent.record', CASE WHEN r.n = 1 THEN r.first::text ELSE '' END, NULL, NULL,
                        CASE WHEN r.n = 1 THEN
                          (SELECT (to_jsonb(x) || jsonb_build_object('msisdn', left(x.msisdn, 5) || '…'
                                                                               || right(x.msisdn, 2)))::text
                             FROM new_rows x WHERE x.id = r.first AND x.tenant_id = r.tenant_id) END, r.n);
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER audit_insert AFTER INSERT ON consent_event REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION audit_consent();

-- Gives what is committed its places, at most so many entries; the heads of the chains that grew. Nothing while another
-- does it.
CREATE FUNCTION seal_audit(most integer) RETURNS TABLE (tenant_id bigint, size bigint, hash bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
  e record;
  chain bigint;
  last_size bigint;
  last_hash bytea;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('smscrm audit')) THEN
    RETURN;
  END IF;
  FOR e IN SELECT a.tenant_id, a.id, a.leaf FROM audit_event a WHERE a.position IS NULL ORDER BY a.tenant_id, a.id LIMIT most
  LOOP
    IF chain IS DISTINCT FROM e.tenant_id THEN
      IF chain IS NOT NULL THEN
        RETURN QUERY SELECT chain, last_size, last_hash;
      END IF;
      chain := e.tenant_id;
      SELECT a.position, a.hash INTO last_size, last_hash FROM audit_event a
       WHERE a.tenant_id = chain AND a.position IS NOT NULL ORDER BY a.position DESC LIMIT 1;
      last_size := coalesce(last_size, 0);
      last_hash := coalesce(last_hash, '');
    END IF;
    last_size := last_size + 1;
    last_hash := sha256(last_hash || int8send(last_size) || e.leaf);
    UPDATE audit_event a SET position = last_size, hash = last_hash WHERE a.tenant_id = chain AND a.id = e.id;
  END LOOP;
  IF chain IS NOT NULL THEN
    RETURN QUERY SELECT chain, last_size, last_hash;
  END IF;
END $$;

CREATE FUNCTION record_checkpoint(of_tenant bigint, of_size bigint, of_hash bytea, signed_at timestamptz, signed bytea)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
  INSERT INTO audit_checkpoint VALUES (of_tenant, of_size, of_hash, signed_at, signed) ON CONFLICT DO NOTHING
$$;
-- What runs with the owner's rights looks nothing up among a caller's temporary tables.
DO $$
DECLARE
  f regprocedure;
BEGIN
  FOR f IN SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname = current_schema() AND p.prosecdef LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', f, current_schema());
  END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION write_audit, audit_row, audit_rows, audit_consent, seal_audit, record_checkpoint FROM PUBLIC;
