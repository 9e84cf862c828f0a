-- What analysts ask every day, on the sample database. Every statement here is admitted by a policy that allows
-- everything, and gives the same rows, types and column names as the same text sent to PostgreSQL directly; the few
-- that are refused by design are listed in tests/it/identity.rs. One statement ends with a semicolon at the end of a line; a line of dashes names a family.

-- plain
SELECT 1;
SELECT 1 AS one, 'two' AS two, NULL AS nothing, true AS yes, 1.50 AS price, -7 AS minus;
SELECT id, name FROM sales.customers WHERE id = 7;
SELECT * FROM sales.regions ORDER BY code;
SELECT c.* FROM sales.customers AS c WHERE c.region = 'eu' ORDER BY c.id LIMIT 5;
SELECT c.id, c.name AS "Full Name", upper(c.region) FROM sales.customers c ORDER BY c.id LIMIT 3 OFFSET 2;
SELECT id, price * 2, price + 1 AS plus, -price, price % 7 FROM sales.products ORDER BY id LIMIT 5;
SELECT DISTINCT category FROM sales.products ORDER BY category;
SELECT DISTINCT ON (category) category, name, price FROM sales.products ORDER BY category, price DESC, id;
SELECT name FROM sales.products ORDER BY price DESC NULLS LAST, id FETCH FIRST 4 ROWS ONLY;
SELECT price FROM sales.products ORDER BY price DESC FETCH FIRST 3 ROWS WITH TIES;
SELECT id FROM sales.customers WHERE birth_date IS NULL ORDER BY 1;
SELECT id FROM sales.customers WHERE phone IS NOT NULL AND NOT (region = 'eu') ORDER BY id LIMIT 5;
SELECT id, region FROM sales.customers WHERE region IN ('uk', 'jp') ORDER BY region DESC, id LIMIT 6;
SELECT id FROM sales.customers WHERE region NOT IN ('uk', 'jp', 'eu') ORDER BY id LIMIT 6;
SELECT id, credit_limit FROM sales.customers WHERE credit_limit BETWEEN 500 AND 1000 ORDER BY id LIMIT 6;
SELECT id FROM sales.customers WHERE credit_limit NOT BETWEEN 500 AND 1000 ORDER BY id LIMIT 6;
SELECT id, name FROM sales.customers WHERE name LIKE 'A%' ORDER BY id LIMIT 5;
SELECT id, name FROM sales.customers WHERE name ILIKE '%costa' ORDER BY id LIMIT 5;
SELECT id, name FROM sales.customers WHERE name NOT LIKE '%a%' ORDER BY id LIMIT 5;
SELECT id FROM sales.products WHERE sku LIKE 'SKU\_00%' ESCAPE '\' ORDER BY id LIMIT 5;
SELECT id, name FROM sales.customers WHERE name ~ '^[AB].*o$' ORDER BY id LIMIT 5;
SELECT id, name FROM sales.customers WHERE name !~* 'A' ORDER BY id LIMIT 5;
SELECT id, name FROM sales.customers WHERE name SIMILAR TO '(Ada|Bram) %' ORDER BY id LIMIT 5;
SELECT id FROM sales.customers WHERE loyalty = 'gold' ORDER BY id LIMIT 5;
SELECT id, loyalty FROM sales.customers WHERE loyalty >= 'silver' ORDER BY loyalty DESC, id LIMIT 5;
SELECT id FROM sales.orders WHERE shipped_at IS DISTINCT FROM ordered_at ORDER BY id LIMIT 3;
SELECT count(*) FROM sales.orders WHERE (comment LIKE '%gift%') IS TRUE;
SELECT count(*) FROM sales.orders WHERE (comment LIKE '%gift%') IS NOT TRUE;
SELECT TRUE AND NOT FALSE OR NULL IS UNKNOWN AS logic;
TABLE sales.regions ORDER BY code;
VALUES (1, 'a'), (2, 'b'), (3, NULL);
SELECT column1, column2 FROM (VALUES (1, 'a'), (2, 'b')) AS v ORDER BY 1;
SELECT v.n, v.word FROM (VALUES (1, 'one'), (2, 'two')) AS v(n, word) WHERE v.n > 1;
SELECT id AS a, id AS a, id AS a FROM sales.regions r, (SELECT 1 AS id) x LIMIT 1;
SELECT;

