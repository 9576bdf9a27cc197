-- Single texts that somebody, or a program, sends on its own behalf.
ALTER TABLE message
  DROP CONSTRAINT message_kind_check,
  ADD CONSTRAINT message_kind_check CHECK (kind IN ('campaign', 'reply', 'test', 'transactional')) NOT VALID;

-- Keys under which single messages were sent, so that a repeated command sends nothing twice.
CREATE TABLE message_key (
  tenant_id  bigint NOT NULL REFERENCES tenant,
  key        text NOT NULL CHECK (key <> '' AND length(key) <= 200),
  digest     bytea NOT NULL,                       -- SHA-256 of what was asked for under it
  message_id bigint,                               -- null within the transaction that makes it
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, key)
);
