-- Earlier slugs of tenants: webhooks that Twilio still calls there are taken. No living tenant has one of these as its
-- slug; whoever gives a tenant a slug locks this table first (core/tenant.cpp).
CREATE TABLE tenant_alias (
  slug       text PRIMARY KEY CHECK (slug ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  tenant_id  bigint NOT NULL REFERENCES tenant,
  created_at timestamptz NOT NULL
);
CREATE INDEX tenant_alias_of ON tenant_alias (tenant_id);
