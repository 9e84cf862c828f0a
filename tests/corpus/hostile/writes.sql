--# Writes in disguise, writes where they aren't allowed, and what a write could tell.

--! a copy of the filtered table, made by a SELECT with INTO
SELECT * INTO scratch.copy FROM sales.customers

--! locks that hold up others' writes of a table that is only to be read
SELECT id FROM sales.customers FOR UPDATE

--! shared locks on a table that is only to be read, without waiting for those of others
SELECT code FROM sales.regions FOR SHARE SKIP LOCKED

--! every row deleted by a CTE, behind a query that only reads
WITH gone AS (DELETE FROM scratch.notes RETURNING *) SELECT * FROM gone

--! a row inserted by a CTE, behind a query that only reads
WITH new AS (INSERT INTO scratch.notes (author, body) VALUES ('a', 'b') RETURNING id) SELECT * FROM new

--! a changed row in a table that is only to be read
UPDATE sales.regions SET name = 'x' WHERE code = 'eu'

--! a new row in a table that is only to be read
INSERT INTO sales.regions VALUES ('x', 'x', 'x')

--! a deleted row in a table that is only to be read
DELETE FROM sales.orders WHERE id = 1

--! a denied table's rows, copied to where they can be read
INSERT INTO scratch.notes (author, body) SELECT 'x', s FROM sales.secret

--! a denied column, copied by UPDATE … FROM to where it can be read
UPDATE scratch.notes SET body = c.ssn FROM sales.customers c WHERE c.id = scratch.notes.id

--! which rows have a value in a denied column, from which notes DELETE … USING takes
DELETE FROM scratch.notes USING sales.customers c WHERE c.ssn > '' AND c.id = scratch.notes.id RETURNING body

--! a denied column, from a subquery in RETURNING
DELETE FROM scratch.notes WHERE id = 1 RETURNING (SELECT ssn FROM sales.customers LIMIT 1)

--! every row of the table deleted, for want of a WHERE
DELETE FROM scratch.notes

--! every row of the table deleted, by a WHERE that is a constant
DELETE FROM scratch.notes WHERE true

--! every row of the table changed, by a WHERE that compares a column with itself
UPDATE scratch.notes SET done = true WHERE id = id

--! every row of the table changed, by a WHERE with an OR that is always true
UPDATE scratch.notes SET done = true WHERE id = 1 OR 1 = 1

--! masked hints, copied by a CTE that writes into a table that one may read
WITH w AS (UPDATE scratch.tasks SET done = true WHERE id = 1 RETURNING id, hint) INSERT INTO scratch.notes (author, body) SELECT 'x', hint FROM w

--! hidden rewards, by the row that a CTE gives back whole
WITH w AS (DELETE FROM scratch.tasks WHERE id = 1 RETURNING tasks) SELECT to_jsonb(w) FROM w

--! tasks of others, by a CTE that deletes what its condition fails on
WITH w AS (DELETE FROM scratch.tasks WHERE 1 / (owner - 2) > 0 RETURNING id, body) SELECT body FROM w

--! values of hidden rows, by the planner's look through RETURNING at the column's statistics
WITH w AS (UPDATE scratch.tasks SET done = done WHERE id IN (1, 101) RETURNING id, body) SELECT id FROM w WHERE body LIKE 'a%\'

--! more rows than may be written, in two CTEs of which each keeps to the bound
WITH a AS (UPDATE scratch.tasks SET done = true WHERE id IN (1, 2)), b AS (UPDATE scratch.tasks SET done = true WHERE id IN (3, 4)) SELECT 1 AS one

--! more rows than may be written, in a CTE that nothing reads
WITH w AS (INSERT INTO scratch.notes (author, body) SELECT 'x', i::text FROM generate_series(1, 50) AS i RETURNING id) SELECT 1 AS one WHERE false

