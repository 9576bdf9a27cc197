-- Whoever gave their password and owes the second factor holds a ticket; its digest is kept here for five minutes.
CREATE TABLE sign_in_ticket (
  digest     bytea CONSTRAINT sign_in_ticket_pkey PRIMARY KEY,
  user_id    bigint NOT NULL CONSTRAINT sign_in_ticket_user REFERENCES app_user ON DELETE CASCADE,
  epoch      bigint NOT NULL,      -- of the user: a ticket of an earlier one has ended
  expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_ticket_of ON sign_in_ticket (user_id);
CREATE INDEX sign_in_ticket_expires ON sign_in_ticket (expires_at);