-- joins
SELECT o.id, c.name FROM sales.orders o JOIN sales.customers c ON c.id = o.customer_id ORDER BY o.id LIMIT 5;
SELECT o.id, c.name, r.currency FROM sales.orders o INNER JOIN sales.customers c ON c.id = o.customer_id INNER JOIN sales.regions r ON r.code = c.region WHERE o.status = 'paid' ORDER BY o.id LIMIT 5;
SELECT c.id, o.id FROM sales.customers c LEFT JOIN sales.orders o ON o.customer_id = c.id AND o.status = 'new' WHERE c.id < 12 ORDER BY c.id, o.id;
SELECT e.name, m.name AS manager FROM hr.employees e LEFT OUTER JOIN hr.employees m ON m.id = e.manager_id ORDER BY e.id LIMIT 6;
SELECT r.code, c.id FROM sales.customers c RIGHT JOIN sales.regions r ON r.code = c.region AND c.credit_limit > 1700 AND c.id < 60 ORDER BY r.code, c.id;
SELECT a.id AS left_id, b.id AS right_id FROM (SELECT id FROM sales.regions x, LATERAL (SELECT length(code) AS id) y) a FULL JOIN (VALUES (2), (9)) AS b(id) ON a.id = b.id ORDER BY 1, 2;
SELECT r.code, s.n FROM sales.regions r CROSS JOIN generate_series(1, 2) AS s(n) ORDER BY 1, 2;
SELECT count(*) FROM sales.regions, hr.departments;
SELECT order_id, line, name FROM sales.order_items JOIN (SELECT id AS product_id, name FROM sales.products) p USING (product_id) ORDER BY order_id, line LIMIT 5;
SELECT * FROM (SELECT code AS region, currency FROM sales.regions) r JOIN (SELECT id, region FROM sales.customers WHERE id < 4) c USING (region) ORDER BY id;
SELECT x, a, b FROM (VALUES (1, 'l'), (2, 'l')) AS l(x, a) FULL JOIN (VALUES (2, 'r'), (3, 'r')) AS r(x, b) USING (x) ORDER BY x;
SELECT * FROM (VALUES (1, 'l'), (2, 'l')) AS l(x, a) NATURAL JOIN (VALUES (2, 'r'), (3, 'r')) AS r(x, b);
SELECT * FROM (VALUES (1, 'l'), (2, 'l')) AS l(x, a) NATURAL LEFT JOIN (VALUES (2, 'r'), (3, 'r')) AS r(x, b) ORDER BY x;
SELECT j.code, j.id FROM (sales.regions r JOIN sales.customers c ON c.region = r.code) AS j WHERE j.id < 5 ORDER BY j.id;
SELECT c.id, latest.id FROM sales.customers c CROSS JOIN LATERAL (SELECT o.id FROM sales.orders o WHERE o.customer_id = c.id ORDER BY o.ordered_at DESC LIMIT 1) latest WHERE c.id < 5 ORDER BY c.id;
SELECT c.id, n.total FROM sales.customers c LEFT JOIN LATERAL (SELECT count(*) AS total FROM sales.orders o WHERE o.customer_id = c.id) n ON true WHERE c.id <= 5 ORDER BY c.id;
SELECT e.name, d.name FROM hr.employees e, hr.departments d WHERE d.id = e.department_id AND d.name = 'Sales' ORDER BY e.id LIMIT 5;
SELECT a.id, b.id FROM hr.employees a JOIN hr.employees b ON b.hired_on > a.hired_on AND b.id = a.id + 1 ORDER BY a.id LIMIT 3;
SELECT o.id, i.line, p.name FROM sales.orders o JOIN (sales.order_items i JOIN sales.products p ON p.id = i.product_id) ON i.order_id = o.id WHERE o.id < 4 ORDER BY 1, 2;

-- subqueries
SELECT id, name FROM sales.products WHERE price > (SELECT avg(price) FROM sales.products) ORDER BY id LIMIT 5;
SELECT c.id, (SELECT count(*) FROM sales.orders o WHERE o.customer_id = c.id) AS orders FROM sales.customers c ORDER BY c.id LIMIT 5;
SELECT c.id FROM sales.customers c WHERE EXISTS (SELECT 1 FROM sales.orders o WHERE o.customer_id = c.id AND o.status = 'cancelled') ORDER BY c.id LIMIT 5;
SELECT c.id FROM sales.customers c WHERE NOT EXISTS (SELECT FROM sales.orders o WHERE o.customer_id = c.id AND o.status = 'new') ORDER BY c.id LIMIT 5;
SELECT id FROM sales.customers WHERE id IN (SELECT customer_id FROM sales.orders WHERE comment IS NOT NULL) ORDER BY id LIMIT 5;
SELECT id FROM sales.customers WHERE id NOT IN (SELECT customer_id FROM sales.orders WHERE status = 'new') ORDER BY id LIMIT 5;
SELECT order_id, line FROM sales.order_items WHERE (order_id, line) IN (SELECT id, 1 FROM sales.orders WHERE id < 4) ORDER BY 1;
SELECT order_id, line FROM sales.order_items WHERE (order_id, line) = (3, 2);
SELECT id FROM sales.products WHERE price >= ALL (SELECT price FROM sales.products);
SELECT id FROM sales.products WHERE price < ANY (SELECT price / 3 FROM sales.products WHERE category = 'lighting') ORDER BY id LIMIT 5;
SELECT id FROM sales.products WHERE id = ANY (ARRAY[3, 5, 7]) ORDER BY id;
SELECT id FROM sales.products WHERE id <> ALL ('{1,2,3}'::int[]) ORDER BY id LIMIT 3;
SELECT ARRAY(SELECT code FROM sales.regions ORDER BY code) AS codes;
SELECT q.region, q.n FROM (SELECT region, count(*) AS n FROM sales.customers GROUP BY region) q WHERE q.n > 50 ORDER BY q.n DESC, q.region;
SELECT id, (SELECT name FROM sales.regions WHERE code = region) FROM sales.customers ORDER BY id LIMIT 3;
SELECT e.name FROM hr.employees e WHERE e.salary > (SELECT avg(x.salary) FROM hr.employees x WHERE x.department_id = e.department_id) ORDER BY e.id LIMIT 5;

