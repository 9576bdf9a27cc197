-- How often marketing may reach one number (core/tenant/frequency_cap.hpp).
ALTER TABLE tenant
  ADD COLUMN frequency_messages integer CONSTRAINT tenant_frequency_messages CHECK (frequency_messages BETWEEN 1 AND 1000),
  ADD COLUMN frequency_seconds bigint CONSTRAINT tenant_frequency_seconds CHECK (frequency_seconds BETWEEN 60 AND 31622400),
  ADD COLUMN min_gap_seconds bigint CONSTRAINT tenant_min_gap CHECK (min_gap_seconds BETWEEN 60 AND 31622400),
  ADD COLUMN when_capped text NOT NULL DEFAULT 'skip' CONSTRAINT tenant_when_capped CHECK (when_capped IN ('skip', 'defer')),
  ADD CONSTRAINT tenant_frequency CHECK ((frequency_messages IS NULL) = (frequency_seconds IS NULL));
