--# Hidden relations and columns by every road, and names that look like others.

--! look-alikes of names
SELECT * FROM "SALES"."customers"

--! look-alikes of names
SELECT * FROM "sales.customers"

--! look-alikes of names
SELECT * FROM sаles.secret

--! look-alikes of names
SELECT "SSN" FROM sales.customers

--! look-alikes of names
SELECT * FROM sales."payroll_export"

--! denied columns and invisible relations, by every road
SELECT id FROM sales.customers WHERE ssn LIKE '9%'

--! denied columns and invisible relations, by every road
SELECT id FROM sales.customers ORDER BY ssn

--! denied columns and invisible relations, by every road
SELECT count(*) FROM sales.customers GROUP BY ssn

--! denied columns and invisible relations, by every road
SELECT region FROM sales.customers GROUP BY region HAVING min(ssn) > ''

--! denied columns and invisible relations, by every road
SELECT count(*) FILTER (WHERE ssn > '5') FROM sales.customers

--! denied columns and invisible relations, by every road
SELECT rank() OVER (ORDER BY ssn) FROM sales.customers

--! denied columns and invisible relations, by every road
SELECT a.id FROM sales.customers a JOIN sales.customers b USING (ssn)

--! denied columns and invisible relations, by every road
SELECT a.id FROM sales.customers a JOIN sales.regions r ON a.ssn > r.code

--! denied columns and invisible relations, by every road
SELECT DISTINCT ON (ssn) id FROM sales.customers

--! denied columns and invisible relations, by every road
SELECT (SELECT ssn) FROM sales.customers

--! denied columns and invisible relations, by every road
SELECT 1 FROM (SELECT 'x' AS ssn) AS outer_one WHERE EXISTS (SELECT 1 FROM sales.customers WHERE ssn = 'x')

--! denied columns and invisible relations, by every road
SELECT s.x FROM sales.customers c, LATERAL (SELECT c.ssn AS x) AS s

--! denied columns and invisible relations, by every road
SELECT CASE WHEN ssn LIKE '9%' THEN 1 / 0 END FROM sales.customers

--! denied columns and invisible relations, by every road
SELECT a.id FROM sales.customers a NATURAL JOIN (SELECT id, 'x' AS ssn FROM sales.customers) b

--! denied columns and invisible relations, by every road
SELECT * FROM sales.customers

--! denied columns and invisible relations, by every road
SELECT c.* FROM sales.customers c ORDER BY c.id

--! denied columns and invisible relations, by every road
SELECT name, salary FROM hr.employees

--! denied columns and invisible relations, by every road
SELECT (SELECT max(salary) FROM hr.employees)

--! denied columns and invisible relations, by every road
WITH e AS (SELECT * FROM hr.employees) SELECT 1

--! denied columns and invisible relations, by every road
SELECT 1 WHERE EXISTS (SELECT FROM hr.employees WHERE salary > 100000)

--! denied columns and invisible relations, by every road
WITH customers AS (SELECT 1 AS id) SELECT ssn FROM customers, sales.secret

--! denied columns and invisible relations, by every road
WITH customers AS (SELECT 1 AS id) SELECT ssn FROM sales.customers

--! denied columns and invisible relations, by every road
WITH secret AS (SELECT 'mine' AS s) SELECT s FROM secret

--! denied columns and invisible relations, by every road
WITH a AS (SELECT s FROM b), b AS (SELECT 'x' AS s) SELECT * FROM a

--! denied columns and invisible relations, by every road
SELECT * FROM sales.customer_cards
