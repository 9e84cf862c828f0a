--# Hidden relations and columns by every road, and names that look like others.

--! the filtered table's rows, if a schema's quoted capitals were folded
SELECT * FROM "SALES"."customers"

--! the filtered table's rows, if one quoted name with a dot were taken apart
SELECT * FROM "sales.customers"

--! a denied table, if a Cyrillic letter passed for the Latin one
SELECT * FROM sаles.secret

--! a denied column, if quoted capitals were folded after the rule was looked up
SELECT "SSN" FROM sales.customers

--! a denied table, if quotes kept its name from the rule's pattern
SELECT * FROM sales."payroll_export"

--! a denied column's first character: which rows a pattern keeps
SELECT id FROM sales.customers WHERE ssn LIKE '9%'

--! how a denied column's values are ordered, from the order of the rows
SELECT id FROM sales.customers ORDER BY ssn

--! how many rows share each value of a denied column
SELECT count(*) FROM sales.customers GROUP BY ssn

--! in which groups a denied column has any value
SELECT region FROM sales.customers GROUP BY region HAVING min(ssn) > ''

--! how many of a denied column's values lie above a bound
SELECT count(*) FILTER (WHERE ssn > '5') FROM sales.customers

--! each row's place among a denied column's values
SELECT rank() OVER (ORDER BY ssn) FROM sales.customers

--! which rows have equal values in a denied column, through a join's USING
SELECT a.id FROM sales.customers a JOIN sales.customers b USING (ssn)

--! how a denied column compares with values that are known, through a join's ON
SELECT a.id FROM sales.customers a JOIN sales.regions r ON a.ssn > r.code

--! which row comes first for each value of a denied column, and how many values there are
SELECT DISTINCT ON (ssn) id FROM sales.customers

--! a denied column of the outer query, read in a subquery without FROM
SELECT (SELECT ssn) FROM sales.customers

--! whether a denied column has this value, or an outer column of the same name in its stead
SELECT 1 FROM (SELECT 'x' AS ssn) AS outer_one WHERE EXISTS (SELECT 1 FROM sales.customers WHERE ssn = 'x')

--! a denied column under another name, through LATERAL
SELECT s.x FROM sales.customers c, LATERAL (SELECT c.ssn AS x) AS s

--! a denied column's first character, from whether a division by zero is raised
SELECT CASE WHEN ssn LIKE '9%' THEN 1 / 0 END FROM sales.customers

--! whether a denied column has this value, by a NATURAL join that pairs it without naming it
SELECT a.id FROM sales.customers a NATURAL JOIN (SELECT id, 'x' AS ssn FROM sales.customers) b

--! a denied column and the hidden rows, as part of the star
SELECT * FROM sales.customers

--! a denied column and the hidden rows, as part of a qualified star
SELECT c.* FROM sales.customers c ORDER BY c.id

--! salaries with names, from a schema that isn't visible
SELECT name, salary FROM hr.employees

--! the highest salary, from a subquery in the SELECT list
SELECT (SELECT max(salary) FROM hr.employees)

--! nothing read but that the table is there, from a CTE that nobody uses
WITH e AS (SELECT * FROM hr.employees) SELECT 1

--! whether anyone earns more than a bound, from EXISTS without columns
SELECT 1 WHERE EXISTS (SELECT FROM hr.employees WHERE salary > 100000)

--! a denied column of the table behind a CTE of the same name, beside a denied table
WITH customers AS (SELECT 1 AS id) SELECT ssn FROM customers, sales.secret

--! a denied column of the table behind a CTE of the same name
WITH customers AS (SELECT 1 AS id) SELECT ssn FROM sales.customers

--! nothing but a CTE's own value, unless the denied table of that name were read instead
WITH secret AS (SELECT 'mine' AS s) SELECT s FROM secret

--! a relation called `b`, since a CTE that comes later isn't in scope yet
WITH a AS (SELECT s FROM b), b AS (SELECT 'x' AS s) SELECT * FROM a

--! the hidden rows, through a view over the filtered table
SELECT * FROM sales.customer_cards
