-- Idempotency keys of the API, with what was answered: the same request again does nothing and gets the same answer.
-- They are the tenant's, so that a program whose API key was rotated is known again.
CREATE TABLE request_key (
  tenant_id  bigint NOT NULL REFERENCES tenant,
  key        text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  digest     bytea NOT NULL,                       -- SHA-256 of method, path and body
  status     integer NOT NULL DEFAULT 0,           -- of the answer; 0 within the transaction that makes it
  body       text NOT NULL DEFAULT '',
  location   text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, key)
);
CREATE INDEX request_key_created ON request_key (created_at);
