-- Whether a text of a number is to be read, asked for each message that is to leave. Of an index with a condition the
-- planner believes what statistics say of that condition, and after a quiet day that is that nothing fulfils it: then
-- the index of what is open by its time looks as good, and each message reads all that is open (core/db/joins.hpp).
DROP INDEX opt_out_review_number;
CREATE INDEX opt_out_review_number ON opt_out_review (tenant_id, msisdn);
