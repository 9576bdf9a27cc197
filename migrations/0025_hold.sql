-- Why a message that is due later waits: the reason of the rule of the gate that held it (core/gate), 'sender' where
-- the only sender that it may leave from has no room; empty: it is to be tried again, or was never looked at.
ALTER TABLE work_due ADD COLUMN hold text NOT NULL DEFAULT '';
UPDATE work_due d SET hold = 'quiet_hours' FROM campaign c, message m
 WHERE d.task = 'send' AND d.due_at > now() + interval '1 min'
   AND c.tenant_id = d.tenant_id AND c.id = d.campaign_id AND c.kind = 'marketing'
   AND m.tenant_id = d.tenant_id AND m.id = d.message_id AND m.retries = 0;
-- Few wait for any other reason than these, and whoever asks for them must not read all.
CREATE INDEX work_due_held ON work_due (tenant_id, hold) WHERE hold NOT IN ('', 'quiet_hours', 'daily_cap', 'sender');

-- The day that a moment lies in by the clocks of a zone, and when a day begins there. A zone that this machine does not
-- know is taken for UTC: whoever counts by days must not fail for it.
CREATE FUNCTION local_day(at timestamptz, zone text) RETURNS date LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (at AT TIME ZONE zone)::date;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN (at AT TIME ZONE 'UTC')::date;
END $$;

CREATE FUNCTION day_start(day date, zone text) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN day::timestamp AT TIME ZONE zone;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN day::timestamp AT TIME ZONE 'UTC';
END $$;
