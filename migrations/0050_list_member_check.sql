-- An import inserts contacts and memberships by the ten thousand, and each membership looks for its contact. How it
-- looks is planned once for all of them: by the number instead of the id where the planner takes the table for empty,
-- as after an import that was undone. So an import has it looked for once the statistics know what it added.
ALTER TABLE list_member ALTER CONSTRAINT list_member_tenant_id_contact_id_fkey DEFERRABLE;
