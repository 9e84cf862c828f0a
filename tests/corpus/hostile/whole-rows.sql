--# Whole rows, composites, functional notation, system columns, and rows whose columns stand elsewhere.

--! denied columns, as fields of the row that stands where a value does
SELECT c FROM sales.customers c

--! denied columns in the row as JSON
SELECT to_jsonb(c) FROM sales.customers c

--! denied columns by the table's own name as its row, in three aggregates
SELECT row_to_json(customers), json_agg(customers), array_agg(sales.customers.*) FROM sales.customers GROUP BY customers

--! how many rows differ in hidden columns only
SELECT count(DISTINCT c) FROM sales.customers c

--! denied columns in the row's text, by every way to make a text
SELECT c::text, CAST(c AS varchar), concat(c), format('%s', c) FROM sales.customers c

--! the greatest text of rows, per row, in a window
SELECT c, max(c::text) OVER (PARTITION BY c ORDER BY c) FROM sales.customers c WHERE c IS NOT NULL ORDER BY c

--! which rows are equal in what is hidden, by every comparison of rows
SELECT DISTINCT ON (a) a, b FROM sales.customers a JOIN sales.customers b ON a = b WHERE a IN (SELECT d FROM sales.customers d) AND a >= ANY (SELECT d FROM sales.customers d) AND a IS NOT DISTINCT FROM b

--! which rows differ in what is hidden, by set operations on rows
SELECT a FROM sales.customers a UNION SELECT b FROM sales.customers b EXCEPT SELECT e FROM sales.customers e WHERE e.id < 9

--! a denied key of the row, two subqueries further out
SELECT x.c, y FROM (SELECT c FROM sales.customers c) x LEFT JOIN LATERAL (SELECT to_jsonb(x.c) -> 'ssn' AS ssn, x) y ON true

--! the row through a recursive query
WITH RECURSIVE q AS (SELECT c, 1 AS n FROM sales.customers c UNION ALL SELECT q.c, q.n + 1 FROM q WHERE n < 2) SELECT q, to_json(q) FROM q

--! the outer row in subqueries and arrays
SELECT (SELECT c FROM sales.regions LIMIT 1), EXISTS (SELECT c), ARRAY(SELECT c), ARRAY[c, c] FROM sales.customers c

--! the row of a subquery whose star stands for hidden columns too
SELECT c FROM (SELECT * FROM sales.customers) c

--! single denied keys of the row as JSON, by each accessor
SELECT to_jsonb(c) ->> 'ssn', to_jsonb(c) -> 'tenant_id', to_jsonb(c) #>> '{ssn}', jsonb_path_query(to_jsonb(c), '$.ssn') FROM sales.customers c

--! a denied column as a function of the row
SELECT ssn(c) FROM sales.customers c

--! a function of texts as an attribute of the row
SELECT c.upper FROM sales.customers c

--! the whole row as the argument of a built-in function, as a field in parentheses
SELECT (c).upper FROM sales.customers c

--! the denied field of a row that is a column
SELECT (x.c).ssn FROM (SELECT c FROM sales.customers c) x

--! the denied field of a row that a subquery gives
SELECT ((SELECT c FROM sales.customers c LIMIT 1)).ssn

--! the row of a join with an alias, with all columns of both sides
SELECT j FROM (sales.customers c JOIN sales.orders o ON o.id = c.id) j

--! the row under a list of other names for its columns
SELECT c FROM sales.customers c (a, b, c1, d, e, f)

--! the row converted into the table's own type, which has the hidden columns
SELECT c::sales.customers FROM sales.customers c

--! all fields of the row, by a star behind parentheses
SELECT (c).* FROM sales.customers c

--! all fields of the row, by a star inside of ROW
SELECT ROW(c.*) FROM sales.customers c

--! the denied field of a made-up row of the table's type
SELECT (json_populate_record(NULL::sales.customers, '{}')).ssn

--! where a row lies and who wrote it last
SELECT ctid, xmin FROM sales.customers

--! names of partitions, which the policy doesn't open
SELECT tableoid::regclass FROM sales.events

--! a row by its place, past the key
SELECT id FROM sales.customers WHERE ctid = '(0,1)'

