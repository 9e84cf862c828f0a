--# Attacks. A line `--> verdict` begins a case, and the statement is every line up to the next such line, as it stands.
--# The verdict is a reason code, or `admitted` where the statement means no harm in the end: then its result holds no
--# canary. Lines with `--#` belong to nothing. The policy and the canaries are in tests/it/hidden.rs.

--# several statements in one
--> parse_error
SELECT 1; SELECT s FROM sales.secret
--> parse_error
SELECT 1; DROP TABLE scratch.notes
--> parse_error
SELECT 1;;
--> parse_error
COMMIT; SELECT s FROM sales.secret; BEGIN
--> parse_error
SELECT name FROM sales.regions END; SELECT s FROM sales.secret
--> unknown_relation
SELECT s FROM sales.secret;

--# what a parser and PostgreSQL may read differently
--> admitted
SELECT '\'' UNION SELECT s FROM sales.secret --'
--> unknown_relation
SELECT E'\'' UNION SELECT s FROM sales.secret --'
--> admitted
SELECT E'\' UNION SELECT s FROM sales.secret --' AS text
--> unknown_relation
SELECT '' /* ' */ UNION SELECT s FROM sales.secret -- '
--> unknown_relation
SELECT 1 /* /* */ */ UNION SELECT 1 FROM sales.secret
--> admitted
SELECT 1 /* /* */ UNION SELECT s FROM sales.secret */ AS one
--> admitted
SELECT $$'$$ || '$$ UNION SELECT s FROM sales.secret' AS text
--> unknown_relation
SELECT $a$ $b$ $a$ UNION SELECT s FROM sales.secret -- $b$ $a$
--> not_supported
SELECT U&'\0027 UNION SELECT s FROM sales.secret --'
--> parse_error
SELECT U&"\0073" FROM sales.secret
--> not_supported
SELECT n'a' 'b'
--> invalid_statement
SELECT 'a' 'b' UNION SELECT s FROM sales.secret
--> not_supported
SELECT s FROM only secret
--> not_supported
SELECT s FROM ONLY sales.secret
--> unknown_relation
SELECT 1 UNION ALL TABLE sales.secret
--> unknown_relation
TABLE sales.secret
--> unknown_relation
SELECT * FROM (TABLE sales.secret) AS t
--> invalid_statement
SELECT 1 AS 'x'
--> not_supported
SELECT b'102', x'zz'
--> parse_error
SELECT 0x7A69, 0b11, 1_000
--> invalid_statement
SELECT code AS aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa FROM sales.regions
--> parse_error
SELECT code FROM sales.regions LIMIT 1, 2
--> not_supported
SELECT TOP 1 code FROM sales.regions
--> not_supported
SELECT code FROM sales.regions QUALIFY row_number() OVER () = 1

--# look-alikes of names
--> unknown_relation
SELECT * FROM "SALES"."customers"
--> unknown_relation
SELECT * FROM "sales.customers"
--> unknown_relation
SELECT * FROM sаles.secret
--> unknown_relation
SELECT * FROM ＳＡＬＥＳ.secret
--> unknown_column
SELECT "SSN" FROM sales.customers
--> unknown_column
SELECT ſsn FROM sales.customers
--> unknown_column
SELECT "ssn " FROM sales.customers
--> unknown_relation
SELECT * FROM sales."payroll_export"
--> unknown_relation
SELECT * FROM SALES.Payroll_Export

