--# Whole rows, composites, functional notation, system columns, and rows whose columns stand elsewhere.

--! whole rows and system columns
SELECT c FROM sales.customers c

--! whole rows and system columns
SELECT to_jsonb(c) FROM sales.customers c

--! whole rows and system columns
SELECT row_to_json(customers), json_agg(customers), array_agg(sales.customers.*) FROM sales.customers GROUP BY customers

--! whole rows and system columns
SELECT count(DISTINCT c) FROM sales.customers c

--! whole rows and system columns
SELECT c::text, CAST(c AS varchar), concat(c), format('%s', c) FROM sales.customers c

--! whole rows and system columns
SELECT c, max(c::text) OVER (PARTITION BY c ORDER BY c) FROM sales.customers c WHERE c IS NOT NULL ORDER BY c

--! whole rows and system columns
SELECT DISTINCT ON (a) a, b FROM sales.customers a JOIN sales.customers b ON a = b WHERE a IN (SELECT d FROM sales.customers d) AND a >= ANY (SELECT d FROM sales.customers d) AND a IS NOT DISTINCT FROM b

--! whole rows and system columns
SELECT a FROM sales.customers a UNION SELECT b FROM sales.customers b EXCEPT SELECT e FROM sales.customers e WHERE e.id < 9

--! whole rows and system columns
SELECT x.c, y FROM (SELECT c FROM sales.customers c) x LEFT JOIN LATERAL (SELECT to_jsonb(x.c) -> 'ssn' AS ssn, x) y ON true

--! whole rows and system columns
WITH RECURSIVE q AS (SELECT c, 1 AS n FROM sales.customers c UNION ALL SELECT q.c, q.n + 1 FROM q WHERE n < 2) SELECT q, to_json(q) FROM q

--! whole rows and system columns
SELECT (SELECT c FROM sales.regions LIMIT 1), EXISTS (SELECT c), ARRAY(SELECT c), ARRAY[c, c] FROM sales.customers c

--! whole rows and system columns
SELECT c FROM (SELECT * FROM sales.customers) c

--! whole rows and system columns
SELECT to_jsonb(c) ->> 'ssn', to_jsonb(c) -> 'tenant_id', to_jsonb(c) #>> '{ssn}', jsonb_path_query(to_jsonb(c), '$.ssn') FROM sales.customers c

--! whole rows and system columns
SELECT c.row_to_json FROM sales.customers c

--! whole rows and system columns
SELECT ssn(c) FROM sales.customers c

--! whole rows and system columns
SELECT c.upper FROM sales.customers c

--! whole rows and system columns
SELECT (c).upper FROM sales.customers c

--! whole rows and system columns
SELECT (x.c).ssn FROM (SELECT c FROM sales.customers c) x

--! whole rows and system columns
SELECT ((SELECT c FROM sales.customers c LIMIT 1)).ssn

--! whole rows and system columns
SELECT j FROM (sales.customers c JOIN sales.orders o ON o.id = c.id) j

--! whole rows and system columns
SELECT c FROM sales.customers c (a, b, c1, d, e, f)

--! whole rows and system columns
SELECT c::sales.customers FROM sales.customers c

--! whole rows and system columns
SELECT (c).* FROM sales.customers c

--! whole rows and system columns
SELECT ROW(c.*) FROM sales.customers c

--! whole rows and system columns
SELECT (json_populate_record(NULL::sales.customers, '{}')).ssn

--! whole rows and system columns
SELECT ctid, xmin FROM sales.customers

--! whole rows and system columns
SELECT tableoid::regclass FROM sales.events

--! whole rows and system columns
SELECT id FROM sales.customers WHERE ctid = '(0,1)'

--! rows where columns stand elsewhere: partitions of another order, dropped columns, children, names of functions
SELECT v, to_jsonb(v), v::text, (v).at, ((v).at).zip FROM sales.visits v ORDER BY v.id, v IS NULL

--! rows where columns stand elsewhere: partitions of another order, dropped columns, children, names of functions
SELECT v, v.note, v.at FROM sales.visits v GROUP BY v.id

--! rows where columns stand elsewhere: partitions of another order, dropped columns, children, names of functions
SELECT ((v).at).ssn FROM sales.visits v

--! rows where columns stand elsewhere: partitions of another order, dropped columns, children, names of functions
SELECT to_jsonb(ssn) FROM sales.visits AS ssn

--! rows where columns stand elsewhere: partitions of another order, dropped columns, children, names of functions
SELECT jsonb_path_query(to_jsonb(v), '$.ssn') FROM sales.visits v

--! rows where columns stand elsewhere: partitions of another order, dropped columns, children, names of functions
SELECT s.name FROM sales.shops s GROUP BY s.id

--! rows where columns stand elsewhere: partitions of another order, dropped columns, children, names of functions
SELECT s FROM sales.shops s GROUP BY s.id

--! rows where columns stand elsewhere: partitions of another order, dropped columns, children, names of functions
SELECT s = t, s IN (SELECT u FROM sales.shops u), greatest(s, t), nullif(s, t) FROM sales.shops s, sales.shops t

--! rows where columns stand elsewhere: partitions of another order, dropped columns, children, names of functions
SELECT to_jsonb(o), o.r, (o).lower, (o).row_to_json FROM sales.odd o
