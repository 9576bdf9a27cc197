-- What reports show for a time, a sender, a country or a cause without counting rows: core/ledger/rollup.hpp. Written in
-- the transaction that changes what they count; report verify counts the rows again.

-- Value of a counter over one quarter of an hour. Several rows each, chosen by writer (slot), as in campaign_counter.
CREATE TABLE rollup (
  tenant_id   bigint NOT NULL,
  campaign_id bigint NOT NULL,                     -- 0: of no campaign
  bucket      timestamptz NOT NULL,                -- begin of the quarter in which it was counted
  counter     text COLLATE "C" NOT NULL,           -- is looked for by its first letters
  subject_id  bigint NOT NULL,                     -- sender of what left, link of what was clicked; 0: neither
  country     text NOT NULL,                       -- ISO 3166-1, of parts and cost; '': not known
  slot        smallint NOT NULL,
  value       numeric NOT NULL,
  CONSTRAINT rollup_pkey PRIMARY KEY (tenant_id, campaign_id, bucket, counter, subject_id, country, slot),
  CONSTRAINT rollup_bucket_year CHECK (bucket BETWEEN '1970-01-01 00:00+00' AND '9999-12-30 00:00+00')
) WITH (fillfactor = 50);
CREATE INDEX rollup_by_time ON rollup (tenant_id, bucket);
CREATE INDEX rollup_by_counter ON rollup (tenant_id, counter, bucket);
-- What is to be brought together, when nobody writes it any more.
CREATE INDEX rollup_spread ON rollup (bucket) WHERE slot <> 0;

-- The same by days of the tenant's clock, over all campaigns and links, so that a year is read at once.
CREATE TABLE rollup_day (
  tenant_id   bigint NOT NULL,
  day         date NOT NULL,
  counter     text COLLATE "C" NOT NULL,
  subject_id  bigint NOT NULL,                     -- sender; 0: none
  country     text NOT NULL,
  slot        smallint NOT NULL,
  value       numeric NOT NULL,
  CONSTRAINT rollup_day_pkey PRIMARY KEY (tenant_id, day, counter, subject_id, country, slot),
  CONSTRAINT rollup_day_year CHECK (day BETWEEN '1970-01-01' AND '9999-12-30')
) WITH (fillfactor = 50);
CREATE INDEX rollup_day_spread ON rollup_day (day) WHERE slot <> 0;

