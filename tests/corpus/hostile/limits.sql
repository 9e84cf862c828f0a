--# More rows or bytes than the policy gives, or a hidden number by way of how many come.

--! more rows than the cap, by a LIMIT beyond it
SELECT g.n FROM generate_series(1, 5000) AS g (n) ORDER BY n LIMIT 4000

--! all rows, by LIMIT ALL
SELECT g.n FROM generate_series(1, 5000) AS g (n) ORDER BY n LIMIT ALL

--! an error for a LIMIT below zero, which tells what stood there
SELECT id FROM sales.orders ORDER BY id LIMIT -1

--! an overflow of the cap by one more
SELECT id FROM sales.orders ORDER BY id LIMIT 9223372036854775807

--! an overflow of limit and offset together
SELECT id FROM sales.orders ORDER BY id LIMIT 9223372036854775807 OFFSET 9223372036854775807

--! rows that are equal to the last, beyond the cap
SELECT g.n % 2 AS even FROM generate_series(1, 5000) AS g (n) ORDER BY 1 FETCH FIRST 1 ROWS WITH TIES

--! ties of a masked column, which show how its true values are equal
SELECT id FROM sales.customers ORDER BY phone FETCH FIRST 1 ROWS WITH TIES

--! ties in a subquery, before the filter
SELECT count(*) FROM (SELECT tenant_id FROM sales.customers ORDER BY tenant_id FETCH FIRST 1 ROWS WITH TIES) AS q

--! ties without an order, which PostgreSQL refuses
SELECT id FROM sales.orders FETCH FIRST 1 ROWS WITH TIES

--! a part of the rows, which needs their number
SELECT id FROM sales.customers FETCH FIRST 10 PERCENT ROWS ONLY

--! a limit and a fetch at once
SELECT id FROM sales.orders ORDER BY id LIMIT 2 FETCH FIRST 3 ROWS ONLY

--! two limits, of which one counts
SELECT id FROM sales.orders LIMIT 1 LIMIT 1000

--! a limit of the arm of a union
SELECT id FROM sales.orders UNION ALL (SELECT id FROM sales.customers ORDER BY id LIMIT 5000)

--! limits inside and outside of parentheses
((SELECT id FROM sales.orders ORDER BY id LIMIT 3) ORDER BY id DESC LIMIT 2)

--! a limit from the number of hidden rows
SELECT id FROM sales.orders ORDER BY id LIMIT (SELECT count(*) FROM sales.customers WHERE tenant_id = 2)

--! a limit from the number of rows of a denied table
SELECT id FROM sales.orders ORDER BY id LIMIT (SELECT max(n) FROM sales.secret)

--! a limit that looks at the row itself, which can't be
SELECT id FROM sales.orders AS o LIMIT o.id

--! a limit by an aggregate
SELECT id FROM sales.orders LIMIT count(*)

--! a limit from a text that is a hidden number
SELECT id FROM sales.orders LIMIT (SELECT phone FROM sales.customers ORDER BY id LIMIT 1)::int

--! a limit that is not a number
SELECT id FROM sales.orders ORDER BY id LIMIT 'NaN'::float8

--! a limit that divides by the hidden rows' count
SELECT id FROM sales.orders LIMIT 1 / (SELECT count(*) FROM sales.customers WHERE tenant_id <> 1)

--! a limit by a function that writes
SELECT id FROM sales.orders LIMIT nextval('sales.counter')

--! a correlated limit, one for each row outside
SELECT c.id, (SELECT count(*) FROM (SELECT 1 FROM sales.orders AS o LIMIT c.id % 3) AS q) FROM sales.customers AS c ORDER BY c.id

--! an offset from a masked value, whose true one decides
SELECT c.id, (SELECT o.id FROM sales.orders AS o ORDER BY o.id OFFSET ascii(c.phone) LIMIT 1) FROM sales.customers AS c ORDER BY c.id

--! an offset beyond all shown rows, where hidden ones might be
SELECT id, name FROM sales.customers ORDER BY id OFFSET 1000

--! the rows from the end, where hidden ones are newest
SELECT id, name, created_at FROM sales.customers ORDER BY created_at DESC, id DESC LIMIT 3

--! a sample by offsets, in the table's own order
SELECT count(*) FROM (SELECT id FROM sales.customers LIMIT 10 OFFSET 5) AS q

--! only the first hidden row's effect on an EXISTS
SELECT EXISTS (SELECT FROM sales.customers WHERE tenant_id = 2 LIMIT 1 OFFSET 2)

--! the limit of a WITH, which fences nothing
WITH c AS NOT MATERIALIZED (SELECT id, tenant_id FROM sales.customers LIMIT 1000) SELECT max(tenant_id) FROM c

