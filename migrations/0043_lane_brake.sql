-- Who stopped the lane by hand; empty: it runs, or an error stopped it.
ALTER TABLE lane ADD COLUMN paused_by text NOT NULL DEFAULT '';
