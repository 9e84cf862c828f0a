-- The role that pgwicket logs in as in the tests. It may do more than any policy allows: what holds it back is pgwicket.
CREATE ROLE wicket LOGIN PASSWORD 'wicket''s own';
-- A role that a policy can name; pgwicket's role is a member, as `pgwicket policy grants` prints it.
CREATE ROLE wicket_reader NOLOGIN;
GRANT wicket_reader TO wicket;