--! rows of a partition whose columns stand in another order than the table's
SELECT v, to_jsonb(v), v::text, (v).at, ((v).at).zip FROM sales.visits v ORDER BY v.id, v IS NULL

--! columns that the key determines, out of a partition with another order
SELECT v, v.note, v.at FROM sales.visits v GROUP BY v.id

--! a field that a composite type doesn't have but its table
SELECT ((v).at).ssn FROM sales.visits v

--! the hidden column's name as the table's alias, whose row it is then
SELECT to_jsonb(ssn) FROM sales.visits AS ssn

--! the denied key, by a path in the row of a partitioned table
SELECT jsonb_path_query(to_jsonb(v), '$.ssn') FROM sales.visits v

--! a column that the key determines only in the parent and not in its children
SELECT s.name FROM sales.shops s GROUP BY s.id

--! whole rows of parent and children that one key doesn't determine
SELECT s FROM sales.shops s GROUP BY s.id

--! comparisons of rows of a parent and its children, of which hidden columns are part
SELECT s = t, s IN (SELECT u FROM sales.shops u), greatest(s, t), nullif(s, t) FROM sales.shops s, sales.shops t

--! columns with names of functions, and a denied one beside them
SELECT to_jsonb(o), o.r, (o).lower, (o).row_to_json FROM sales.odd o

--# The whole row through everything that takes any value.

--! hidden columns through JSON with line feeds, an array of rows, and one document
SELECT row_to_json(c, true), array_to_json(array_agg(c), true) FROM sales.customers c GROUP BY c

--! hidden columns through building functions
SELECT json_build_object('c', c), jsonb_build_array(c, c.*), json_object_agg(c.id, c) FROM sales.customers c GROUP BY c.id, c

--! hidden columns through the constructors of the standard
SELECT JSON_ARRAYAGG(c), JSON_OBJECT('r': c), JSON_ARRAY(c) FROM sales.customers c GROUP BY c

--! hidden columns through XML
SELECT xmlforest(c), xmlelement(name r, c) FROM sales.customers c

--! how much is hidden in a row, by its bytes
SELECT pg_column_size(c) FROM sales.customers c

--! how many columns a row has, by arguments
SELECT num_nulls(VARIADIC ARRAY[c]), num_nonnulls(c), num_nulls(c.*) FROM sales.customers c

--! how many columns a row has, by a comparison with a row of that many
SELECT c = ROW(1, 1, 'a', 'b') FROM sales.customers c

--! how many columns a row has, by a comparison with the star
SELECT ROW(c.*) = ROW(c.*), (c.*) IS NULL FROM sales.customers c

--! how many columns a row has, by a subquery of so many
SELECT id FROM sales.regions r, sales.customers c WHERE (c.*) IN (SELECT d.* FROM sales.customers d)

--! what is hidden of a row, by which field is NULL
SELECT id, c IS NULL, c IS NOT NULL, NOT (c IS NULL), c IS DISTINCT FROM NULL FROM sales.customers c

--! which row is greatest by a hidden column
SELECT max(c), min(c) FROM sales.customers c

--! rows hashed, hidden columns too
SELECT hash_record(c), hashtext(c::text), md5(c::text), sha256(convert_to(c::text, 'UTF8')) FROM sales.customers c

--! a window's earlier row
SELECT lag(c) OVER w, first_value(c) OVER w, nth_value(c, 2) OVER w FROM sales.customers c WINDOW w AS (ORDER BY id)

--! the mode and the middle of whole rows
SELECT mode() WITHIN GROUP (ORDER BY c), percentile_disc(0.5) WITHIN GROUP (ORDER BY c) FROM sales.customers c

--! the rank of a row that one makes up
SELECT rank(ROW(5, 'a')) WITHIN GROUP (ORDER BY c) FROM sales.customers c

--! a row in a window's partition
SELECT count(*) OVER (PARTITION BY c ORDER BY c RANGE CURRENT ROW) FROM sales.customers c

--! the rows as one set's elements
SELECT u FROM unnest((SELECT array_agg(c) FROM sales.customers c)) AS u

--! the elements' hidden field
SELECT u.ssn FROM sales.regions r, LATERAL unnest(ARRAY(SELECT c FROM sales.customers c WHERE c.region = r.code)) AS u

--! the row's fields after a way through JSON into the table's type
SELECT (jsonb_populate_record(c, '{}')).ssn FROM sales.customers c

