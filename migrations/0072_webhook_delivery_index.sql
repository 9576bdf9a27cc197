-- Whose turn it is, is read from these two indexes and from no other. After a burst the statistics are still those of
-- a quiet hour, in which nothing waited: any index looks empty then, and so as good as the right one, and each claim
-- reads whatever the endpoint has. So nothing else may fit: tenant, endpoint and key are one value, the number one
-- that no other index has, and each index has a condition that the questions for the other one do not name
-- (core/webhook/turn.hpp). Both are of what waits alone, and small.
DROP INDEX webhook_delivery_due, webhook_delivery_key;
CREATE INDEX webhook_delivery_due ON webhook_delivery ((tenant_id::text || ' ' || webhook_id::text), due_at, id)
  WHERE state = 'waiting' AND due_at < 'infinity';
CREATE INDEX webhook_delivery_key ON webhook_delivery
  ((tenant_id::text || ' ' || webhook_id::text || ' ' || order_key), (id + 0))
  WHERE state = 'waiting' AND attempts >= 0;
