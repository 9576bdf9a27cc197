-- Why nothing of a lane leaves although nobody paused it, as its owner sees it: core/lane/trouble.hpp. Of an
-- epoch, so that what an owner noted that has gone is nobody's.
ALTER TABLE lane
  ADD COLUMN trouble        text NOT NULL DEFAULT '',  -- its kind; empty: none
  ADD COLUMN trouble_reason text NOT NULL DEFAULT '',
  ADD COLUMN trouble_since  timestamptz,
  ADD COLUMN trouble_until  timestamptz,               -- a rest that the provider asked for ends then
  ADD COLUMN trouble_epoch  bigint,
  ADD CONSTRAINT lane_trouble_since CHECK (trouble = '' OR trouble_since IS NOT NULL);
