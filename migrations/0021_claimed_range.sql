-- Which messages were claimed when (core/claimed_range.hpp): few ranges of ids for each claim, which may hold others
-- too. They are narrowed to what is still open, and after the daemon's last question they are gone.
CREATE TABLE claimed_range (
  tenant_id     bigint NOT NULL,
  claimed_at    timestamptz NOT NULL,              -- as in message
  first_message bigint NOT NULL,
  last_message  bigint NOT NULL CHECK (last_message >= first_message),
  PRIMARY KEY (tenant_id, claimed_at, first_message)
);

-- What was claimed before and may still be asked about.
INSERT INTO claimed_range (tenant_id, claimed_at, first_message, last_message)
SELECT tenant_id, claimed_at, min(id), max(id)
  FROM (SELECT tenant_id, claimed_at, id,
               id - row_number() OVER (PARTITION BY tenant_id, claimed_at ORDER BY id) AS run
          FROM message
         WHERE claimed_at > now() - interval '3 days'
           AND status IN ('in_flight', 'unknown', 'queued', 'sending', 'sent')) m
 GROUP BY tenant_id, claimed_at, run;
