-- Opt-outs of less than all that a tenant sends. Scopes: '' all of it, 'sender:ADDRESS' what that sender
-- sends, 'pool:NAME' what the senders of that pool send.
ALTER TABLE tenant ADD COLUMN opt_out_scope text NOT NULL DEFAULT 'tenant'
  CHECK (opt_out_scope IN ('tenant', 'pool', 'number'));  -- what a STOP holds for
ALTER TABLE sender ADD COLUMN pool text NOT NULL DEFAULT '';  -- empty: a pool of its own
ALTER TABLE consent_event ADD COLUMN scope text NOT NULL DEFAULT '';

-- What the ledger says of a number in scopes other than ''; a row a scope that it ever opted out of.
CREATE TABLE consent_scope (
  tenant_id  bigint NOT NULL REFERENCES tenant,
  msisdn     text NOT NULL,
  scope      text NOT NULL CHECK (scope ~ '^(sender|pool):.'),
  state      text NOT NULL CHECK (state IN ('opted_in', 'opted_out')),
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, msisdn, scope)
);
CREATE INDEX consent_scope_out ON consent_scope (tenant_id, scope) WHERE state = 'opted_out';

-- What a tenant's short links begin with; empty: http.public_url.
ALTER TABLE tenant ADD COLUMN link_url text NOT NULL DEFAULT '' CHECK (link_url ~ '^(https?://[^/]+)?$');

-- Keyword replies are templates from now on; those that are there keep their words.
UPDATE keyword SET reply = replace(replace(reply, '{{', '{{{{'), '}}', '}}}}')
 WHERE strpos(reply, '{{') > 0 OR strpos(reply, '}}') > 0;

-- Previews and scanners are told apart from other robots; "smscrm link reclassify" does so with old hits.
ALTER TABLE click DROP CONSTRAINT click_class_check;
ALTER TABLE click ADD CONSTRAINT click_class_check
  CHECK (class IN ('person', 'preview', 'prefetch', 'scanner', 'bot', 'head'));
