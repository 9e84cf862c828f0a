--# Session and transaction control: whatever would step out of the transaction, the role and the settings that the proxy sets.

--! the rights of a superuser, by SET ROLE
SET ROLE postgres

--! another schema for unqualified names
SET search_path = hr

--! the settings that the proxy set, undone
RESET ALL

--! all settings, the database's secret one among them
SHOW ALL

--! a transaction that writes where only reading is allowed
SET TRANSACTION READ WRITE

--! a transaction of the client's own
BEGIN

--! the proxy's transaction undone, and with it what it set
ROLLBACK

--! a statement kept for later, when nobody looks at it
PREPARE p AS SELECT s FROM sales.secret

--! a statement that somebody else prepared
EXECUTE p

--! a cursor that reads after the filter was decided
DECLARE c CURSOR FOR SELECT s FROM sales.secret

--! messages that other sessions send
LISTEN channel

--! a table locked for everyone else
LOCK TABLE sales.customers

--! a transaction in words of the standard, with modes
START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE, DEFERRABLE

--! a transaction that begins with a keyword that means nothing
BEGIN WORK

--! a transaction that outlives the connection
BEGIN TRANSACTION READ WRITE

--! an early end, after which the time limit doesn't hold
COMMIT

--! an end and a new transaction with the same modes but not the same settings
COMMIT AND CHAIN

--! an undoing and a new transaction
ROLLBACK AND CHAIN

--! an end in PostgreSQL's own word
END

--! an undoing in PostgreSQL's own word
ABORT WORK

--! an end that isn't one, to find out whether a transaction is open
COMMIT WORK AND NO CHAIN

--! a transaction in two phases, which holds its locks for ever
PREPARE TRANSACTION 'x'

--! somebody's prepared transaction committed
COMMIT PREPARED 'x'

--! somebody's prepared transaction undone
ROLLBACK PREPARED 'x'

--! a place to come back to behind the proxy's settings
SAVEPOINT s

--! the proxy's own savepoint, undone
ROLLBACK TO SAVEPOINT s

--! the proxy's own savepoint, forgotten
RELEASE SAVEPOINT s

--! a savepoint undone without the word
ROLLBACK WORK TO s

--! another isolation for all later transactions
SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE

--! a snapshot of another transaction, with rows that are gone
SET TRANSACTION SNAPSHOT '00000003-0000001B-1'

--! constraints that are looked at too late
SET CONSTRAINTS ALL DEFERRED

--! one constraint looked at now, which tells whether it holds
SET CONSTRAINTS scratch.c IMMEDIATE

--! the superuser's session
SET SESSION AUTHORIZATION postgres

--! the login role again, which is a superuser
SET SESSION AUTHORIZATION DEFAULT

--! the login role's rights again
RESET ROLE

--! the first session's user again
RESET SESSION AUTHORIZATION

--! no role at all
SET ROLE NONE

--! a role until the transaction ends
SET LOCAL ROLE postgres

--! a role in the form of a setting
SET role TO 'postgres'

--! a role in the form of a setting of the session
SET SESSION role = DEFAULT

--! no time limit
SET statement_timeout = 0

--! no time limit, until the transaction ends
SET LOCAL statement_timeout TO DEFAULT

--! another time zone, which changes what masks of dates tell
SET TIME ZONE INTERVAL '+14:00' HOUR TO MINUTE

--! another time zone by a word
SET TIME ZONE LOCAL

--! the names of the client's encoding, which quotes by other bytes
SET NAMES 'SJIS'

--! another schema, in words of the standard
SET SCHEMA 'hr'

--! literals that end at other quotes
SET standard_conforming_strings = off, backslash_quote = on

--! a setting from what it is now
SET search_path FROM CURRENT

--! row security that raises no error where it hides
SET LOCAL row_security = off

--! rows of XML by a setting
SET XML OPTION DOCUMENT

--! a start of the random numbers that others get
SET SEED TO 0.5

--! several settings in one
SET (a, b) = (1, 2)

--! a variable of MySQL's
SET @x = 1

--! a setting of the whole server
SET GLOBAL x = 1

--! one setting as it was
RESET search_path

--! what the session's role is
SHOW SESSION AUTHORIZATION

--! the transaction's isolation
SHOW TRANSACTION ISOLATION LEVEL

--! the time zone that the server has
SHOW TIME ZONE

--! a secret setting of the database's
SHOW app.secret

--! everything of the session forgotten, the proxy's statements among it
DISCARD ALL

--! the plans forgotten
DISCARD PLANS

--! the temporary tables dropped, the proxy's among them
DISCARD TEMP

--! the sequences' values forgotten
DISCARD SEQUENCES

--! all prepared statements forgotten, which confuses a pooler
DEALLOCATE ALL

