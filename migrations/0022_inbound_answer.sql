-- The newest answer that somebody gave to a text of the inbox; null: nobody did.
ALTER TABLE inbound
  ADD COLUMN answer_id   bigint,                   -- the message
  ADD COLUMN answered_at timestamptz,
  ADD CHECK ((answer_id IS NULL) = (answered_at IS NULL));
