-- How far the daemon has asked the provider about messages without a last word (core/reconcile.hpp): all of
-- those claimed until done_until were asked for the stage's turn.
CREATE TABLE receipt_sweep (
  tenant_id    bigint NOT NULL REFERENCES tenant,
  stage        smallint NOT NULL,
  done_until   timestamptz NOT NULL,
  leased_until timestamptz NOT NULL DEFAULT '-infinity',  -- somebody is at it; or it failed, and waits
  PRIMARY KEY (tenant_id, stage)
) WITH (fillfactor = 50);

-- Replies and tests, which no campaign's block of ids leads to.
CREATE INDEX message_single ON message (tenant_id, id) WHERE campaign_id IS NULL;
