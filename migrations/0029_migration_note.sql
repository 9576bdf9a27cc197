-- What a migration did to the rows that it found: "smscrm migrate" says it, and "migrate status" later.
CREATE TABLE migration_note (
  migration text NOT NULL,                         -- "0030_one_line"
  what      text NOT NULL,
  rows      bigint NOT NULL,
  PRIMARY KEY (migration, what)
);