--! one of the proxy's prepared statements forgotten
DEALLOCATE PREPARE s1

--! a prepared statement forgotten by its name
DEALLOCATE s1

--! a prepared write, with types
PREPARE p (int, text) AS UPDATE scratch.notes SET body = $2 WHERE id = $1

--! a prepared statement executed with a subquery for its value
EXECUTE p ((SELECT max(n) FROM sales.secret), 'x')

--! a table from a prepared statement
CREATE TABLE scratch.t AS EXECUTE p

--! a statement made of text and executed at once
EXECUTE IMMEDIATE 'SELECT s FROM sales.secret'

--! a cursor that stays when the transaction is over
DECLARE c NO SCROLL CURSOR WITH HOLD FOR TABLE sales.secret

--! a binary cursor, whose values no mask of text fits
DECLARE c BINARY INSENSITIVE CURSOR FOR SELECT ssn FROM sales.customers FOR READ ONLY

--! rows of the proxy's own cursor
FETCH ALL FROM c

--! rows of a cursor backwards, before its beginning
FETCH BACKWARD 5 IN c

--! a row of a cursor by its number
FETCH ABSOLUTE -1 FROM c

--! the next row of a cursor, whoever declared it
FETCH NEXT FROM c

--! the rows that the cap is counted on, skipped
MOVE FORWARD ALL IN c

--! all cursors closed, the proxy's among them
CLOSE ALL

--! the proxy's cursor closed
CLOSE c

--! the row at which somebody's cursor stands, deleted
DELETE FROM scratch.tasks WHERE CURRENT OF c

--! the row at which a cursor stands, changed
UPDATE scratch.tasks SET done = true WHERE CURRENT OF c

--! a message to all who listen, with a hidden value in it
NOTIFY channel, 'x'

--! a message without content
NOTIFY channel

--! no message from any channel any more
UNLISTEN *

--! no message from one channel
UNLISTEN channel

--! a denied table locked, which tells that it is there
LOCK sales.secret IN ACCESS SHARE MODE NOWAIT

--! several tables locked in the strongest mode
LOCK TABLE ONLY sales.orders, scratch.notes IN ACCESS EXCLUSIVE MODE

--! rows locked in another's way, without waiting
SELECT id FROM sales.orders ORDER BY id LIMIT 1 FOR NO KEY UPDATE NOWAIT

--! rows of one table of a join locked
SELECT o.id FROM sales.orders AS o JOIN sales.customers AS c ON c.id = o.customer_id FOR KEY SHARE OF c

--! locks of two kinds behind one another
SELECT id FROM scratch.notes FOR UPDATE OF notes FOR SHARE SKIP LOCKED

--! a lock inside a subquery
SELECT * FROM (SELECT id FROM scratch.tasks FOR UPDATE) AS q

--! a lock inside a WITH
WITH l AS (SELECT id FROM scratch.tasks FOR SHARE) SELECT count(*) FROM l

--! a setting changed where a value of a row stands
SELECT id, set_config('statement_timeout', '0', false) FROM sales.orders

--! a setting changed in a condition, before the rows are filtered
SELECT id FROM sales.customers WHERE set_config('pgwicket.tenant', '2', true) = '2'

--! a setting changed in a sort
SELECT id FROM sales.orders ORDER BY set_config('search_path', name, false)

--! a setting changed in FROM
SELECT * FROM set_config('role', 'postgres', false) AS s

--! a setting changed by a LIMIT
SELECT id FROM sales.orders LIMIT set_config('work_mem', '1GB', false)::int

--! a setting changed in an aggregate's filter
SELECT count(*) FILTER (WHERE set_config('role', 'none', true) IS NULL) FROM sales.orders

--! a setting changed in a window's frame
SELECT sum(id) OVER (ROWS set_config('a.b', '1', true)::int PRECEDING) FROM sales.orders

--! a setting changed in a join's condition
SELECT 1 FROM sales.regions AS a JOIN sales.regions AS b ON set_config('a.b', a.code, true) = b.code

--! a setting changed where a note is returned
UPDATE scratch.notes SET done = true WHERE id = 1 RETURNING set_config('a.b', body, false)

--! a setting changed where a note is written
INSERT INTO scratch.notes (author, body) VALUES ('a', set_config('search_path', 'hr', false))

--! a setting changed by a call with names for its arguments
SELECT set_config(setting_name => 'role', new_value => 'postgres', is_local => false)

--! a setting changed in the branch of a CASE that seems never taken
SELECT CASE WHEN false THEN set_config('a.b', 'c', false) ELSE 'no' END

--! the catalog's table of settings, which an UPDATE changes
UPDATE pg_catalog.pg_settings SET setting = '0' WHERE name = 'statement_timeout'