-- aggregates
SELECT count(*), count(phone), count(DISTINCT region), min(birth_date), max(birth_date) FROM sales.customers;
SELECT region, count(*) FROM sales.customers GROUP BY region ORDER BY region;
SELECT region AS r, count(*) AS n FROM sales.customers GROUP BY r ORDER BY n DESC, r;
SELECT region, loyalty, count(*) FROM sales.customers GROUP BY 1, 2 ORDER BY 1, 2;
SELECT status, sum(quantity * unit_price) AS revenue FROM sales.orders o JOIN sales.order_items i ON i.order_id = o.id GROUP BY status HAVING sum(quantity) > 100 ORDER BY revenue DESC;
SELECT category, avg(price), round(avg(price), 2), stddev(price) FROM sales.products GROUP BY category ORDER BY category;
SELECT category, round(variance(price), 4), bool_and(price > 5), bool_or(price > 390), every(price > 0) FROM sales.products GROUP BY category ORDER BY category;
SELECT region, count(*) FILTER (WHERE loyalty = 'gold') AS gold, count(*) FILTER (WHERE loyalty = 'none') AS plain FROM sales.customers GROUP BY region ORDER BY region;
SELECT category, string_agg(name, ', ' ORDER BY name) FROM sales.products WHERE id < 12 GROUP BY category ORDER BY category;
SELECT category, array_agg(id ORDER BY id DESC) FROM sales.products WHERE id < 12 GROUP BY category ORDER BY category;
SELECT array_agg(DISTINCT category ORDER BY category) FROM sales.products;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY price) AS median, percentile_disc(0.9) WITHIN GROUP (ORDER BY price) FROM sales.products;
SELECT mode() WITHIN GROUP (ORDER BY category) FROM sales.products;
SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY salary) FROM hr.employees;
SELECT corr(quantity, unit_price) IS NOT NULL, regr_count(quantity, unit_price) FROM sales.order_items;
SELECT region, loyalty, count(*) FROM sales.customers GROUP BY ROLLUP (region, loyalty) ORDER BY region NULLS LAST, loyalty NULLS LAST;
SELECT region, loyalty, count(*), grouping(region, loyalty) FROM sales.customers GROUP BY CUBE (region, loyalty) ORDER BY 4, 1, 2;
SELECT region, loyalty, count(*) FROM sales.customers GROUP BY GROUPING SETS ((region), (loyalty), ()) ORDER BY 1 NULLS LAST, 2 NULLS LAST;
SELECT date_trunc('month', ordered_at) AS month, count(*) FROM sales.orders GROUP BY date_trunc('month', ordered_at) ORDER BY month;
SELECT extract(year FROM ordered_at) AS year, extract(month FROM ordered_at) AS month, count(*) FROM sales.orders GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) FROM (SELECT 1 FROM sales.orders GROUP BY customer_id HAVING count(*) > 4) AS busy;
SELECT json_agg(code ORDER BY code) FROM sales.regions;
SELECT jsonb_object_agg(code, currency) FROM sales.regions;
SELECT c.id, c.name, count(o.id) FROM sales.customers c LEFT JOIN sales.orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY 3 DESC, 1 LIMIT 5;
SELECT max(price) - min(price) AS spread, sum(price) / count(*) AS mean FROM sales.products;
SELECT region FROM sales.customers GROUP BY region HAVING count(*) > (SELECT count(*) / 5 FROM sales.customers) ORDER BY region;

