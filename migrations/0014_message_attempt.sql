-- Attempts that did not decide a message: it was sent again, or is to be.
ALTER TABLE tenant ADD COLUMN undelivered_retries smallint NOT NULL DEFAULT 2
  CHECK (undelivered_retries BETWEEN 0 AND 10);
ALTER TABLE message ADD COLUMN retries smallint NOT NULL DEFAULT 0;  -- attempts that ended undelivered, before this

CREATE TABLE message_attempt (
  tenant_id    bigint NOT NULL,
  message_id   bigint NOT NULL,
  attempt      smallint NOT NULL,                  -- message.attempt as it was
  status       message_status NOT NULL,            -- undelivered or failed by receipt; unknown: never arrived
  provider_sid text NOT NULL DEFAULT '',
  sender_id    bigint,
  parts        smallint NOT NULL,                  -- that were billed
  price        numeric,
  currency     text NOT NULL DEFAULT '',
  error_code   integer,
  detail       text NOT NULL DEFAULT '',           -- the provider's words, or who decided
  claimed_at   timestamptz,
  ended_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, message_id, attempt)
);
CREATE TRIGGER message_attempt_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON message_attempt
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
