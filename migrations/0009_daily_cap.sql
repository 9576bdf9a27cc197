-- Daily caps: how many parts may leave in a day of the tenant's time zone, from a sender and in all. Null: any.
ALTER TABLE tenant ADD COLUMN daily_cap bigint CHECK (daily_cap > 0);
ALTER TABLE sender ADD COLUMN daily_cap bigint CHECK (daily_cap > 0);

-- What left, counted by the claim whether there is a cap or not: one set in the middle of a day knows it.
CREATE TABLE daily_usage (
  tenant_id bigint NOT NULL,
  sender_id bigint NOT NULL,                       -- 0: all of the tenant
  day       date NOT NULL,                         -- local to the tenant, of the claim
  parts     bigint NOT NULL CHECK (parts >= 0),
  full_at   timestamptz,                           -- since when something waits for room
  PRIMARY KEY (tenant_id, sender_id, day)
) WITH (fillfactor = 50);