-- windows
SELECT id, category, price, rank() OVER (PARTITION BY category ORDER BY price DESC, id) FROM sales.products ORDER BY category, 4, id LIMIT 10;
SELECT id, row_number() OVER (ORDER BY price), dense_rank() OVER (ORDER BY category), ntile(4) OVER (ORDER BY id) FROM sales.products ORDER BY id LIMIT 8;
SELECT id, sum(price) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM sales.products ORDER BY id LIMIT 8;
SELECT id, avg(price) OVER w, count(*) OVER w FROM sales.products WINDOW w AS (PARTITION BY category ORDER BY id) ORDER BY id LIMIT 8;
SELECT id, lag(price) OVER (ORDER BY id), lead(price, 2, 0) OVER (ORDER BY id), first_value(price) OVER (ORDER BY id), last_value(price) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM sales.products ORDER BY id LIMIT 5;
SELECT id, ordered_at, count(*) OVER (ORDER BY ordered_at RANGE BETWEEN interval '1 day' PRECEDING AND CURRENT ROW) FROM sales.orders ORDER BY id LIMIT 12;
SELECT id, sum(price) OVER (ORDER BY category GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM sales.products ORDER BY id LIMIT 5;
SELECT id, price, price / sum(price) OVER () AS share FROM sales.products ORDER BY id LIMIT 3;
SELECT id, percent_rank() OVER (ORDER BY price), cume_dist() OVER (ORDER BY price), nth_value(id, 2) OVER (ORDER BY id) FROM sales.products ORDER BY id LIMIT 3;
SELECT month, revenue, revenue - lag(revenue) OVER (ORDER BY month) AS change FROM (SELECT date_trunc('month', ordered_at) AS month, count(*) AS revenue FROM sales.orders GROUP BY 1) m ORDER BY month;
SELECT category, sum(price), rank() OVER (ORDER BY sum(price) DESC) FROM sales.products GROUP BY category ORDER BY 3;
SELECT id, count(*) FILTER (WHERE price > 100) OVER (ORDER BY id) FROM sales.products ORDER BY id LIMIT 4;
SELECT * FROM (SELECT id, category, row_number() OVER (PARTITION BY category ORDER BY price DESC, id) AS n FROM sales.products) t WHERE n = 1 ORDER BY category;

-- CTEs
WITH big AS (SELECT * FROM sales.products WHERE price > 200) SELECT count(*), min(price) FROM big;
WITH a AS (SELECT region, count(*) AS n FROM sales.customers GROUP BY region), b AS (SELECT max(n) AS top FROM a) SELECT a.region FROM a, b WHERE a.n = b.top ORDER BY 1;
WITH x(a, b) AS (SELECT 1, 'one') SELECT b, a FROM x;
WITH m AS MATERIALIZED (SELECT id FROM sales.products WHERE id < 4) SELECT * FROM m ORDER BY id;
WITH m AS NOT MATERIALIZED (SELECT id FROM sales.products WHERE id < 4) SELECT m1.id, m2.id FROM m m1 JOIN m m2 ON m1.id = m2.id ORDER BY 1;
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT n FROM t ORDER BY n;
WITH RECURSIVE chain AS (SELECT id, name, manager_id, 0 AS depth FROM hr.employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, e.manager_id, c.depth + 1 FROM hr.employees e JOIN chain c ON c.id = e.manager_id) SELECT depth, count(*) FROM chain GROUP BY depth ORDER BY depth;
WITH RECURSIVE walk(id) AS (SELECT 40 UNION SELECT e.manager_id FROM hr.employees e JOIN walk w ON e.id = w.id WHERE e.manager_id IS NOT NULL) SELECT id FROM walk ORDER BY id;
WITH customers AS (SELECT 42 AS id) SELECT id FROM customers;
SELECT (WITH one AS (SELECT 1 AS v) SELECT v FROM one) + 1 AS two;
WITH d AS (SELECT DISTINCT customer_id FROM sales.orders WHERE status = 'new') SELECT count(*) FROM sales.customers c WHERE c.id IN (SELECT customer_id FROM d);

-- set operations
SELECT code FROM sales.regions UNION SELECT region FROM sales.customers ORDER BY code;
SELECT 'r' AS kind, count(*) AS n FROM sales.regions UNION ALL SELECT 'd', count(*) FROM hr.departments ORDER BY kind;
SELECT id FROM sales.customers WHERE id < 10 EXCEPT SELECT customer_id FROM sales.orders WHERE status = 'new' ORDER BY 1;
SELECT id FROM sales.customers INTERSECT SELECT id FROM sales.products WHERE id > 55 ORDER BY id;
(SELECT id FROM sales.products ORDER BY price DESC, id LIMIT 2) UNION ALL (SELECT id FROM sales.products ORDER BY price, id LIMIT 2);
SELECT 1 UNION SELECT 2 INTERSECT SELECT 2 ORDER BY 1;
(SELECT 1 UNION ALL SELECT 1) EXCEPT ALL SELECT 1;
SELECT a FROM (SELECT 1 AS a UNION ALL SELECT 2) u ORDER BY a DESC;

-- expressions
SELECT CASE WHEN price < 50 THEN 'cheap' WHEN price < 200 THEN 'middle' ELSE 'dear' END AS class, count(*) FROM sales.products GROUP BY 1 ORDER BY 1;
SELECT CASE status WHEN 'new' THEN 1 WHEN 'paid' THEN 2 END AS step, count(*) FROM sales.orders GROUP BY 1 ORDER BY 1 NULLS LAST;
SELECT coalesce(phone, 'none') AS phone, nullif(region, 'eu') AS not_eu, greatest(1, 3, 2), least(4, 2) FROM sales.customers ORDER BY id LIMIT 9;
SELECT CAST('12' AS integer) + 1, '3.5'::numeric * 2, 7::text || 'x', 1::boolean, 'abc'::varchar(2), 'abc'::char(5) || '|';
SELECT date '2024-02-29' + 1, timestamp '2024-01-01 10:00' - interval '90 minutes', interval '1 day 2 hours' * 2, time '10:00' + interval '1 hour';
SELECT extract(epoch FROM interval '2 hours'), extract(dow FROM date '2024-02-29'), date_part('year', date '2024-02-29');
SELECT ordered_at AT TIME ZONE 'Europe/Madrid', ordered_at::date, to_char(ordered_at, 'YYYY-MM-DD HH24:MI') FROM sales.orders ORDER BY id LIMIT 2;
SELECT age(timestamp '2024-03-01', timestamp '2023-01-15'), justify_days(interval '40 days'), make_date(2024, 2, 3);
SELECT substring('abcdef' FROM 2 FOR 3), substring('abcdef' FROM 3), substring('foobar' FROM 'o(.)b'), position('c' IN 'abc'), overlay('abcdef' PLACING 'XX' FROM 2 FOR 3);
SELECT trim('  x '), trim(LEADING 'x' FROM 'xxa'), trim(TRAILING FROM 'a  '), trim(BOTH 'xy' FROM 'xyaxy'), ltrim('  a'), btrim('--a--', '-');
SELECT upper('a'), lower('B'), initcap('the end'), length('héllo'), char_length('abc'), octet_length('é'), reverse('abc'), left('abcd', 2), right('abcd', -1), repeat('ab', 3), lpad('7', 3, '0'), replace('aXb', 'X', '-'), split_part('a,b,c', ',', 2), concat('a', 1, NULL, 'b'), concat_ws('-', 'a', 'b'), format('%s has %s', 'x', 3), translate('abc', 'ab', 'xy'), md5('x'), chr(65), ascii('A'), strpos('abc', 'c'), starts_with('abc', 'ab');
SELECT abs(-3), ceil(1.2), floor(1.8), round(2.567, 1), trunc(2.9), mod(7, 3), power(2, 10), sqrt(16.0), sign(-2), ln(1.0), exp(0.0), div(7, 2), gcd(12, 18), width_bucket(5, 0, 10, 5);
SELECT regexp_replace('a1b2', '[0-9]', '#', 'g'), regexp_split_to_array('a,b', ','), (regexp_match('x42', '([a-z])([0-9]+)'))[2];
SELECT 7 / 2, 7.0 / 2, 7 % 4, 2 ^ 3, |/ 25.0, @ -4, 5 & 3, 5 | 2, 5 # 1, ~ 5, 1 << 4, 16 >> 2;
SELECT 'a' || 'b' || 1, NULL || 'x', 'a' < 'b' COLLATE "C";
SELECT E'tab\there', 'it''s', $$dollar 'quoted'$$, 'back\slash', E'\u00e9';
SELECT now() > timestamptz '2020-01-01', current_date > date '2020-01-01', localtimestamp > timestamp '2020-01-01', clock_timestamp() >= now();
SELECT 1 + 2 * 3 - 4 / 2, (1 + 2) * 3, NOT 1 = 2, 1 < 2 AND 2 < 3, (-2) ^ 2;
SELECT -2 ^ 2;

-- arrays
SELECT tags, tags[1], array_length(tags, 1), cardinality(tags), tags || 'x'::text FROM sales.products ORDER BY id LIMIT 3;
SELECT id FROM sales.products WHERE 'sale' = ANY (tags) ORDER BY id LIMIT 4;
SELECT id FROM sales.products WHERE tags @> ARRAY['new', 'indoor'] ORDER BY id LIMIT 4;
SELECT id FROM sales.products WHERE tags && '{classic}' ORDER BY id LIMIT 4;
SELECT ARRAY[1, 2, 3] AS a, ARRAY[[1, 2], [3, 4]] AS b, (ARRAY[1, 2, 3])[2:3] AS c, '{a,NULL,"b c"}'::text[] AS d;
SELECT p.id, t.tag, t.n FROM sales.products p CROSS JOIN LATERAL unnest(p.tags) WITH ORDINALITY AS t(tag, n) WHERE p.id < 3 ORDER BY 1, 3;
SELECT tag, count(*) FROM sales.products, unnest(tags) AS tag GROUP BY tag ORDER BY tag;
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b', 'c']) AS t(n, word);
SELECT array_to_string(tags, '+'), array_position(tags, 'new'), array_remove(tags, 'new'), string_to_array('a,b', ',') FROM sales.products ORDER BY id LIMIT 2;
SELECT unnest(ARRAY[3, 1, 2]) AS n ORDER BY n;

-- json
SELECT attributes -> 'colour', attributes ->> 'colour', (attributes ->> 'grams')::int, attributes #> '{care,0}', attributes #>> '{care,1}' FROM sales.products ORDER BY id LIMIT 3;
SELECT id FROM sales.products WHERE attributes @> '{"colour": "red"}' ORDER BY id LIMIT 3;
SELECT id FROM sales.products WHERE attributes ? 'grams' AND attributes ?| ARRAY['colour', 'x'] AND attributes ?& ARRAY['colour', 'grams'] ORDER BY id LIMIT 3;
SELECT attributes ->> 'colour' AS colour, avg((attributes ->> 'grams')::numeric) FROM sales.products GROUP BY 1 ORDER BY 1;
SELECT jsonb_build_object('a', 1, 'b', ARRAY[1, 2]), to_jsonb('x'::text), jsonb_array_length('[1,2,3]'), '{"a":{"b":2}}'::jsonb #- '{a,b}';
SELECT key, value FROM jsonb_each('{"a": 1, "b": "x"}') ORDER BY key;
SELECT p.id, care FROM sales.products p, jsonb_array_elements_text(p.attributes -> 'care') AS care WHERE p.id < 3 ORDER BY 1, 2;
SELECT e.payload ->> 'page' AS page, count(*) FROM sales.events e WHERE e.kind = 'view' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5;
SELECT jsonb_path_query_first('{"a":[1,5]}', '$.a[*] ? (@ > 2)'), jsonb_pretty('{"a":1}'), jsonb_typeof('[]');

-- ranges, network, text search, series
SELECT id FROM sales.products WHERE sold_during @> date '2024-06-01' ORDER BY id LIMIT 3;
SELECT id, lower(sold_during), upper(sold_during), upper_inf(sold_during) FROM sales.products WHERE id IN (6, 7) ORDER BY id;
SELECT int4range(1, 5) * int4range(3, 9), int4range(1, 5) && int4range(5, 9), daterange('2024-01-01', '2024-02-01') -|- daterange('2024-02-01', NULL);
SELECT DISTINCT host(address), address << inet '192.0.2.0/24', family(address) FROM sales.events WHERE id < 5 ORDER BY 1;
SELECT to_tsvector('english', 'The quick brown foxes') @@ to_tsquery('english', 'fox & quick'), plainto_tsquery('english', 'fat rats'), ts_rank(to_tsvector('english', 'a fox'), to_tsquery('english', 'fox')) > 0;
SELECT generate_series(1, 3);
SELECT g FROM generate_series(1, 10, 3) AS g ORDER BY g;
SELECT d::date, count(o.id) FROM generate_series(timestamptz '2024-01-01 00:00Z', timestamptz '2024-01-04 00:00Z', interval '1 day') AS d LEFT JOIN sales.orders o ON o.ordered_at >= d AND o.ordered_at < d + interval '1 day' GROUP BY d ORDER BY d;

-- views, partitions, types
SELECT * FROM sales.order_totals ORDER BY order_id LIMIT 3;
SELECT status, count(*), sum(total) FROM sales.order_totals GROUP BY status ORDER BY status;
SELECT * FROM sales.monthly_revenue ORDER BY month, region LIMIT 4;
SELECT kind, count(*) FROM sales.events WHERE happened_at >= '2024-02-01' AND happened_at < '2024-03-01' GROUP BY kind ORDER BY kind;
SELECT count(*) FROM sales.events_2024_01;
SELECT reference, customer_id FROM sales.orders WHERE reference = 'c4ca4238-a0b9-2382-0dcc-509a6f75849b'::uuid OR id = 1;
SELECT email, birth_date, created_at, credit_limit FROM sales.customers ORDER BY id LIMIT 2;
SELECT 9007199254740993::bigint, 1e400::numeric, 'NaN'::float8, 'infinity'::timestamptz, '\xdeadbeef'::bytea, 3.4028235e38::real, 0.1::float8 + 0.2;
SELECT name FROM sales.customers ORDER BY lower(name) DESC, id LIMIT 3;
SELECT upper(name) AS name FROM sales.regions ORDER BY name;
SELECT o.status::text || '!' AS s, count(*) FROM sales.orders o GROUP BY o.status ORDER BY s;
SELECT "name", "credit_limit" AS "Limit!" FROM "sales"."customers" ORDER BY "id" LIMIT 1;

-- what clients ask first
SELECT version(), current_database(), current_catalog, pg_catalog.current_setting('server_version_num')::int / 10000;
SELECT table_schema::text, table_name::text, table_type::text FROM information_schema.tables WHERE table_schema = 'sales' ORDER BY 1, 2;
SELECT table_name::text, column_name::text, ordinal_position::int, is_nullable::text, data_type::text, character_maximum_length::int, numeric_precision::int, numeric_scale::int, udt_schema::text, udt_name::text, is_identity::text, is_generated::text FROM information_schema.columns WHERE table_schema = 'sales' ORDER BY 1, 3;
SELECT tc.table_name::text, tc.constraint_name::text, tc.constraint_type::text, string_agg(k.column_name::text, ',' ORDER BY k.ordinal_position::int) FROM information_schema.table_constraints AS tc JOIN information_schema.key_column_usage AS k USING (constraint_schema, constraint_name) WHERE tc.table_schema = 'sales' AND tc.constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY') GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT count(*), min(o.id) FROM sales.orders AS o TABLESAMPLE BERNOULLI (20) REPEATABLE (3) JOIN sales.customers AS c ON c.id = o.customer_id;

-- whole rows and composite values
SELECT c FROM sales.customers AS c ORDER BY c.id LIMIT 5;
SELECT customers FROM sales.customers ORDER BY id LIMIT 5;
SELECT row_to_json(c) FROM sales.customers AS c ORDER BY c.id LIMIT 5;
SELECT row_to_json(c, true), to_json(c.*), to_jsonb(c) - 'ssn' AS doc FROM sales.customers AS c ORDER BY c LIMIT 5;
SELECT json_agg(x), jsonb_agg(x) FROM (SELECT id, name AS "Full Name", price FROM sales.products ORDER BY id LIMIT 3) AS x;
SELECT json_build_object('region', r, 'people', (SELECT json_agg(p) FROM (SELECT id, name FROM sales.customers WHERE region = r.code ORDER BY id LIMIT 2) p)) FROM sales.regions r ORDER BY r.code;
SELECT array_agg(r ORDER BY r.code), array_agg(DISTINCT r) FROM sales.regions AS r;
SELECT (array_agg(r ORDER BY r.code))[2] FROM sales.regions AS r;
SELECT count(c), count(c.*), count(DISTINCT c.*), count(*) FROM sales.customers AS c;
SELECT r.code, count(c), count(c.phone), count(*) FROM sales.regions AS r LEFT JOIN sales.customers AS c ON c.region = r.code AND c.id < 9 GROUP BY r.code ORDER BY r.code;
SELECT r.code, c IS NULL, c IS NOT NULL, row_to_json(c), c FROM sales.regions AS r LEFT JOIN (SELECT id, region, phone FROM sales.customers WHERE id < 10) AS c ON c.region = r.code ORDER BY r.code, c.id;
SELECT a, b FROM (VALUES (1, NULL), (2, 'l')) AS a(x, y) FULL JOIN (VALUES (2, 'r'), (3, 'r')) AS b(x, z) USING (x) ORDER BY x;
SELECT coalesce(a::text, 'none'), coalesce(b::text, 'none'), row_to_json(a), to_jsonb(b) FROM (VALUES (1, NULL), (2, 'l')) AS a(x, y) FULL JOIN (VALUES (2, 'r'), (3, 'r')) AS b(x, z) USING (x) ORDER BY x;
SELECT (c).name, (c).id + 1 AS next, upper((c).region) FROM sales.customers AS c ORDER BY (c).id LIMIT 5;
SELECT count(*) FROM sales.regions a JOIN sales.regions b ON a = b;
SELECT a.code, b.code FROM sales.regions a JOIN sales.regions b ON a < b ORDER BY 1, 2;
SELECT r = ROW('eu'::text, 'Europe'::text, 'EUR'::char(3)), r <> ROW(r.*), r IS DISTINCT FROM r FROM sales.regions r ORDER BY r;
SELECT r.code FROM sales.regions r WHERE r IN (SELECT q FROM sales.regions q WHERE currency <> 'EUR') ORDER BY r.code;
SELECT r.code FROM sales.regions r WHERE r >= ALL (SELECT q FROM sales.regions q);
SELECT DISTINCT x FROM (SELECT region, loyalty FROM sales.customers) AS x ORDER BY x;
SELECT x, count(*) FROM (SELECT region, loyalty FROM sales.customers) AS x GROUP BY x ORDER BY count(*) DESC, x LIMIT 5;
SELECT x FROM (SELECT region FROM sales.customers) AS x GROUP BY x ORDER BY x DESC;
SELECT DISTINCT ON (r.currency) r FROM sales.regions r ORDER BY r.currency, r;
SELECT r, lag(r) OVER (ORDER BY r.code), first_value(r) OVER (ORDER BY r.code DESC) FROM sales.regions r ORDER BY r.code;
SELECT r::text, concat(r, '!'), format('%s', r) FROM sales.regions r ORDER BY 1;
SELECT CASE WHEN r.code = 'eu' THEN r END, coalesce(NULL, r), nullif(r, r) FROM sales.regions r ORDER BY r.code;
SELECT r FROM sales.regions r UNION SELECT r FROM sales.regions r ORDER BY 1;
SELECT s, s.*, row_to_json(s) FROM generate_series(1, 2) WITH ORDINALITY AS s(n, at) ORDER BY 1;
SELECT s, count(s) OVER () FROM generate_series(1, 3) AS s ORDER BY s DESC;
SELECT e, row_to_json(e) FROM jsonb_each('{"a": 1, "b": null}') AS e ORDER BY e.key;
SELECT p.id, e FROM sales.products AS p, jsonb_each_text(p.attributes) AS e WHERE p.id < 4 ORDER BY p.id, e;
SELECT c.id, row_to_json(o) FROM sales.customers c LEFT JOIN LATERAL (SELECT o.id, o.status, c.name FROM sales.orders o WHERE o.customer_id = c.id ORDER BY o.id LIMIT 1) o ON true ORDER BY c.id LIMIT 8;
WITH q AS (SELECT id, name FROM hr.departments) SELECT q, to_jsonb(q) FROM q ORDER BY id;
WITH q(a, b) AS MATERIALIZED (SELECT id, name FROM hr.departments) SELECT row_to_json(q), count(q) OVER () FROM q ORDER BY a;
WITH RECURSIVE t AS (SELECT 1 AS n, 'x' AS s UNION ALL SELECT (t).n + 1, t.s || 'x' FROM t WHERE (t).n < 3) SELECT t, row_to_json(t) FROM t ORDER BY n;
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT length(t::text) - 1 + n FROM t WHERE n < 5) SELECT sum(n) FROM t;
SELECT (SELECT r FROM sales.regions r WHERE r.code = c.region), ARRAY(SELECT r FROM sales.regions r ORDER BY r) FROM sales.customers c WHERE c.id = 7;
SELECT row_to_json(x) FROM (SELECT r, r.code FROM sales.regions r) AS x ORDER BY x.code;
SELECT row_to_json(t) FROM (SELECT 1 AS a, 2 AS a, 3 AS "t", NULL AS "r") AS x(a, b, c, "d e"), LATERAL (SELECT x.*) AS t;
SELECT row_to_json(r) FROM (SELECT 1 AS r2, 'x' AS "r"".*") AS r;
SELECT r FROM (SELECT 7 AS r) AS r;
SELECT t1 FROM (SELECT 1 AS t2, 2 AS t1) AS x, (SELECT 3 AS y) AS t2 WHERE x IS NOT NULL;
SELECT row_to_json(m) FROM sales.monthly_revenue m ORDER BY m LIMIT 3;
SELECT e FROM sales.events AS e ORDER BY e.id LIMIT 3;
SELECT e FROM sales.events AS e TABLESAMPLE BERNOULLI (100) ORDER BY e.id LIMIT 3;
SELECT row_to_json(ROW(r.*, 1)), ROW(r, 1) FROM sales.regions AS r ORDER BY r.code;
SELECT (place).street, (place).zip, place FROM sales.shops ORDER BY id;
SELECT (s.place).zip + 1 AS next, (s.old[1]).street, s.old[1:1], (s.other).street FROM sales.shops AS s ORDER BY s.id;
SELECT (s).place.zip, ((s).old[1]).zip, s FROM sales.shops AS s WHERE (s.place).street IS NOT NULL ORDER BY (place).zip DESC;
SELECT place, (place).street, row_to_json(place), count(*) FROM (SELECT place FROM sales.shops) AS x GROUP BY place ORDER BY place;
SELECT (jsonb_each('{"a": 1}')).key, (jsonb_each('{"a": 1}')).value;
SELECT c.id, row_to_json(c), c.name, count(*) FROM sales.customers c JOIN sales.orders o ON o.customer_id = c.id WHERE c.id < 9 GROUP BY c.id ORDER BY c.id;
SELECT p, sum(i.quantity) FROM sales.products p LEFT JOIN sales.order_items i ON i.product_id = p.id WHERE p.id < 5 GROUP BY p.id HAVING count(p) > 0 ORDER BY p.id;