--# denied columns and invisible relations, by every road
--> unknown_column
SELECT ssn FROM sales.customers
--> unknown_column
SELECT SSN FROM sales.customers
--> unknown_column
SELECT c."ssn" FROM sales.customers AS c
--> unknown_column
SELECT sales.customers.ssn FROM sales.customers
--> unknown_column
SELECT id FROM sales.customers WHERE ssn LIKE '9%'
--> unknown_column
SELECT id FROM sales.customers ORDER BY ssn
--> unknown_column
SELECT count(*) FROM sales.customers GROUP BY ssn
--> unknown_column
SELECT region FROM sales.customers GROUP BY region HAVING min(ssn) > ''
--> unknown_column
SELECT count(*) FILTER (WHERE ssn > '5') FROM sales.customers
--> unknown_column
SELECT rank() OVER (ORDER BY ssn) FROM sales.customers
--> unknown_column
SELECT a.id FROM sales.customers a JOIN sales.customers b USING (ssn)
--> unknown_column
SELECT a.id FROM sales.customers a JOIN sales.regions r ON a.ssn > r.code
--> unknown_column
SELECT DISTINCT ON (ssn) id FROM sales.customers
--> unknown_column
SELECT (SELECT ssn) FROM sales.customers
--> unknown_column
SELECT 1 FROM (SELECT 'x' AS ssn) AS outer_one WHERE EXISTS (SELECT 1 FROM sales.customers WHERE ssn = 'x')
--> unknown_column
SELECT s.x FROM sales.customers c, LATERAL (SELECT c.ssn AS x) AS s
--> unknown_column
SELECT x FROM sales.customers AS c (a, b, c, d, e, x)
--> unknown_column
SELECT CASE WHEN ssn LIKE '9%' THEN 1 / 0 END FROM sales.customers
--> unknown_column
SELECT a.id FROM sales.customers a NATURAL JOIN (SELECT id, 'x' AS ssn FROM sales.customers) b
--> admitted
SELECT * FROM sales.customers
--> admitted
SELECT c.* FROM sales.customers c ORDER BY c.id
--> unknown_relation
SELECT name, salary FROM hr.employees
--> unknown_relation
SELECT (SELECT max(salary) FROM hr.employees)
--> unknown_relation
WITH e AS (SELECT * FROM hr.employees) SELECT 1
--> unknown_relation
SELECT 1 WHERE EXISTS (SELECT FROM hr.employees WHERE salary > 100000)
--> unknown_relation
SELECT * FROM sales.payroll_export
--> unknown_relation
SELECT * FROM pg_temp.secret
--> unknown_relation
WITH customers AS (SELECT 1 AS id) SELECT ssn FROM customers, sales.secret
--> unknown_column
WITH customers AS (SELECT 1 AS id) SELECT ssn FROM sales.customers
--> admitted
WITH secret AS (SELECT 'mine' AS s) SELECT s FROM secret
--> unknown_relation
WITH secret AS (SELECT 'mine' AS s) SELECT s FROM sales.secret
--> unknown_relation
WITH a AS (SELECT s FROM b), b AS (SELECT 'x' AS s) SELECT * FROM a
--> not_yet_supported
SELECT * FROM sales.customer_cards
--> not_yet_supported
SELECT * FROM sales.monthly_revenue