--! the limit of a recursion, which stops it
WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r LIMIT 5

--! the limit inside a recursion, which PostgreSQL can't do
WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL (SELECT n + 1 FROM r LIMIT 1)) SELECT n FROM r LIMIT 5

--! rows of a list, which has no LIMIT
VALUES (1), (2), (3) ORDER BY 1 DESC OFFSET 1

--! many rows from one, by a function in the list
SELECT r.code, generate_series(1, 3000) AS n FROM sales.regions AS r

--! many rows by two functions that go in step
SELECT generate_series(1, 2000), generate_series(1, 1001)

--! many rows by unnest of an array of many
SELECT unnest(array_fill(1, ARRAY[5000]))

--! many rows by splitting a text
SELECT regexp_split_to_table(repeat('a,', 2000), ',')

--! all rows in one, where rows are counted
SELECT array_agg(g.n) FROM generate_series(1, 20000) AS g (n)

--! all rows in one text, where rows are counted
SELECT length(string_agg(c.name || c.email, '' ORDER BY c.id)) FROM sales.customers AS c

--! all rows as the fields of one object
SELECT jsonb_object_agg(c.id, c.name) FROM sales.customers AS c

--! all rows as one document of XML
SELECT xmlagg(xmlelement(name c, c.name)) FROM sales.customers AS c

--! a value that is larger than all that may be sent
SELECT repeat('x', 900000) AS a, repeat('y', 900000) AS b, repeat('z', 900000) AS c, repeat('w', 900000) AS d, repeat('v', 900000) AS e

--! values that are large together
SELECT g.n, repeat('x', 10000) FROM generate_series(1, 500) AS g (n) ORDER BY g.n

--! columns by the hundred, each of them counted once
SELECT a.*, b.*, c.*, d.*, e.*, f.* FROM sales.regions a, sales.regions b, sales.regions c, sales.regions d, sales.regions e, sales.regions f ORDER BY a.code, b.code, c.code, d.code, e.code, f.code LIMIT 2

--! rows without a column, which have no bytes
SELECT FROM generate_series(1, 5000)

--! rows of nothing but NULL
SELECT NULL FROM generate_series(1, 3000)

--! rows of the empty array and the empty object
SELECT '{}'::int[], '{}'::jsonb, ''::bytea FROM generate_series(1, 600)

--! the number of all rows, by a window over the rows before the cap
SELECT count(*) OVER () FROM sales.customers LIMIT 1

--! the last of all rows, by a window before the cap
SELECT last_value(id) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM sales.customers ORDER BY id LIMIT 1

--! the place of shown rows among all
SELECT id, ntile(4) OVER (ORDER BY id), percent_rank() OVER (ORDER BY id), cume_dist() OVER (ORDER BY id) FROM sales.customers ORDER BY id

--! an order by a masked column, which is the order of the hidden values
SELECT id FROM sales.customers ORDER BY birth_date, id LIMIT 20

--! the first of each group by a masked order
SELECT DISTINCT ON (region) region, id FROM sales.customers ORDER BY region, credit_limit DESC, id

--! the first in an aggregate by a masked order
SELECT region, (array_agg(id ORDER BY email, id))[1:3] FROM sales.customers GROUP BY region ORDER BY region

--! rows that are more than a write may change, by RETURNING
UPDATE scratch.notes SET done = NOT done WHERE id > 0 RETURNING id

--! rows that are more than a write may make
INSERT INTO scratch.notes (author, body) SELECT 'x', g.n::text FROM generate_series(1, 6) AS g (n)

--! rows by ties in a write, where the count is of another query
DELETE FROM scratch.notes WHERE id IN (SELECT id FROM scratch.notes ORDER BY done FETCH FIRST 1 ROWS WITH TIES)

--! a limit of a write, as MySQL has it
DELETE FROM scratch.notes WHERE id > 0 LIMIT 1

--! an order of a write, as MySQL has it
UPDATE scratch.notes SET done = true WHERE id > 0 ORDER BY id LIMIT 1

--! a limit of zero rows, where the columns are what is told
SELECT * FROM sales.payroll_export LIMIT 0

--! a limit of zero rows of a filtered table, whose columns are told
SELECT * FROM sales.customers LIMIT 0

--! a limit by a parameter without a value
SELECT id FROM sales.orders ORDER BY id LIMIT $1 OFFSET $2

--! a limit in groups, as other databases have it
SELECT id FROM sales.orders LIMIT 1 BY customer_id

--! half of the pages of a filtered table
SELECT count(*) FROM sales.customers TABLESAMPLE SYSTEM (50) REPEATABLE (3)

--! a sample before the filter, whose rows differ with the hidden
SELECT id FROM sales.events TABLESAMPLE BERNOULLI (50) REPEATABLE (1) ORDER BY id
