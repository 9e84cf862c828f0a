--# Rows that a row filter hides.

--! whole rows with a denied column, as a field of a lateral subquery's record
SELECT l FROM sales.customers c, LATERAL (SELECT c AS row, c.email, to_jsonb(c)) AS l

--! whole rows with a denied column, collected by aggregates that take records
SELECT array_agg(c), json_object_agg(c.id, c), count(DISTINCT c) FROM sales.customers c GROUP BY c.id

--! a denied column, as a field of the first of the collected rows
SELECT (array_agg(c))[1].ssn FROM sales.customers c

--! a denied column, from collected rows that unnest takes apart by a column list of its own
SELECT x.ssn FROM unnest((SELECT array_agg(c) FROM sales.customers c)) AS x(id int, ssn text)

--! the rows that the filter hides, if a sample were taken of the stored table
SELECT c FROM sales.customers AS c TABLESAMPLE BERNOULLI (100)

--! a denied column, by a cast to text and back to the table's own row type
SELECT c::text::sales.customers FROM sales.customers c

--! whole rows of two tables with denied columns, as one column of a UNION
SELECT c FROM sales.customers c UNION SELECT o FROM sales.odd o

--! a denied column, as what json_populate_record leaves as it was in the row
SELECT json_populate_record(c, '{"ssn": "x"}') FROM sales.customers c

--! a denied column, from the output function of records
SELECT record_out(c) FROM sales.customers c

--! whole rows with a denied column, carried through the arms of a recursion
WITH RECURSIVE t(c) AS (SELECT c FROM sales.customers c UNION ALL SELECT c FROM t WHERE false) SELECT c FROM t

--! the server's time and stack: conditions over records of more columns than a row may have
SELECT count(*) FROM (SELECT 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1) AS x WHERE x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL

--! whether there are hidden rows of a tenant, from a division by zero that only they raise
SELECT c FROM sales.customers c WHERE c.tenant_id = 2 AND 1 / (c.tenant_id - 2) > 0

--! a hidden row's text, in the message of a cast that fails on it
SELECT c FROM sales.customers c WHERE (c).tenant_id = 2 AND c::text::int > 0

--! whether a row is hidden or missing, and how many are, from the plan's estimates
EXPLAIN SELECT to_jsonb(c) FROM sales.customers c WHERE c.id = 2 AND c IS NOT NULL

--! names and types of denied columns and tables, as rows of information_schema
SELECT x FROM information_schema.columns x WHERE x.table_name IN ('customers', 'visits', 'secret', 'employees')

--! other tenants' rows by joining the table to itself where one side alone is filtered
SELECT a.id, b.tenant_id, b.name FROM sales.customers a RIGHT JOIN sales.customers b ON b.tenant_id <> a.tenant_id WHERE a.id IS NULL OR b.tenant_id = 2

--! other tenants' rows by NATURAL FULL JOIN of two readings
SELECT count(*), max(name) FROM sales.customers NATURAL FULL JOIN (SELECT id, 2 AS tenant_id FROM sales.customers) b

--! login events by a condition whose NULL would pass
SELECT count(*), min(kind) FROM sales.events WHERE NOT (kind <> 'login') OR kind IS NULL

--! login events by EXCEPT of those that are shown
SELECT id FROM sales.events EXCEPT ALL SELECT id FROM sales.events WHERE kind <> 'login'

--! login events by the gaps that a series shows beside a full join
SELECT count(g), count(e.id) FROM generate_series(1, 50) AS g FULL JOIN (SELECT id FROM sales.events WHERE id < 1) e ON e.id = g

--! hidden rows by grouping sets with an empty set, which gives a row of its own
SELECT tenant_id, count(*), grouping(tenant_id) FROM sales.customers GROUP BY GROUPING SETS ((tenant_id), ()) ORDER BY 1, 2

--! hidden rows by a cube whose totals count more than is shown
SELECT tenant_id, region, count(DISTINCT id) FROM sales.customers GROUP BY CUBE (tenant_id, region) ORDER BY 1, 2, 3

--! hidden rows by a recursion that follows them
WITH RECURSIVE t(id, tenant) AS (SELECT id, tenant_id FROM sales.customers WHERE id = 1 UNION SELECT c.id, c.tenant_id FROM sales.customers c, t WHERE c.tenant_id <> t.tenant AND c.id = t.id + 1) SELECT * FROM t

--! hidden rows by a recursion over codes with a cast in its step
WITH RECURSIVE t(n) AS (SELECT 2 UNION SELECT c.code::int FROM t JOIN sales.codes c ON c.id = t.n) SELECT n FROM t ORDER BY n

--! hidden rows by a correlated count that ignores the outer filter
SELECT r.code, (SELECT count(*) FROM sales.customers c WHERE c.region = r.code AND c.tenant_id <> 1) FROM sales.regions r

