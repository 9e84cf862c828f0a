--# Rows that a row filter hides.

--! rows through aggregates, lateral subqueries, samples, casts and writes
SELECT l FROM sales.customers c, LATERAL (SELECT c AS row, c.email, to_jsonb(c)) AS l

--! rows through aggregates, lateral subqueries, samples, casts and writes
SELECT array_agg(c), json_object_agg(c.id, c), count(DISTINCT c) FROM sales.customers c GROUP BY c.id

--! rows through aggregates, lateral subqueries, samples, casts and writes
SELECT (array_agg(c))[1].ssn FROM sales.customers c

--! rows through aggregates, lateral subqueries, samples, casts and writes
SELECT x.ssn FROM unnest((SELECT array_agg(c) FROM sales.customers c)) AS x(id int, ssn text)

--! rows through aggregates, lateral subqueries, samples, casts and writes
SELECT c FROM sales.customers AS c TABLESAMPLE BERNOULLI (100)

--! rows through aggregates, lateral subqueries, samples, casts and writes
SELECT c::text::sales.customers FROM sales.customers c

--! rows through aggregates, lateral subqueries, samples, casts and writes
SELECT c FROM sales.customers c UNION SELECT o FROM sales.odd o

--! rows through aggregates, lateral subqueries, samples, casts and writes
SELECT json_populate_record(c, '{"ssn": "x"}') FROM sales.customers c

--! rows through aggregates, lateral subqueries, samples, casts and writes
SELECT record_out(c) FROM sales.customers c

--! rows through aggregates, lateral subqueries, samples, casts and writes
WITH RECURSIVE t(c) AS (SELECT c FROM sales.customers c UNION ALL SELECT c FROM t WHERE false) SELECT c FROM t

--! rows through aggregates, lateral subqueries, samples, casts and writes
SELECT count(*) FROM (SELECT 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1) AS x WHERE x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL

--! rows and conditions on rows that the filter hides
SELECT c FROM sales.customers c WHERE c.tenant_id = 2 AND 1 / (c.tenant_id - 2) > 0

--! rows and conditions on rows that the filter hides
SELECT c FROM sales.customers c WHERE (c).tenant_id = 2 AND c::text::int > 0

--! rows and conditions on rows that the filter hides
EXPLAIN SELECT to_jsonb(c) FROM sales.customers c WHERE c.id = 2 AND c IS NOT NULL

--! rows and conditions on rows that the filter hides
SELECT x FROM information_schema.columns x WHERE x.table_name IN ('customers', 'visits', 'secret', 'employees')