--# whole rows and system columns
--> admitted
SELECT c FROM sales.customers c
--> admitted
SELECT to_jsonb(c) FROM sales.customers c
--> admitted
SELECT row_to_json(customers), json_agg(customers), array_agg(sales.customers.*) FROM sales.customers GROUP BY customers
--> admitted
SELECT count(DISTINCT c) FROM sales.customers c
--> admitted
SELECT c::text, CAST(c AS varchar), concat(c), format('%s', c) FROM sales.customers c
--> admitted
SELECT c, max(c::text) OVER (PARTITION BY c ORDER BY c) FROM sales.customers c WHERE c IS NOT NULL ORDER BY c
--> admitted
SELECT DISTINCT ON (a) a, b FROM sales.customers a JOIN sales.customers b ON a = b WHERE a IN (SELECT d FROM sales.customers d) AND a >= ANY (SELECT d FROM sales.customers d) AND a IS NOT DISTINCT FROM b
--> admitted
SELECT a FROM sales.customers a UNION SELECT b FROM sales.customers b EXCEPT SELECT e FROM sales.customers e WHERE e.id < 9
--> admitted
SELECT x.c, y FROM (SELECT c FROM sales.customers c) x LEFT JOIN LATERAL (SELECT to_jsonb(x.c) -> 'ssn' AS ssn, x) y ON true
--> admitted
WITH RECURSIVE q AS (SELECT c, 1 AS n FROM sales.customers c UNION ALL SELECT q.c, q.n + 1 FROM q WHERE n < 2) SELECT q, to_json(q) FROM q
--> admitted
SELECT (SELECT c FROM sales.regions LIMIT 1), EXISTS (SELECT c), ARRAY(SELECT c), ARRAY[c, c] FROM sales.customers c
--> admitted
SELECT c FROM (SELECT * FROM sales.customers) c
--> admitted
SELECT to_jsonb(c) ->> 'ssn', to_jsonb(c) -> 'tenant_id', to_jsonb(c) #>> '{ssn}', jsonb_path_query(to_jsonb(c), '$.ssn') FROM sales.customers c
--> unknown_column
SELECT c.row_to_json FROM sales.customers c
--> unknown_column
SELECT (c).ssn FROM sales.customers c
--> unknown_column
SELECT ((customers)).ssn FROM sales.customers
--> unknown_column
SELECT (c)."ssn" FROM sales.customers c
--> unknown_function
SELECT ssn(c) FROM sales.customers c
--> unknown_column
SELECT c.upper FROM sales.customers c
--> unknown_column
SELECT (c).upper FROM sales.customers c
--> not_yet_supported
SELECT (x.c).ssn FROM (SELECT c FROM sales.customers c) x
--> not_yet_supported
SELECT ((SELECT c FROM sales.customers c LIMIT 1)).ssn
--> not_yet_supported
SELECT j FROM (sales.customers c JOIN sales.orders o ON o.id = c.id) j
--> not_yet_supported
SELECT c FROM sales.customers c (a, b, c1, d, e, f)
--> type_not_allowed
SELECT c::sales.customers FROM sales.customers c
--> not_supported
SELECT (c).* FROM sales.customers c
--> admitted
SELECT ROW(c.*) FROM sales.customers c
--> type_not_allowed
SELECT (json_populate_record(NULL::sales.customers, '{}')).ssn
--> not_supported
SELECT ctid, xmin FROM sales.customers
--> not_supported
SELECT tableoid::regclass FROM sales.events
--> not_supported
SELECT id FROM sales.customers WHERE ctid = '(0,1)'

--# PostgreSQL's own catalogs
--> unknown_relation
SELECT * FROM pg_catalog.pg_authid
--> unknown_relation
SELECT * FROM pg_stats
--> unknown_relation
SELECT query FROM pg_stat_activity
--> unknown_relation
SELECT most_common_vals FROM pg_catalog.pg_stats WHERE attname = 'ssn'
--> admitted
SELECT * FROM information_schema.columns WHERE column_name = 'ssn'
--> admitted
SELECT * FROM information_schema.tables AS t FULL JOIN information_schema.columns AS c ON true
--> unknown_relation
SELECT * FROM information_schema.triggers
--> unknown_relation
DELETE FROM information_schema.tables
--> unknown_relation
SELECT * FROM information_schema."TABLES"
--> unknown_relation
SELECT relname FROM pg_class
--> unknown_relation
SELECT * FROM pg_toast.pg_toast_1262