--! a row made for another tenant, behind rows of one's own
WITH w AS (INSERT INTO scratch.tasks (id, owner, body) VALUES (901, 1, 'mine'), (902, 2, 'theirs') RETURNING id) SELECT count(*) FROM w LIMIT 0

--! a row moved into another tenant's sight by the value that a sibling gives back
WITH a AS (INSERT INTO scratch.notes (author, body) VALUES ('x', '2') RETURNING body) UPDATE scratch.tasks SET owner = a.body::int FROM a WHERE tasks.id = 1

--! a hidden row taken over by its key
WITH w AS (INSERT INTO scratch.tasks (id, owner, body) SELECT i, 1, 'mine' FROM generate_series(101, 103) AS i ON CONFLICT (id) DO UPDATE SET owner = 1, body = tasks.body || excluded.body RETURNING body) SELECT body FROM w

--! a hidden column as the row proposed has it
WITH w AS (INSERT INTO scratch.tasks (id, owner, body) VALUES (1, 1, 'x') ON CONFLICT (id) DO UPDATE SET body = excluded.reward::text RETURNING body) SELECT body FROM w

--! the masked hint before its mask, as the row proposed has it
INSERT INTO scratch.tasks AS t (id, owner, body) VALUES (1, 1, 'x') ON CONFLICT (id) DO UPDATE SET body = t.hint WHERE t.hint > '' RETURNING t.body

--! all notes deleted, by a range and the one value that it leaves out
DELETE FROM scratch.notes WHERE id > -2147483648 OR id IN (SELECT -2147483648)

--! all notes deleted, by keys that a sibling copies from them
WITH w AS (INSERT INTO scratch.tasks (id, owner, body) SELECT id + 2000, 1, body FROM scratch.notes RETURNING id) DELETE FROM scratch.notes USING w WHERE notes.id = w.id

--! a denied table written in a CTE whose name is a table's that may be written
WITH notes AS (INSERT INTO sales.secret VALUES (99, 'x', 1, '{}', '{}') RETURNING id) SELECT id FROM notes

--! a CTE that writes, where only queries stand
SELECT id FROM (WITH w AS (DELETE FROM scratch.notes WHERE id = 1 RETURNING id) SELECT id FROM w) AS s

--! a CTE that writes under RECURSIVE, where it could write in a loop
WITH RECURSIVE w AS (DELETE FROM scratch.notes WHERE id = 1 RETURNING id) SELECT id FROM w

--! a write that EXPLAIN runs
EXPLAIN ANALYZE WITH w AS (DELETE FROM scratch.notes WHERE id = 1 RETURNING id) SELECT id FROM w

--! the place and transaction of a row that a CTE wrote
WITH w AS (UPDATE scratch.tasks SET done = true WHERE id = 1 RETURNING ctid, xmax) SELECT * FROM w

--! masked columns compared in MERGE by what it does to its target
MERGE INTO scratch.notes AS n USING sales.customers AS c ON n.id = c.id WHEN MATCHED AND c.email LIKE 'a%' THEN UPDATE SET body = c.email

--! denied columns of a MERGE's source
MERGE INTO scratch.notes AS n USING (SELECT id, ssn FROM sales.customers) AS c ON n.id = c.id WHEN NOT MATCHED THEN INSERT (author, body) VALUES ('x', c.ssn)

--! filtered rows, by a MERGE that fails where one matches
MERGE INTO scratch.tasks AS t USING (VALUES (101)) AS s (id) ON t.id = s.id WHEN MATCHED AND 1 / (t.owner - 2) > 0 THEN DELETE

--! the hidden tasks that a query in RETURNING counts
WITH w AS (UPDATE scratch.notes SET done = true WHERE id = 1 RETURNING (SELECT string_agg(body, ',') FROM scratch.tasks) AS all_bodies) SELECT all_bodies FROM w

--! names of the gate's own columns behind a write's
WITH w AS (UPDATE scratch.tasks SET done = true WHERE id = 1 RETURNING id AS visible, 1 AS count) SELECT w, w.visible, w.count FROM w