--! hidden rows by IN over rows of two columns
SELECT o.id FROM sales.orders o WHERE (o.customer_id, 2) IN (SELECT id, tenant_id FROM sales.customers)

--! hidden rows by ALL, which holds of an empty set
SELECT 2 <> ALL (SELECT tenant_id FROM sales.customers), 2 = ANY (ARRAY(SELECT tenant_id FROM sales.customers))

--! orders of hidden customers by an anti-join, whose number is the hidden one
SELECT count(*) FROM sales.customers c LEFT JOIN sales.customers d ON d.id = c.id AND d.tenant_id = 2 WHERE d.id IS NULL

--! the physical place of hidden rows by the system column
SELECT ctid, id FROM sales.customers WHERE ctid > '(0,0)'

--! the table that a row really comes from
SELECT tableoid::regclass, xmin, cmax FROM sales.customers

--! hidden rows at a place that is named
SELECT name FROM sales.customers WHERE ctid = ANY (ARRAY['(0,1)', '(0,2)', '(1,1)']::tid[])

--! hidden rows by locking what is read
SELECT id FROM sales.customers WHERE tenant_id = 2 FOR KEY SHARE NOWAIT

--! a filter that ends at a set operation's first branch
(SELECT id FROM sales.customers) UNION (SELECT id FROM sales.customers WHERE tenant_id = 2 ORDER BY id LIMIT 5) INTERSECT SELECT id FROM sales.customers

--! a filter that TABLE might not know
TABLE sales.codes ORDER BY id LIMIT 3

--! a filter that ONLY or a star might turn off
SELECT id, tenant_id FROM ONLY sales.codes UNION ALL SELECT id, tenant_id FROM sales.codes *

--! a filter's attribute by a name of it in the statement
SELECT :tenant FROM sales.customers

--! a filter's parameter overwritten by one of the statement
SELECT id FROM sales.customers WHERE tenant_id = $1 OR $1 = 2

--! a filter turned off by a condition that closes its parenthesis
SELECT id FROM sales.customers WHERE true) OR (true

--! a filter bypassed by rows from a function that is given the table's rows
SELECT x.* FROM sales.codes c, LATERAL (SELECT c.tenant_id, d.tenant_id FROM sales.codes d WHERE d.id = c.id + 1) AS x(a, b) ORDER BY 1, 2

--! hidden rows by a lateral that is evaluated for all rows
SELECT l.x FROM sales.codes c CROSS JOIN LATERAL (SELECT 100 / c.divisor AS x OFFSET 0) l ORDER BY l.x

--! hidden rows by a materialized CTE outside of the filter
WITH c AS MATERIALIZED (SELECT * FROM sales.codes) SELECT count(*), max(code::int) FROM c

--! hidden rows by an inlined CTE whose conditions are pushed down
WITH c AS NOT MATERIALIZED (SELECT * FROM sales.codes) SELECT id FROM c WHERE code::int = 14 AND 5 / divisor >= 0

--! the least hidden row by min over an index
SELECT min(code), max(code), min(happened_at) FROM sales.codes

--! a skip scan of hidden rows by a loose recursion over an index
SELECT DISTINCT ON (code) code, id FROM sales.codes ORDER BY code, id DESC

--! hidden rows by an ordered-set aggregate of a cast that raises
SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY code::float8) FROM sales.codes

--! hidden rows by FETCH with ties at the border between shown and hidden
SELECT tenant_id FROM sales.codes ORDER BY tenant_id FETCH FIRST 1 ROWS WITH TIES

--! hidden rows by a row comparison that raises on one column
SELECT id FROM sales.codes WHERE (code::int, divisor) > (10, 10)

--! hidden rows by CASE, whose constant parts are folded early
SELECT CASE WHEN tenant_id = 2 THEN 1 / (tenant_id - 2) ELSE 0 END FROM sales.codes

--! hidden rows by COALESCE that raises last
SELECT coalesce(nullif(tenant_id, 2), 1 / 0) FROM sales.codes

--! hidden rows by time zone conversions that raise
SELECT id FROM sales.codes WHERE happened_at AT TIME ZONE code IS NOT NULL

--! rows of other owners by what an update's WHERE may see
UPDATE scratch.tasks SET done = true WHERE 1 / (owner - 2) < 0 RETURNING id

--! rows of other owners by a join of an update
UPDATE scratch.tasks t SET body = o.body FROM scratch.tasks o WHERE o.owner = 2 AND t.id = o.id - 100

--! rows of other owners by deleting what equals them
DELETE FROM scratch.tasks t USING scratch.tasks o WHERE o.owner <> t.owner AND t.id = 1

--! rows of other owners by an insert from a reading
INSERT INTO scratch.notes (author, body) SELECT owner::text, body FROM scratch.tasks WHERE owner = 2