--# functions
--> function_not_allowed
SELECT pg_read_file('/etc/passwd')
--> function_not_allowed
SELECT pg_catalog.pg_ls_dir('/')
--> unknown_function
SELECT * FROM dblink('dbname=sample', 'SELECT s FROM sales.secret') AS t (s text)
--> function_not_allowed
SELECT set_config('search_path', 'hr', false)
--> function_not_allowed
SELECT set_config('role', 'postgres', true)
--> function_not_allowed
SELECT current_setting('data_directory')
--> function_not_allowed
SELECT pg_sleep(10)
--> function_not_allowed
SELECT query_to_xml('SELECT s FROM sales.secret', true, true, '')
--> function_not_allowed
SELECT table_to_xml('sales.secret', true, true, '')
--> function_not_allowed
SELECT database_to_xml(true, true, '')
--> function_not_allowed
SELECT currval('scratch.notes_id_seq')
--> function_not_allowed
SELECT nextval('scratch.notes_id_seq')
--> function_not_allowed
SELECT lo_import('/etc/passwd')
--> function_not_allowed
SELECT pg_advisory_lock(1)
--> function_not_allowed
SELECT pg_notify('channel', 'x')
--> function_not_allowed
SELECT pg_terminate_backend(1)
--> function_not_allowed
SELECT ts_stat('SELECT to_tsvector(s) FROM sales.secret')
--> function_not_allowed
SELECT has_table_privilege('hr.employees', 'select')
--> function_not_allowed
SELECT obj_description('hr.employees'::regclass)
--> function_not_allowed
SELECT to_regclass('hr.employees')
--> function_not_allowed
SELECT txid_current()
--> function_not_allowed
SELECT sales.peek()
--> function_not_allowed
SELECT peek()
--> function_not_allowed
SELECT sales.fx_rate('EUR', date '2024-01-01')
--> unknown_function
SELECT hr.raise_salaries()
--> type_not_allowed
SELECT NULL::sales.secret
--> type_not_allowed
SELECT '{}'::sales._secret
--> type_not_allowed
SELECT xml 'x'::regclass
--> not_yet_supported
SELECT ('x').pg_sleep
--> limit_exceeded
SELECT repeat('x', 1000000000)
--> deadline_exceeded
SELECT count(*) FROM generate_series(1, 10000000000)
--> limit_exceeded
SELECT lpad('x', 999999999)
--> parse_error
SELECT 1 OPERATOR(sales.<+>) 2
--> operator_not_allowed
SELECT 1 OPERATOR(pg_catalog.<%>) 2

--# types
--> type_not_allowed
SELECT 'hr.employees'::regclass
--> type_not_allowed
SELECT CAST('pg_sleep' AS regproc)
--> type_not_allowed
SELECT regclass 'hr.employees'
--> type_not_allowed
SELECT 16384::regclass::text
--> not_yet_supported
SELECT 'x'::sales.evil
--> type_not_allowed
SELECT NULL::hr.employees
--> type_not_allowed
SELECT '{}'::sales.customers[]
--> type_not_allowed
SELECT 'postgres'::regrole

--# statements that aren't for everyone
--> not_supported
COPY sales.customers TO '/tmp/x'
--> not_supported
COPY (SELECT s FROM sales.secret) TO PROGRAM 'cat'
--> parse_error
DO $$ BEGIN PERFORM 1; END $$
--> not_supported
SET ROLE postgres
--> not_supported
SET search_path = hr
--> not_supported
RESET ALL
--> not_supported
SHOW ALL
--> not_supported
SET TRANSACTION READ WRITE
--> not_supported
BEGIN
--> not_supported
ROLLBACK
--> not_supported
PREPARE p AS SELECT s FROM sales.secret
--> not_supported
EXECUTE p
--> not_supported
DECLARE c CURSOR FOR SELECT s FROM sales.secret
--> not_supported
LISTEN channel
--> not_supported
LOCK TABLE sales.customers
--> not_supported
DROP TABLE scratch.notes
--> not_supported
ALTER TABLE sales.customers ADD x int
--> not_supported
CREATE TABLE scratch.t AS SELECT * FROM sales.customers
--> not_supported
TRUNCATE scratch.notes
--> not_supported
GRANT ALL ON sales.customers TO PUBLIC
--> not_supported
VACUUM
--> not_supported
CALL sales.p()
--> statement_not_allowed
EXPLAIN ANALYZE SELECT 1
--> statement_not_allowed
EXPLAIN (ANALYZE) SELECT 1
--> admitted
EXPLAIN SELECT * FROM sales.customers
--> unknown_column
EXPLAIN SELECT ssn FROM sales.customers
--> statement_not_allowed
MERGE INTO scratch.notes USING sales.regions ON true WHEN MATCHED THEN DELETE