--! the row's fields with JSON's over them
SELECT jsonb_populate_record(c, '{"id": 7}') FROM sales.customers c

--! the fields by name of a row in JSON
SELECT k FROM sales.customers c, jsonb_object_keys(to_jsonb(c)) AS k

--! names and values of all fields
SELECT e.key, count(DISTINCT e.value) FROM sales.customers c CROSS JOIN LATERAL jsonb_each_text(to_jsonb(c)) e GROUP BY e.key

--! the values of all fields, wherever they stand
SELECT jsonb_path_query_array(to_jsonb(c), '$.keyvalue().value') FROM sales.customers c

--! the fields in hstore
SELECT hstore(c) -> 'ssn', each(hstore(c)), c #= hstore('id', '7') FROM sales.customers c

--! a search over all that a row has
SELECT to_tsvector('simple', to_jsonb(c)), ts_headline('simple', to_json(c), 'a') FROM sales.customers c

--! the row in an error's message, by a cast to a number
SELECT c::text::int FROM sales.customers c

--! the row in an error's message, by JSON
SELECT to_jsonb(c)::int FROM sales.customers c

--! the row as a literal of SQL
SELECT quote_literal(c), quote_nullable(c.*), format('%L', c) FROM sales.customers c

--! the row's text cut into fields
SELECT (string_to_array(trim(c::text, '()'), ','))[5], split_part(c::text, ',', 6) FROM sales.customers c

--! the row's text by a pattern
SELECT regexp_matches(c::text, '(\w+)', 'g'), substring(c::text FROM ',([^,]*)\)$') FROM sales.customers c

--! rows as texts in one aggregate with an order by themselves
SELECT string_agg(c::text, E'\n' ORDER BY c), xmlagg(xmlelement(name r, c::text)) FROM sales.customers c

--# Rows through relations of other kinds.

--! the row of a filtered table on an outer join's empty side
SELECT r.code, c, to_jsonb(c), c IS NULL FROM sales.regions r LEFT JOIN sales.customers c ON c.region = r.code AND c.id < 0

--! a row on both sides of a full join
SELECT a, b FROM sales.customers a FULL JOIN sales.orders b ON a.id = b.id + 3 WHERE a IS NULL OR b IS NULL

--! the row of a view that isn't named
SELECT v, to_json(v) FROM sales.all_customers v

--! the row of a view that is named
SELECT v, v.secrets, (v).secrets FROM sales.over_secret v

--! the row of a CTE over a filtered table with its columns renamed
WITH q (a, b, ssn) AS (SELECT id, name, region FROM sales.customers) SELECT q, q.ssn, to_jsonb(q) -> 'email' FROM q

--! the row of VALUES with the names of hidden columns
SELECT v, (v).ssn FROM (VALUES (1, 'x')) AS v (id, ssn)

--! the row of a join by USING, of which one column is of both sides
SELECT o, c, o = o, id FROM sales.orders o JOIN sales.customers c USING (id)

--! the row of a join with an alias for what is used
SELECT u, u.id FROM sales.orders o JOIN sales.customers c USING (id) AS u

--! the row of a table behind another's alias
SELECT orders FROM sales.customers AS orders, sales.orders AS customers

--! the row of an outer query, two levels up
SELECT (SELECT (SELECT to_jsonb(c)) FROM sales.regions LIMIT 1) FROM sales.customers c

--! the row of an outer query as a scalar's column
SELECT (SELECT x.c FROM (SELECT c) AS x) FROM sales.customers c

--! the row of an outer query in FROM
SELECT y.k FROM sales.customers c, LATERAL (SELECT c AS k UNION ALL SELECT c) AS y

--! the row out of a materialized CTE, past the fence
WITH q AS MATERIALIZED (SELECT c FROM sales.customers c) SELECT (c).ssn, (q).c FROM q

--! the row and its fields out of a subquery of DISTINCT
SELECT (q.c).tenant_id FROM (SELECT DISTINCT c FROM sales.customers c) AS q

--! a row's star in the middle of a row
SELECT ROW(0, c.*, 1), (0, c.*) FROM sales.customers c

--! a row's star in an array and a function with many arguments
SELECT ARRAY[r.*], concat_ws(',', r.*), json_build_array(r.*) FROM sales.regions r