-- column definition lists
SELECT * FROM json_to_recordset('[{"a": 1, "b": "x"}, {"a": null, "c": 2}]') AS x(a int, b text);
SELECT x.id, x."Full Name", x.tags[1], x.doc ->> 'k', x FROM jsonb_to_recordset('[{"id": 1, "Full Name": "Ada", "tags": ["a", "b"], "doc": {"k": 1}}]') AS x(id bigint, "Full Name" varchar(3), tags text[], doc jsonb);
SELECT a, b + 1 AS c FROM json_to_record('{"a": "ab", "b": 1.25}') AS r(a char(2), b numeric(5, 1));
SELECT x FROM jsonb_to_record('{"a": 1}') AS x(a int);
SELECT row_to_json(x), x.*, count(*) OVER () FROM jsonb_to_record('{"a": "2024-02-01", "b": "1 day 2 hours"}') AS x(a date, b interval day to hour);
SELECT p.id, d.colour, d.weight_g FROM sales.products AS p, jsonb_to_record(p.attributes) AS d(colour text, weight_g int) WHERE p.id < 6 ORDER BY p.id;
SELECT p.id, d.status FROM sales.products AS p LEFT JOIN LATERAL jsonb_to_record('{"status": "paid"}') AS d(status sales.order_status) ON p.id = 2 WHERE p.id < 4 ORDER BY p.id;
SELECT c FROM json_to_recordset('[{"c": 1}, {"c": 2}]') AS t(c smallint) JOIN sales.products p ON p.id = c ORDER BY c;

