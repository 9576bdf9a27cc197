-- How long after the launch the short links of a campaign lead on; null: for ever.
ALTER TABLE campaign ADD COLUMN links_expire_after interval CHECK (links_expire_after > interval '0');
