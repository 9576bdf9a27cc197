-- Who wrote a text that is up for review is not texted until somebody has decided, unless the tenant says otherwise.
ALTER TABLE tenant ADD COLUMN hold_reviews boolean NOT NULL DEFAULT true;

-- The number that such a text came from, which is looked up for each message that is to leave.
ALTER TABLE opt_out_review ADD COLUMN msisdn text;
UPDATE opt_out_review r SET msisdn = i.msisdn FROM inbound i WHERE i.tenant_id = r.tenant_id AND i.id = r.inbound_id;
ALTER TABLE opt_out_review ALTER COLUMN msisdn SET NOT NULL;
CREATE INDEX opt_out_review_number ON opt_out_review (tenant_id, msisdn) WHERE decision = '';

-- One who is known under another number later is still the one who wrote.
CREATE FUNCTION follow_inbound_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE opt_out_review SET msisdn = NEW.msisdn WHERE tenant_id = NEW.tenant_id AND inbound_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER inbound_number AFTER UPDATE OF msisdn ON inbound
  FOR EACH ROW WHEN (OLD.msisdn <> NEW.msisdn) EXECUTE FUNCTION follow_inbound_number();