-- arguments by name
SELECT make_interval(days => 10), make_interval(1, mins => 5, secs => 1.5), make_date(day => 3, month => 2, year => 2024);
SELECT id, created_at + make_interval(hours => id) AS later FROM sales.customers ORDER BY id LIMIT 3;
SELECT jsonb_set('{"a": 1}', '{b}', '2', create_if_missing => false), jsonb_path_exists(target => '[1, 2]', path => '$[*] ? (@ > 1)', silent => true);
SELECT v FROM jsonb_path_query('[1, 2, 3]', '$[*] ? (@ > $min)', vars => '{"min": 1}') AS v;

-- an expression with a subquery, said twice
SELECT CASE WHEN EXISTS (SELECT 1 FROM sales.orders o WHERE o.customer_id = c.id) THEN 'yes' ELSE 'no' END AS buys, count(*) FROM sales.customers c GROUP BY CASE WHEN EXISTS (SELECT 1 FROM sales.orders o WHERE o.customer_id = c.id) THEN 'yes' ELSE 'no' END ORDER BY 1;
SELECT DISTINCT (SELECT max(o.id) FROM sales.orders o WHERE o.customer_id = c.id) AS latest FROM sales.customers c ORDER BY (SELECT max(o.id) FROM sales.orders o WHERE o.customer_id = c.id) NULLS LAST LIMIT 5;
SELECT (WITH m AS (SELECT max(id) AS id FROM sales.products) SELECT id FROM m) AS top, count(*) FROM sales.customers GROUP BY (WITH m AS (SELECT max(id) AS id FROM sales.products) SELECT id FROM m), region ORDER BY 2;

