-- A token that was replaced ends by itself: until then webhooks may be signed with it, too.
ALTER TABLE account ADD COLUMN previous_token_until timestamptz;
UPDATE account SET previous_token_until = now() + interval '72 hours' WHERE previous_auth_token IS NOT NULL;
ALTER TABLE account ADD CHECK ((previous_auth_token IS NULL) = (previous_token_until IS NULL));