--! a row's star in a list of IN
SELECT 'x' IN (c.*) FROM sales.customers c

--! a row's star in VALUES and in ORDER BY
SELECT id FROM sales.customers c ORDER BY c.*

--! a row's star in GROUP BY
SELECT count(*) FROM sales.customers c GROUP BY c.*

--! a row's star in DISTINCT ON
SELECT DISTINCT ON (c.*) c.id FROM sales.customers c

--! a row's star counted with nothing in it
SELECT count((c.*)), count(DISTINCT (c.*)) FROM sales.customers c

--! the star of a field, of a call, and of a subquery
SELECT (v.at).*, (SELECT r FROM sales.regions r LIMIT 1).* FROM sales.visits v

--! the star of a record made of JSON
SELECT (json_populate_record(NULL::sales.place, '{"zip": "x"}')).*

--! the star of an array's element
SELECT ((array_agg(c))[1]).* FROM sales.customers c

--! the star after a schema and a table, of another table's alias
SELECT sales.customers.* FROM sales.regions AS customers, sales.customers

--! system columns by their names in quotes and with the table
SELECT "ctid", c.xmax, c.cmin, c."tableoid" FROM sales.customers c

--! system columns in an aggregate, to find the newest row
SELECT max(xmin::text::int), min(ctid) FROM sales.events

--! system columns in a subquery that renames them
SELECT q.t FROM (SELECT tableoid::regclass AS t, count(*) FROM sales.events GROUP BY 1) AS q

--! system columns as join's columns
SELECT ctid FROM sales.customers a FULL JOIN sales.customers b USING (ctid, id)

--! the old number of a row
SELECT oid, c.oid FROM sales.customers c

--! partitions by their rows' table
SELECT e, e.tableoid = 'sales.events_2024_01'::regclass FROM sales.events e

--! a dropped column's old place
SELECT v."........pg.dropped.1........", to_jsonb(v) -> '........pg.dropped.1........' FROM sales.visits v

--# Rows in writes.

--! the target's hidden columns through its row
UPDATE scratch.tasks t SET body = t::text WHERE id = 1

--! the target's hidden columns through its row in RETURNING
UPDATE scratch.tasks t SET done = true WHERE id = 1 RETURNING t, to_jsonb(t)

--! the target's hidden columns through its row in a condition
DELETE FROM scratch.tasks t WHERE t.id = 1 AND t::text LIKE '%9%'

--! the target's hidden columns through the excluded row
INSERT INTO scratch.tasks (id, body) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET body = to_jsonb(excluded)::text

--! the row before and after (PostgreSQL 18)
UPDATE scratch.tasks SET done = true WHERE id = 1 RETURNING old.*, new.reward

--! the row before and after, by names of one's own
DELETE FROM scratch.tasks WHERE id = 1 RETURNING WITH (OLD AS o, NEW AS n) o, n

--! a filtered table's whole rows as the values of a written column
INSERT INTO scratch.notes (author, body) SELECT c.region, to_jsonb(c)::text FROM sales.customers c WHERE c.id < 6

--! a masked row as a whole into a row of SET
UPDATE scratch.notes n SET (author, body) = (SELECT c.region, c::text FROM sales.customers c WHERE c.id = n.id) WHERE n.id = 1

--! another reading of the target by its row
DELETE FROM scratch.tasks t USING scratch.tasks u WHERE t.id = 1 AND u.id = t.id RETURNING to_jsonb(u)

--! the target's row inserted again from itself
INSERT INTO scratch.tasks SELECT (t).* FROM scratch.tasks t

--! a whole table's columns by TABLE
INSERT INTO scratch.notes TABLE sales.secret

--! the row of MERGE's target
MERGE INTO scratch.notes n USING sales.regions r ON n.author = r.code WHEN MATCHED AND n IS NOT NULL THEN UPDATE SET body = n::text

--! the row of MERGE's source, which is filtered
MERGE INTO scratch.notes n USING sales.customers c ON n.author = c.name WHEN MATCHED THEN UPDATE SET body = to_jsonb(c)::text

--! a system column of the target
UPDATE scratch.notes SET body = ctid::text WHERE id = 1 RETURNING xmin, tableoid::regclass
