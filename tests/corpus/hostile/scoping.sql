--# Names that could fall through to something visible, and keys that determine columns.

--! the groups of a denied column: GROUP BY takes the column before the alias of that name
SELECT region AS ssn, count(*) FROM sales.customers GROUP BY ssn

--! the order of a denied column, if ORDER BY didn't take the alias of that name
SELECT region AS ssn FROM sales.customers ORDER BY ssn

--! the order of a denied column: in an expression ORDER BY takes the column before the alias
SELECT region AS ssn FROM sales.customers ORDER BY ssn || ''

--! which rows have a value in a denied column: WHERE never takes the alias of that name
SELECT region AS ssn FROM sales.customers WHERE ssn = 'eu'

--! a denied column, where another item of FROM has a visible one of the same name
SELECT ssn FROM sales.customers, (SELECT 'x' AS ssn) AS b

--! nothing but a visible column, unless the item that qualifies it were mistaken for the table with the denied one
SELECT b.ssn FROM sales.customers, (SELECT 'x' AS ssn) AS b

--! whether any row has this value in a denied column, through USING with a visible one of the same name
SELECT 1 FROM sales.customers JOIN (SELECT 'x' AS ssn) AS b USING (ssn)

--! a denied column, as the argument of a function in FROM that sees the item before it
SELECT 1 FROM sales.customers c, unnest(ARRAY[c.ssn]) AS u

--! a denied column's first letter, as how many rows LIMIT lets through
SELECT id FROM sales.orders ORDER BY id LIMIT (SELECT ascii(max(ssn)) FROM sales.customers)

--! a denied column's length, as how many rows OFFSET leaves out
SELECT id FROM sales.orders OFFSET (SELECT length(max(ssn)) FROM sales.customers)

--! a denied column, from a subquery in VALUES
VALUES ((SELECT ssn FROM sales.customers LIMIT 1))

--! all values of a denied column, from a subquery that is made an array
SELECT ARRAY(SELECT ssn FROM sales.customers)

--! how many values a denied column has, from one of several grouping sets
SELECT region FROM sales.customers GROUP BY GROUPING SETS ((region), (ssn))

--! how many rows share each value of a denied column, from a named window
SELECT sum(1) OVER w FROM sales.customers WINDOW w AS (PARTITION BY ssn)

--! which rows have a value in a denied column, in a lateral subquery's WHERE
SELECT 1 FROM sales.customers c JOIN LATERAL (SELECT 1 WHERE c.ssn > '') AS x ON true

--! a denied column, carried through the arms of a recursion
WITH RECURSIVE r AS (SELECT id, ssn FROM sales.customers UNION ALL SELECT id, ssn FROM r) SELECT count(*) FROM r

--! masked columns as they are stored, if the key that is in each grouping set brought them in behind the mask
SELECT c.email, c.phone FROM sales.customers c GROUP BY GROUPING SETS ((c.id), (c.id, c.region))

--! a masked column as it is stored, if a key that only one grouping set has determined it
SELECT c.email FROM sales.customers c GROUP BY GROUPING SETS ((c.id), ())

--! a masked column as it is stored, if a key that ROLLUP leaves out determined it
SELECT c.email FROM sales.customers c GROUP BY ROLLUP (c.id)

--! a masked column as it is stored, if what the key determines took the place of the mask, told by grouping()
SELECT grouping(c.email), c.email FROM sales.customers c GROUP BY c.id

--! masked columns as they are stored, where an outer join makes the keys NULL that determine them
SELECT a.email, b.email FROM sales.customers a FULL JOIN sales.customers b ON a.id = b.id + 2 GROUP BY a.id, b.id
