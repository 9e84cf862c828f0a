--# Names that could fall through to something visible, and keys that determine columns.

--! names that could fall through to something visible
SELECT region AS ssn, count(*) FROM sales.customers GROUP BY ssn

--! names that could fall through to something visible
SELECT region AS ssn FROM sales.customers ORDER BY ssn

--! names that could fall through to something visible
SELECT region AS ssn FROM sales.customers ORDER BY ssn || ''

--! names that could fall through to something visible
SELECT region AS ssn FROM sales.customers WHERE ssn = 'eu'

--! names that could fall through to something visible
SELECT ssn FROM sales.customers, (SELECT 'x' AS ssn) AS b

--! names that could fall through to something visible
SELECT b.ssn FROM sales.customers, (SELECT 'x' AS ssn) AS b

--! names that could fall through to something visible
SELECT 1 FROM sales.customers JOIN (SELECT 'x' AS ssn) AS b USING (ssn)

--! names that could fall through to something visible
SELECT 1 FROM sales.customers c, unnest(ARRAY[c.ssn]) AS u

--! names that could fall through to something visible
SELECT id FROM sales.orders ORDER BY id LIMIT (SELECT ascii(max(ssn)) FROM sales.customers)

--! names that could fall through to something visible
SELECT id FROM sales.orders OFFSET (SELECT length(max(ssn)) FROM sales.customers)

--! names that could fall through to something visible
VALUES ((SELECT ssn FROM sales.customers LIMIT 1))

--! names that could fall through to something visible
SELECT ARRAY(SELECT ssn FROM sales.customers)

--! names that could fall through to something visible
SELECT region FROM sales.customers GROUP BY GROUPING SETS ((region), (ssn))

--! names that could fall through to something visible
SELECT sum(1) OVER w FROM sales.customers WINDOW w AS (PARTITION BY ssn)

--! names that could fall through to something visible
SELECT 1 FROM sales.customers c JOIN LATERAL (SELECT 1 WHERE c.ssn > '') AS x ON true

--! names that could fall through to something visible
WITH RECURSIVE r AS (SELECT id, ssn FROM sales.customers UNION ALL SELECT id, ssn FROM r) SELECT count(*) FROM r

--! keys that determine columns
SELECT c.email, c.phone FROM sales.customers c GROUP BY GROUPING SETS ((c.id), (c.id, c.region))

--! keys that determine columns
SELECT c.email FROM sales.customers c GROUP BY GROUPING SETS ((c.id), ())

--! keys that determine columns
SELECT c.email FROM sales.customers c GROUP BY ROLLUP (c.id)

--! keys that determine columns
SELECT grouping(c.email), c.email FROM sales.customers c GROUP BY c.id

--! keys that determine columns
SELECT a.email, b.email FROM sales.customers a FULL JOIN sales.customers b ON a.id = b.id + 2 GROUP BY a.id, b.id