--# writes in disguise, and writes where they aren't allowed
--> not_supported
SELECT * INTO scratch.copy FROM sales.customers
--> not_supported
SELECT id FROM sales.customers FOR UPDATE
--> not_supported
SELECT code FROM sales.regions FOR SHARE SKIP LOCKED
--> not_yet_supported
WITH gone AS (DELETE FROM scratch.notes RETURNING *) SELECT * FROM gone
--> not_yet_supported
WITH new AS (INSERT INTO scratch.notes (author, body) VALUES ('a', 'b') RETURNING id) SELECT * FROM new
--> write_not_allowed
UPDATE sales.regions SET name = 'x' WHERE code = 'eu'
--> write_not_allowed
INSERT INTO sales.regions VALUES ('x', 'x', 'x')
--> write_not_allowed
DELETE FROM sales.orders WHERE id = 1
--> unknown_relation
UPDATE hr.employees SET salary = 0 WHERE id = 1
--> unknown_relation
INSERT INTO scratch.notes (author, body) SELECT 'x', s FROM sales.secret
--> unknown_column
INSERT INTO scratch.notes (author, body) SELECT 'x', ssn FROM sales.customers
--> unknown_column
UPDATE scratch.notes SET body = c.ssn FROM sales.customers c WHERE c.id = scratch.notes.id
--> unknown_column
DELETE FROM scratch.notes USING sales.customers c WHERE c.ssn > '' AND c.id = scratch.notes.id RETURNING body
--> unknown_column
DELETE FROM scratch.notes WHERE id = 1 RETURNING (SELECT ssn FROM sales.customers LIMIT 1)
--> where_required
DELETE FROM scratch.notes
--> where_required
DELETE FROM scratch.notes WHERE true
--> where_required
UPDATE scratch.notes SET done = true WHERE id = id
--> where_required
UPDATE scratch.notes SET done = true WHERE id = 1 OR 1 = 1

--# blind questions: admitted, since they see the masked and filtered relation only
--> admitted
SELECT count(*) FROM sales.customers WHERE name LIKE 'CANARY%'
--> admitted
SELECT email, phone FROM sales.customers ORDER BY id
--> admitted
SELECT max(email), min(phone), string_agg(DISTINCT email, ',') FROM sales.customers
--> admitted
SELECT count(*) FROM (SELECT 1 / (id % 2 - 1) AS x FROM sales.customers) q WHERE x < 0
--> admitted
SELECT string_agg(name, ',' ORDER BY id) FROM sales.customers
--> admitted
SELECT jsonb_agg(jsonb_build_object('n', c.name, 'e', c.email)) FROM sales.customers c
--> admitted
SELECT count(*) FROM sales.orders o LEFT JOIN sales.customers c ON c.id = o.customer_id WHERE c.name LIKE 'CANARY%'