CREATE FUNCTION rollup_bucket(at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT date_bin('15 min', at, '2000-01-01 00:00+00')
$$;

-- Number of bounds not above it: core/ledger/latency.cpp has the same.
CREATE FUNCTION latency_class(ms numeric) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT width_bucket(floor(ms)::bigint, ARRAY[
    100, 119, 141, 168, 200, 238, 283, 336, 400, 476, 566, 673, 800, 951, 1131, 1345, 1600, 1903, 2263,
    2691, 3200, 3805, 4525, 5382, 6400, 7611, 9051, 10763, 12800, 15222, 18102, 21527, 25600, 30444, 36204,
    43054, 51200, 60887, 72408, 86108, 102400, 121775, 144815, 172216, 204800, 243550, 289631, 344431,
    409600, 487099, 579262, 688862, 819200, 974198, 1158524, 1377725, 1638400, 1948397, 2317048, 2755449,
    3276800, 3896794, 4634095, 5510899, 6553600, 7793588, 9268190, 11021797, 13107200, 15587175, 18536380,
    22043595, 26214400, 31174351, 37072760, 44087190, 52428800, 62348702, 74145520, 88174380, 104857600,
    124697404, 148291040, 176348760, 209715200
  ]::bigint[])
$$;

-- Whether days are being counted anew: who counts holds it shared until the end of the transaction, and looks at the
-- tenant's clock in a later statement.
CREATE FUNCTION rollup_lock(of_tenant bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT hashtextextended('rollup_day', of_tenant)
$$;

-- What the rows of messages, texts received, clicks and consent count. Without countries: a number tells its own only
-- to core/phone.
CREATE FUNCTION count_rollup(of_tenant bigint)
RETURNS TABLE (campaign_id bigint, bucket timestamptz, counter text, subject_id bigint, value numeric)
LANGUAGE sql STABLE AS $$
  WITH m AS MATERIALIZED (
    SELECT coalesce(m.campaign_id, 0) AS campaign_id, rollup_bucket(m.status_at) AS bucket, m.status, m.skip_reason,
           CASE WHEN m.status IN ('in_flight', 'unknown', 'queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed')
                THEN coalesce(m.sender_id, 0) ELSE 0 END AS subject_id,
           CASE WHEN m.status IN ('undelivered', 'failed') THEN coalesce(m.error_code, 0) END AS error_code,
           CASE WHEN m.status = 'delivered' AND m.claimed_at IS NOT NULL THEN
             latency_class(extract(epoch FROM m.status_at - m.claimed_at) * 1000) END AS latency,
           m.currency, count(*) AS messages, sum(m.parts) AS parts, sum(m.price) AS cost,
           CASE WHEN m.parts > 0 OR m.price IS NOT NULL THEN coalesce(m.sender_id, 0) ELSE 0 END AS payer_id
      FROM message m WHERE m.tenant_id = of_tenant GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 12
  ), counted AS (
    SELECT campaign_id, bucket, CASE status WHEN 'skipped' THEN 'skipped:' || skip_reason ELSE 'status:' || status END
             AS counter, subject_id, messages::numeric AS value FROM m
    UNION ALL SELECT coalesce(campaign_id, 0), rollup_bucket(created_at), 'made', 0, count(*)
      FROM message WHERE tenant_id = of_tenant GROUP BY 1, 2
    UNION ALL SELECT campaign_id, bucket, format('error:%s:%s', status, error_code), subject_id, messages FROM m
     WHERE error_code IS NOT NULL
    UNION ALL SELECT campaign_id, bucket, format('latency:%s', latency), subject_id, messages FROM m
     WHERE latency IS NOT NULL
    UNION ALL SELECT campaign_id, bucket, 'parts', payer_id, parts FROM m WHERE parts > 0
    UNION ALL SELECT campaign_id, bucket, 'cost:' || currency, payer_id, cost FROM m WHERE cost IS NOT NULL
    UNION ALL SELECT coalesce(m.campaign_id, 0), rollup_bucket(a.ended_at), v.counter, coalesce(a.sender_id, 0), v.value
      FROM message_attempt a JOIN message m ON m.tenant_id = a.tenant_id AND m.id = a.message_id
     CROSS JOIN LATERAL (VALUES ('parts', a.parts::numeric), ('cost:' || a.currency, a.price)) AS v(counter, value)
     WHERE a.tenant_id = of_tenant AND v.value <> 0
    UNION ALL SELECT coalesce(campaign_id, 0), rollup_bucket(received_at),
                     'received:' || coalesce(nullif(keyword, ''), 'other'), 0, 1
      FROM inbound WHERE tenant_id = of_tenant
    UNION ALL SELECT coalesce(l.campaign_id, 0), rollup_bucket(c.clicked_at), 'clicks', c.link_id, 1
      FROM click c JOIN link l ON l.tenant_id = c.tenant_id AND l.id = c.link_id
     WHERE c.tenant_id = of_tenant AND c.class = 'person'
    UNION ALL SELECT coalesce(l.campaign_id, 0), rollup_bucket(c.minute), 'clicks', c.link_id, c.hits
      FROM click_more c JOIN link l ON l.tenant_id = c.tenant_id AND l.id = c.link_id
     WHERE c.tenant_id = of_tenant AND c.class = 'person'
    UNION ALL SELECT coalesce(l.campaign_id, 0), rollup_bucket(c.clicked_at), 'unique_clicks', c.link_id, 1
      FROM click_first c JOIN link l ON l.tenant_id = c.tenant_id AND l.id = c.link_id
     WHERE c.tenant_id = of_tenant
    UNION ALL SELECT 0, rollup_bucket(recorded_at), 'opt_out:' || method, 0, 1
      FROM consent_event WHERE tenant_id = of_tenant AND action = 'opt_out'
  )
  SELECT campaign_id, bucket, counter, subject_id, sum(value) FROM counted GROUP BY 1, 2, 3, 4
$$;

CREATE FUNCTION fill_rollup_days(of_tenant bigint) RETURNS void LANGUAGE sql AS $$
  DELETE FROM rollup_day WHERE tenant_id = of_tenant;
  INSERT INTO rollup_day (tenant_id, day, counter, subject_id, country, slot, value)
  SELECT r.tenant_id, local_day(r.bucket, t.timezone), r.counter,
         CASE WHEN r.counter IN ('clicks', 'unique_clicks') THEN 0 ELSE r.subject_id END, r.country, 0, sum(r.value)
    FROM rollup r JOIN tenant t ON t.id = r.tenant_id
   WHERE r.tenant_id = of_tenant GROUP BY 1, 2, 3, 4, 5 HAVING sum(r.value) <> 0
$$;

-- Another clock has other days.
CREATE FUNCTION move_rollup_days() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF new.timezone IS DISTINCT FROM old.timezone THEN
    PERFORM pg_advisory_xact_lock(rollup_lock(new.id));
    PERFORM fill_rollup_days(new.id);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER move_rollup_days AFTER UPDATE OF timezone ON tenant FOR EACH ROW EXECUTE FUNCTION move_rollup_days();

-- What was counted before. Of what is no longer in any row the campaigns' counters still know the sum: it is put to the
-- time of the launch.
INSERT INTO rollup (tenant_id, campaign_id, bucket, counter, subject_id, country, slot, value)
SELECT t.id, c.campaign_id, c.bucket, c.counter, c.subject_id, '', 0, c.value
  FROM tenant t CROSS JOIN LATERAL count_rollup(t.id) c;
INSERT INTO rollup (tenant_id, campaign_id, bucket, counter, subject_id, country, slot, value)
SELECT k.tenant_id, k.campaign_id, rollup_bucket(coalesce(c.launched_at, c.created_at)), k.counter, 0, '', 1,
       k.value - coalesce(r.value, 0)
  FROM (SELECT tenant_id, campaign_id, counter, sum(value) AS value FROM campaign_counter GROUP BY 1, 2, 3) k
  JOIN campaign c ON c.tenant_id = k.tenant_id AND c.id = k.campaign_id
  LEFT JOIN (SELECT tenant_id, campaign_id, counter, sum(value) AS value FROM rollup GROUP BY 1, 2, 3) r
         ON r.tenant_id = k.tenant_id AND r.campaign_id = k.campaign_id AND r.counter = k.counter
 WHERE k.value <> coalesce(r.value, 0);
SELECT fill_rollup_days(id) FROM tenant;

-- The newest of the messages that failed for a cause.
CREATE INDEX message_event_cause ON message_event (tenant_id, status, error_code, message_id)
  WHERE status IN ('undelivered', 'failed');
