--# Statements of other kinds than the policy lets be asked.

--! statements that aren't for everyone
COPY sales.customers TO '/tmp/x'

--! statements that aren't for everyone
COPY (SELECT s FROM sales.secret) TO PROGRAM 'cat'

--! statements that aren't for everyone
DO $$ BEGIN PERFORM 1; END $$

--! statements that aren't for everyone
SET ROLE postgres

--! statements that aren't for everyone
SET search_path = hr

--! statements that aren't for everyone
RESET ALL

--! statements that aren't for everyone
SHOW ALL

--! statements that aren't for everyone
SET TRANSACTION READ WRITE

--! statements that aren't for everyone
BEGIN

--! statements that aren't for everyone
ROLLBACK

--! statements that aren't for everyone
PREPARE p AS SELECT s FROM sales.secret

--! statements that aren't for everyone
EXECUTE p

--! statements that aren't for everyone
DECLARE c CURSOR FOR SELECT s FROM sales.secret

--! statements that aren't for everyone
LISTEN channel

--! statements that aren't for everyone
LOCK TABLE sales.customers

--! statements that aren't for everyone
DROP TABLE scratch.notes

--! statements that aren't for everyone
ALTER TABLE sales.customers ADD x int

--! statements that aren't for everyone
CREATE TABLE scratch.t AS SELECT * FROM sales.customers

--! statements that aren't for everyone
TRUNCATE scratch.notes

--! statements that aren't for everyone
GRANT ALL ON sales.customers TO PUBLIC

--! statements that aren't for everyone
VACUUM

--! statements that aren't for everyone
CALL sales.p()

--! statements that aren't for everyone
EXPLAIN ANALYZE SELECT 1

--! statements that aren't for everyone
EXPLAIN SELECT * FROM sales.customers

--! statements that aren't for everyone
EXPLAIN SELECT ssn FROM sales.customers

--! statements that aren't for everyone
MERGE INTO scratch.notes USING sales.regions ON true WHEN MATCHED THEN DELETE
