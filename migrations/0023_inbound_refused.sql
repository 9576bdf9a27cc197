-- The text was stored, but the webhook that brought it was refused: its repetition gets the reply, once.
ALTER TABLE inbound ADD COLUMN refused boolean NOT NULL DEFAULT false;
