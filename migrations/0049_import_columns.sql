-- How an import read the columns of its file, and how many of its people may not be texted for want of consent.
ALTER TABLE import ADD COLUMN columns jsonb NOT NULL DEFAULT '[]';
ALTER TABLE import ADD COLUMN no_consent bigint NOT NULL DEFAULT 0;
