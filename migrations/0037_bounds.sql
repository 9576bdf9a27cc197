-- Nothing that somebody sets is beyond what was ever meant (core/base/bounds.hpp), whichever way it comes: one
-- tenant's year 12978 or rate of 1e308 is in the way of all that read it. What is stored beyond is brought to the
-- bound first, and the migration says how much of it there was.
CREATE FUNCTION pg_temp.bring(what text, statement text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  changed bigint;
BEGIN
  EXECUTE statement;
  GET DIAGNOSTICS changed = ROW_COUNT;
  IF changed > 0 THEN
    RAISE NOTICE '%: % brought into bounds', what, changed;
  END IF;
END $$;

DO $$ BEGIN
-- NaN is beyond every number.
PERFORM pg_temp.bring('rates of accounts', $q$UPDATE account SET rate = least(greatest(rate, 0.001), 1000000)
  WHERE rate NOT BETWEEN 0.001 AND 1000000$q$);
PERFORM pg_temp.bring('requests in flight of accounts', $q$UPDATE account SET max_in_flight = 10000
  WHERE max_in_flight > 10000$q$);
PERFORM pg_temp.bring('prices of parts', $q$UPDATE account SET part_price = 1000000 WHERE part_price > 1000000$q$);
PERFORM pg_temp.bring('rates of senders', $q$UPDATE sender SET rate = least(greatest(rate, 0.001), 1000000)
  WHERE rate NOT BETWEEN 0.001 AND 1000000$q$);
PERFORM pg_temp.bring('daily caps of senders', $q$UPDATE sender SET daily_cap = 1000000000000
  WHERE daily_cap > 1000000000000$q$);
PERFORM pg_temp.bring('daily caps of tenants', $q$UPDATE tenant SET daily_cap = 1000000000000
  WHERE daily_cap > 1000000000000$q$);
PERFORM pg_temp.bring('rates of campaigns', $q$UPDATE campaign SET rate = least(greatest(rate, 0.001), 1000000)
  WHERE rate NOT BETWEEN 0.001 AND 1000000$q$);
PERFORM pg_temp.bring('lengths until campaigns expire', $q$UPDATE campaign SET expires_after = interval '3650 days'
  WHERE expires_after > interval '3650 days'$q$);
PERFORM pg_temp.bring('lengths until links of campaigns expire',
  $q$UPDATE campaign SET links_expire_after = interval '3650 days' WHERE links_expire_after > interval '3650 days'$q$);
-- A time that is out of reach is no limit; one before the Christian era is over.
PERFORM pg_temp.bring('ends of campaigns', $q$UPDATE campaign
  SET expires_at = CASE WHEN expires_at > now() THEN launched_at + interval '3650 days' ELSE launched_at END
  WHERE expires_at NOT BETWEEN '1970-01-01Z' AND '9999-12-30Z'$q$);
PERFORM pg_temp.bring('ends of links', $q$UPDATE link
  SET expires_at = CASE WHEN expires_at > now() THEN created_at + interval '3650 days' ELSE created_at END
  WHERE expires_at NOT BETWEEN '1970-01-01Z' AND '9999-12-30Z'$q$);
PERFORM pg_temp.bring('dates of reviews', $q$UPDATE opt_out_review SET due_at = now()
  WHERE due_at NOT BETWEEN '1970-01-01Z' AND '9999-12-30Z'$q$);
PERFORM pg_temp.bring('names of tenants', $q$UPDATE tenant SET name = left(name, 200)
  WHERE char_length(name) > 200$q$);
PERFORM pg_temp.bring('replies to keywords of all', $q$UPDATE tenant SET stop_reply = left(stop_reply, 1600),
  start_reply = left(start_reply, 1600), help_reply = left(help_reply, 1600)
  WHERE greatest(char_length(stop_reply), char_length(start_reply), char_length(help_reply)) > 1600$q$);
PERFORM pg_temp.bring('names of lists', $q$UPDATE list SET name = left(name, 200) WHERE char_length(name) > 200$q$);
PERFORM pg_temp.bring('names of links', $q$UPDATE link SET name = left(name, 200) WHERE char_length(name) > 200$q$);
PERFORM pg_temp.bring('reasons not to text', $q$UPDATE dnc SET reason = left(reason, 1000)
  WHERE char_length(reason) > 1000$q$);
END $$;

ALTER TABLE tenant
  DROP CONSTRAINT tenant_daily_cap_check,
  ADD CONSTRAINT tenant_daily_cap_check CHECK (daily_cap BETWEEN 1 AND 1000000000000),
  ADD CONSTRAINT tenant_name_length CHECK (char_length(name) <= 200),
  ADD CONSTRAINT tenant_reply_length
    CHECK (greatest(char_length(stop_reply), char_length(start_reply), char_length(help_reply)) <= 1600);
ALTER TABLE account
  DROP CONSTRAINT account_rate_check,
  DROP CONSTRAINT account_max_in_flight_check,
  DROP CONSTRAINT account_part_price_check,
  ADD CONSTRAINT account_rate_check CHECK (rate BETWEEN 0.001 AND 1000000),
  ADD CONSTRAINT account_max_in_flight_check CHECK (max_in_flight BETWEEN 1 AND 10000),
  ADD CONSTRAINT account_part_price_check CHECK (part_price BETWEEN 0 AND 1000000);
ALTER TABLE sender
  DROP CONSTRAINT sender_rate_check,
  DROP CONSTRAINT sender_daily_cap_check,
  ADD CONSTRAINT sender_rate_check CHECK (rate BETWEEN 0.001 AND 1000000),
  ADD CONSTRAINT sender_daily_cap_check CHECK (daily_cap BETWEEN 1 AND 1000000000000);
ALTER TABLE campaign
  DROP CONSTRAINT campaign_rate_check,
  DROP CONSTRAINT campaign_expires_after_check,
  DROP CONSTRAINT campaign_links_expire_after_check,
  ADD CONSTRAINT campaign_rate_check CHECK (rate BETWEEN 0.001 AND 1000000),
  ADD CONSTRAINT campaign_expires_after_check
    CHECK (expires_after > interval '0' AND expires_after <= interval '3650 days'),
  ADD CONSTRAINT campaign_links_expire_after_check
    CHECK (links_expire_after > interval '0' AND links_expire_after <= interval '3650 days'),
  ADD CONSTRAINT campaign_expires_at_year CHECK (expires_at BETWEEN '1970-01-01Z' AND '9999-12-30Z');
ALTER TABLE link
  ADD CONSTRAINT link_expires_at_year CHECK (expires_at BETWEEN '1970-01-01Z' AND '9999-12-30Z'),
  ADD CONSTRAINT link_name_length CHECK (char_length(name) <= 200);
ALTER TABLE list ADD CONSTRAINT list_name_length CHECK (char_length(name) <= 200);
ALTER TABLE dnc ADD CONSTRAINT dnc_reason_length CHECK (char_length(reason) <= 1000);
ALTER TABLE opt_out_review
  ADD CONSTRAINT opt_out_review_due_at_year CHECK (due_at BETWEEN '1970-01-01Z' AND '9999-12-30Z');

-- Texts that cannot be cut: a body would say something else, an address lead elsewhere, a key be another's. Those that
-- are there stay as they are, and no longer ones come.
ALTER TABLE template ADD CONSTRAINT template_body_length CHECK (char_length(body) <= 10000) NOT VALID;
ALTER TABLE keyword ADD CONSTRAINT keyword_reply_length CHECK (char_length(reply) <= 10000) NOT VALID;
ALTER TABLE link ADD CONSTRAINT link_target_length CHECK (char_length(target_url) <= 2048) NOT VALID;
ALTER TABLE webhook ADD CONSTRAINT webhook_url_length CHECK (char_length(url) <= 2000) NOT VALID;
ALTER TABLE campaign ADD CONSTRAINT campaign_launch_key_length CHECK (char_length(launch_key) <= 200) NOT VALID;
ALTER TABLE list ADD CONSTRAINT list_slug_form CHECK (slug ~ '^[a-z0-9][a-z0-9_-]{0,62}$') NOT VALID;
ALTER TABLE inbound ADD CONSTRAINT inbound_provider_sid_length CHECK (char_length(provider_sid) <= 64) NOT VALID;

-- When each daemon's directory of tenants and links was last what the database says: "smscrm doctor" looks here.
CREATE TABLE directory_load (
  daemon    text PRIMARY KEY,                      -- host and process
  host      text NOT NULL,
  seen_at   timestamptz NOT NULL,                  -- when it last tried
  loaded_at timestamptz NOT NULL,                  -- when it last succeeded
  left_out  integer NOT NULL DEFAULT 0,            -- rows that could not be read
  error     text NOT NULL DEFAULT ''               -- of the last attempt, or of the first row left out
) WITH (fillfactor = 50);