--# names that could fall through to something visible
--> unknown_column
SELECT region AS ssn, count(*) FROM sales.customers GROUP BY ssn
--> admitted
SELECT region AS ssn FROM sales.customers ORDER BY ssn
--> unknown_column
SELECT region AS ssn FROM sales.customers ORDER BY ssn || ''
--> unknown_column
SELECT region AS ssn FROM sales.customers WHERE ssn = 'eu'
--> unknown_column
SELECT ssn FROM sales.customers, (SELECT 'x' AS ssn) AS b
--> admitted
SELECT b.ssn FROM sales.customers, (SELECT 'x' AS ssn) AS b
--> unknown_column
SELECT 1 FROM sales.customers JOIN (SELECT 'x' AS ssn) AS b USING (ssn)
--> unknown_column
SELECT 1 FROM sales.customers c, unnest(ARRAY[c.ssn]) AS u
--> unknown_column
SELECT id FROM sales.orders ORDER BY id LIMIT (SELECT ascii(max(ssn)) FROM sales.customers)
--> unknown_column
SELECT id FROM sales.orders OFFSET (SELECT length(max(ssn)) FROM sales.customers)
--> unknown_column
VALUES ((SELECT ssn FROM sales.customers LIMIT 1))
--> unknown_column
SELECT ARRAY(SELECT ssn FROM sales.customers)
--> unknown_column
SELECT region FROM sales.customers GROUP BY GROUPING SETS ((region), (ssn))
--> unknown_column
SELECT sum(1) OVER w FROM sales.customers WINDOW w AS (PARTITION BY ssn)
--> unknown_column
SELECT 1 FROM sales.customers c JOIN LATERAL (SELECT 1 WHERE c.ssn > '') AS x ON true
--> unknown_column
WITH RECURSIVE r AS (SELECT id, ssn FROM sales.customers UNION ALL SELECT id, ssn FROM r) SELECT count(*) FROM r
--> unknown_column
SELECT c.ssn FROM (sales.customers c JOIN sales.regions r ON c.region = r.code) AS c
--> unknown_relation
SELECT (SELECT s) FROM sales.secret

--# more of what functions could tell
--> function_not_allowed
SELECT current_user
--> function_not_allowed
SELECT session_user
--> function_not_allowed
SELECT inet_server_addr()
--> function_not_allowed
SELECT pg_relation_size('hr.employees')
--> function_not_allowed
SELECT pg_get_viewdef('sales.order_totals')
--> function_not_allowed
SELECT * FROM pg_stat_get_activity(NULL)
--> function_not_allowed
SELECT * FROM pg_show_all_settings()
--> function_not_allowed
SELECT pg_catalog.pg_get_functiondef(1)
--> function_not_allowed
SELECT pg_backend_pid()
--> not_yet_supported
SELECT to_tsvector(16384, 'x')
--> function_not_allowed
SELECT format_type(16384, NULL)
--> type_not_allowed
SELECT 'x'::text::regclass
--> unknown_function
SELECT information_schema._pg_expandarray(ARRAY[1])
--> not_yet_supported
SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS x text)
--> not_yet_supported
SELECT * FROM sales.customers TABLESAMPLE SYSTEM (10)
--> admitted
SELECT count(c.*) FROM sales.customers c
--> admitted
SELECT to_jsonb(q) FROM (SELECT * FROM sales.customers) AS q
--> admitted
SELECT id FROM sales.customers c WHERE c IS NOT NULL
--> admitted
SELECT min(c::text) FROM sales.customers c

--# column definition lists
--> type_not_allowed
SELECT x.a FROM json_to_record('{"a": {}}') AS x(a sales.secret)
--> type_not_allowed
SELECT x.a FROM json_to_record('{"a": {}}') AS x(a sales.customers)
--> type_not_allowed
SELECT x.a FROM json_to_record('{"a": "sales.secret"}') AS x(a regclass)
--> type_not_allowed
SELECT x.a FROM json_to_record('{"a": []}') AS x(a hr.employees[])
--> not_yet_supported
SELECT x.a FROM json_to_record('{"a": {"s": 1}}') AS x(a sales.evil)
--> function_not_allowed
SELECT * FROM sales.peek() AS x(s text)
--> admitted
SELECT x.ssn, x FROM sales.customers c, jsonb_to_record(to_jsonb(c)) AS x(id int, ssn text, tenant_id int, email text)
--> unknown_column
SELECT c.ssn FROM sales.customers c, jsonb_to_record(to_jsonb(c)) AS x(ssn text)

