-- An unknown message that is proven absent and not to be sent again by itself is held for somebody to decide.
ALTER TABLE work_due DROP CONSTRAINT work_due_task_check;
ALTER TABLE work_due ADD CONSTRAINT work_due_task_check CHECK (task IN ('send', 'resolve', 'hold'));
CREATE INDEX work_due_hold ON work_due (tenant_id, campaign_id) WHERE task = 'hold';
INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task)
SELECT m.tenant_id, m.id, m.campaign_id, now(), 'hold'
  FROM campaign c JOIN message m ON m.tenant_id = c.tenant_id AND m.campaign_id = c.id
       AND m.id BETWEEN c.first_message AND c.last_message AND m.status = 'unknown'
 WHERE c.status IN ('running', 'paused')
ON CONFLICT (tenant_id, message_id) DO NOTHING;

ALTER TABLE message_event DROP CONSTRAINT message_event_source_check;
ALTER TABLE message_event ADD CONSTRAINT message_event_source_check
  CHECK (source IN ('send', 'receipt', 'reconcile', 'operator'));
