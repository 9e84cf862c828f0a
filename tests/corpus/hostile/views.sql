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

--! the definition of a view by its name
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