-- Aggregates of literals, rows with fields, unnest of several arrays behind LATERAL.
SELECT max('abc'), min('abc'), max(NULL), min(DISTINCT 'x') FROM sales.regions;
SELECT (ROW(1, 'a'::text)).f2 || 'x', (ROW(code, 2)).f1 FROM sales.regions;
SELECT s.a, u.* FROM (SELECT ARRAY[1, 2] AS a, ARRAY['x', 'y', 'z'] AS b) AS s CROSS JOIN LATERAL unnest(s.a, s.b) AS u(x, y);
SELECT u.* FROM (SELECT ARRAY[1, 2] AS a) AS s, LATERAL unnest(s.a, s.a) WITH ORDINALITY AS u(x, y, n);
SELECT * FROM "unnest"(ARRAY[1], ARRAY[2, 3]);
SELECT (name::varchar(3)) COLLATE pg_catalog."C" FROM sales.customers ORDER BY 1 LIMIT 5;

-- varchar and text convert to each other, so a merged column has the type of the left one.
SELECT x, x || 'z' AS y FROM (VALUES ('a'::varchar(3)), ('b')) AS one(x) JOIN (VALUES ('a'::text), ('c')) AS other(x) USING (x) ORDER BY x;
SELECT x, x || 'z' AS y FROM (VALUES ('a'::text), ('b')) AS one(x) JOIN (VALUES ('a'::varchar(3)), ('c')) AS other(x) USING (x) ORDER BY x;
SELECT x, x || 'z' AS y FROM (VALUES ('a'::varchar(3)), ('b')) AS one(x) LEFT JOIN (VALUES ('a'::text), ('c')) AS other(x) USING (x) ORDER BY x;
SELECT x, x || 'z' AS y FROM (VALUES ('a'::text), ('b')) AS one(x) LEFT JOIN (VALUES ('a'::varchar(3)), ('c')) AS other(x) USING (x) ORDER BY x;
SELECT x, x || 'z' AS y FROM (VALUES ('a'::varchar(3)), ('b')) AS one(x) RIGHT JOIN (VALUES ('a'::text), ('c')) AS other(x) USING (x) ORDER BY x;
SELECT x, x || 'z' AS y FROM (VALUES ('a'::text), ('b')) AS one(x) RIGHT JOIN (VALUES ('a'::varchar(3)), ('c')) AS other(x) USING (x) ORDER BY x;
SELECT x, x || 'z' AS y FROM (VALUES ('a'::varchar(3)), ('b')) AS one(x) FULL JOIN (VALUES ('a'::text), ('c')) AS other(x) USING (x) ORDER BY x;
SELECT x, x || 'z' AS y FROM (VALUES ('a'::text), ('b')) AS one(x) FULL JOIN (VALUES ('a'::varchar(3)), ('c')) AS other(x) USING (x) ORDER BY x;
SELECT x, count(*) FROM (VALUES ('a'::varchar)) AS one(x) NATURAL RIGHT JOIN (VALUES ('a'::text), ('c')) AS other(x) GROUP BY x ORDER BY x;