--# rows where columns stand elsewhere: partitions of another order, dropped columns, children, names of functions
--> admitted
SELECT v, to_jsonb(v), v::text, (v).at, ((v).at).zip FROM sales.visits v ORDER BY v.id, v IS NULL
--> admitted
SELECT v, v.note, v.at FROM sales.visits v GROUP BY v.id
--> unknown_column
SELECT (v).ssn FROM sales.visits v
--> unknown_column
SELECT ((v).at).ssn FROM sales.visits v
--> unknown_column
SELECT ssn FROM sales.visits ssn
--> unknown_column
SELECT to_jsonb(ssn) FROM sales.visits AS ssn
--> admitted
SELECT jsonb_path_query(to_jsonb(v), '$.ssn') FROM sales.visits v
--> not_supported
SELECT s.name FROM sales.shops s GROUP BY s.id
--> not_supported
SELECT s FROM sales.shops s GROUP BY s.id
--> admitted
SELECT s = t, s IN (SELECT u FROM sales.shops u), greatest(s, t), nullif(s, t) FROM sales.shops s, sales.shops t
--> admitted
SELECT to_jsonb(o), o.r, (o).lower, (o).row_to_json FROM sales.odd o
--> unknown_column
SELECT o.md5 FROM sales.odd o
--> unknown_column
SELECT (o).upper FROM sales.odd o

--# rows through aggregates, lateral subqueries, samples, casts and writes
--> admitted
SELECT l FROM sales.customers c, LATERAL (SELECT c AS row, c.email, to_jsonb(c)) AS l
--> admitted
SELECT array_agg(c), json_object_agg(c.id, c), count(DISTINCT c) FROM sales.customers c GROUP BY c.id
--> not_yet_supported
SELECT (array_agg(c))[1].ssn FROM sales.customers c
--> not_yet_supported
SELECT x.ssn FROM unnest((SELECT array_agg(c) FROM sales.customers c)) AS x(id int, ssn text)
--> not_yet_supported
SELECT c FROM sales.customers AS c TABLESAMPLE BERNOULLI (100)
--> type_not_allowed
SELECT c::text::sales.customers FROM sales.customers c
--> admitted
SELECT c FROM sales.customers c UNION SELECT o FROM sales.odd o
--> admitted
SELECT json_populate_record(c, '{"ssn": "x"}') FROM sales.customers c
--> function_not_allowed
SELECT record_out(c) FROM sales.customers c
--> admitted
WITH RECURSIVE t(c) AS (SELECT c FROM sales.customers c UNION ALL SELECT c FROM t WHERE false) SELECT c FROM t
--> limit_exceeded
SELECT count(*) FROM (SELECT 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1) AS x WHERE x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL OR x IS NULL

--# keys that determine columns
--> admitted
SELECT c.email, c.phone FROM sales.customers c GROUP BY GROUPING SETS ((c.id), (c.id, c.region))
--> database_error
SELECT c.email FROM sales.customers c GROUP BY GROUPING SETS ((c.id), ())
--> database_error
SELECT c.email FROM sales.customers c GROUP BY ROLLUP (c.id)
--> invalid_statement
SELECT grouping(c.email), c.email FROM sales.customers c GROUP BY c.id
--> unknown_column
SELECT c.ssn FROM sales.customers c GROUP BY c.id
--> admitted
SELECT a.email, b.email FROM sales.customers a FULL JOIN sales.customers b ON a.id = b.id + 2 GROUP BY a.id, b.id

--# rows and conditions on rows that the filter hides
--> admitted
SELECT c FROM sales.customers c WHERE c.tenant_id = 2 AND 1 / (c.tenant_id - 2) > 0
--> admitted
SELECT c FROM sales.customers c WHERE (c).tenant_id = 2 AND c::text::int > 0
--> admitted
EXPLAIN SELECT to_jsonb(c) FROM sales.customers c WHERE c.id = 2 AND c IS NOT NULL
--> admitted
SELECT x FROM information_schema.columns x WHERE x.table_name IN ('customers', 'visits', 'secret', 'employees')
