--# Views, partitions, inheritance, foreign keys and other things that lead to a table by another name.

--! a denied table's size by the view that the policy names
SELECT secrets FROM sales.over_secret

--! a column behind a view's one, by a star
SELECT v.*, v FROM sales.over_secret AS v

--! a view that reads nothing hidden, as a way to the columns it leaves out
SELECT comment FROM sales.open_view

--! the masks of a table by a view that copies it
SELECT o.comment FROM sales.orders o JOIN sales.open_view v USING (id) WHERE v.status = o.status

--! a materialized view's copy of what is denied
SELECT count(*) FROM sales.copied c WHERE c.s > ''

--! a partition without its parent
SELECT id, note FROM ONLY sales.visits ORDER BY id

--! the parts of a composite column of a partitioned table
SELECT (v.at).street, (v.at).zip FROM sales.visits v ORDER BY v.id

--! all parts of a composite column at once
SELECT (v.at).* FROM sales.visits v

--! the partition that a row lies in
SELECT v.tableoid, v.id FROM sales.visits v

--! a child's rows by its parent's name
SELECT id, name FROM sales.shops ORDER BY id

--! a child's rows, told by a join with ONLY the parent
SELECT s.id FROM sales.shops s LEFT JOIN ONLY sales.shops p ON p.id = s.id WHERE p.id IS NULL

--! a denied table by NATURAL JOIN
SELECT count(*) FROM sales.points_to_secret NATURAL JOIN sales.secret

--! the next value of a sequence by its text
SELECT nextval('sales.counter'), currval('sales.counter'::regclass)

--! a sequence of a table that may be written
SELECT last_value FROM scratch.notes_id_seq

--! a relation of a denied name made by a view of one's own
CREATE TEMP VIEW mine AS SELECT * FROM sales.secret

--! a rule that writes elsewhere
CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO sales.regions DO INSTEAD SELECT * FROM sales.secret

--! a denied table attached under a shown one
ALTER TABLE sales.secret INHERIT sales.shops

--! a foreign table of the same database
IMPORT FOREIGN SCHEMA hr FROM SERVER loop INTO scratch

--! a denied table's layout as that of a new one
CREATE TABLE scratch.made (LIKE sales.secret INCLUDING ALL)

--! a view's text, which tells what it reads
SELECT view_definition FROM information_schema.views WHERE table_name = 'all_customers'

--! the bounds of a partition
SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'visits_1'

--! the text of a view over a denied table, by its OID, and of a rule by a number
SELECT pg_get_viewdef('sales.over_secret'::regclass), pg_get_ruledef(1)

--! the size of a denied table
SELECT pg_total_relation_size('sales.secret'), pg_relation_filepath('sales.copied')

--! a view within a subquery whose condition is pushed into it
SELECT id FROM (SELECT id, status FROM sales.open_view OFFSET 0) v WHERE status::text::int > 0

--! a write through a view
INSERT INTO sales.open_view VALUES (1, 'new')

--! a write to a partition
UPDATE sales.visits_1 SET note = ssn WHERE id = 1

--! a truncation that follows foreign keys
TRUNCATE sales.secret CASCADE

--! a table with the names of functions as columns, called like them
SELECT o.lower, lower(o), o.row_to_json, row_to_json(o.r) FROM sales.odd o

--! a denied column told apart from a shown one by case only
SELECT o."SSN", o."a""b", o."coalesce" FROM sales.odd o WHERE o."SSN" = 'upper'

--! a write through a view by a CTE
WITH w AS (UPDATE sales.open_view SET status = 'new' WHERE id = 1 RETURNING id) SELECT id FROM w

--! a view deleted from by its rows' keys
DELETE FROM sales.all_customers AS v USING sales.customers AS c WHERE v.id = c.id RETURNING v.ssn

--! rows merged into a view
MERGE INTO sales.open_view AS v USING (VALUES (1)) AS s (id) ON v.id = s.id WHEN MATCHED THEN DELETE

--! a partition's rows by the child that holds what the parent lost
WITH w AS (DELETE FROM sales.old_shops WHERE id = 2 RETURNING ssn) SELECT ssn FROM w

--! a parent's rows without its children, to tell the hidden ones apart
SELECT (SELECT count(*) FROM sales.shops) - (SELECT count(*) FROM sales.old_shops) AS own, s.ssn FROM sales.shops AS s

--! what a view counts, read inside a write
INSERT INTO scratch.notes (author, body) SELECT 'x', row_to_json(v)::text FROM sales.all_customers AS v RETURNING body

--! the plan of a view over what is hidden, with a condition that only the hidden rows decide
EXPLAIN SELECT secrets FROM sales.over_secret WHERE secrets > (SELECT count(*) FROM sales.customers)

--! a view made anew over what is hidden
CREATE OR REPLACE VIEW sales.open_view AS SELECT id, s AS status FROM sales.secret

--! a materialised view's rows made anew
REFRESH MATERIALIZED VIEW CONCURRENTLY sales.copied WITH DATA

--! the materialised view joined with what it was made from
SELECT c.s FROM sales.copied AS c NATURAL JOIN sales.secret AS s WHERE c.s > ''
