-- Expressions, a statement a line: each is read by the gate and gives the same columns and rows as the same text sent
-- to PostgreSQL directly. Statements that need a newer version than 12 begin with it, as in /*14*/.
-- Literals
SELECT 1, 1.5, .5, 1., 1e3, 1.5E-3, 2147483648, 9223372036854775808
SELECT 'it''s', E'tab\there', E'\x41\101\u00e9\'', $$dollar $ sign$$, $tag$a $$ b$tag$, '', E''
SELECT B'1010', X'1fA', b'', bit '101', bit varying '1'
SELECT TRUE, false, NULL
SELECT date '2024-02-29', time '12:30', timestamp '2024-01-01 10:00', timestamptz '2024-01-01 10:00+02', time with time zone '10:00+01'
SELECT interval '1 year 2 months', interval '3' day, interval '1-2' year to month, interval '4 05:06' day to minute, interval '1.23456' second(2)
SELECT timestamp(0) '2024-01-01 10:00:00.6', timestamp with time zone '2024-01-01', json '{"a":1}', jsonb '{"a":1}', uuid '00000000-0000-0000-0000-000000000001'
SELECT char 'abc', varchar 'abc', character varying 'abc', text 'abc', bool 'true', int '5', double precision '1.5', numeric '1.50', float8 '2', real '1.25'
SELECT point '(1,2)', box '(0,0),(1,1)', circle '<(0,0),2>', path '((0,0),(1,1))', polygon '((0,0),(1,1),(1,0))', lseg '[(0,0),(1,1)]', line '{1,2,3}'
-- Casts and types
SELECT '5'::int, '5'::integer, CAST('5' AS bigint), '5'::smallint, '1.5'::numeric(10, 1), '1.55'::decimal(5,1), '7'::dec
SELECT '1.5'::float, '1.5'::float(10), '1.5'::float(30), '1.5'::real, '1.5'::double precision, '1.5'::float4, '1.5'::float8
SELECT 'abcdef'::char(3), 'abcdef'::char, 'abcdef'::varchar(2), 'abcdef'::character varying(4), 'abc'::text, 'abc'::name, 'abc'::"char", 'x'::bpchar
SELECT '101'::bit(3), '101'::bit, '101'::bit varying(5), '101'::varbit
SELECT '2024-01-01'::date, '10:11:12.345'::time(1), '10:11'::timetz, '2024-01-01'::timestamp(0), '2024-01-01'::timestamptz, '1 day 02:03:04.567'::interval(1), '1 day 02:03'::interval hour to minute
SELECT '{1,2,3}'::int[], '{1,2}'::integer array, CAST('{a,b}' AS text[]), '{{1,2},{3,4}}'::int[][], '{1}'::int4[3], '{1}'::_int4
SELECT 'paid'::sales.order_status, 'gold'::sales.loyalty, '{new,paid}'::sales.order_status[]
SELECT 1::text, 1.6::int, true::int, '1'::text::int::numeric, 'a'::text::varchar(3)
SELECT '[1,5)'::int4range, '[2024-01-01,2024-02-01)'::daterange, '{"a": [1, 2]}'::jsonb, '192.168.0.1/24'::inet, '08:00:2b:01:02:03'::macaddr, '12.34'::money::numeric
SELECT pg_catalog.lower('ABC'), '5'::pg_catalog.int4, 'a'::pg_catalog.text
-- Operators and grouping
SELECT 1 + 2 * 3, (1 + 2) * 3, 10 / 3, 10 % 3, 10.0 / 4, 2 ^ 3, 2 ^ 3 ^ 2, (-2) ^ 2, 7 - 2 - 1, -5 + 3, - 2 * 3, +4, 1 - -1, 5>=-1, 5<>-5, 3=-3
SELECT @ -5, |/ 16, ||/ 27, ~ 5, 5 & 3, 5 | 3, 5 # 3, 1 << 4, 16 >> 2, @ (-5 + 3)
SELECT 'a' || 'b' || 'c', 'a' || 1, 1 || 'a', ARRAY[1] || 2, ARRAY[1] || ARRAY[2,3]
SELECT 1 = 1, 1 <> 2, 1 != 2, 1 < 2, 1 <= 1, 2 > 1, 2 >= 3, NOT true, NOT 1 = 2, true AND false OR true, NOT true AND false, (true OR true) AND false
SELECT NULL IS NULL, 1 IS NOT NULL, true IS TRUE, false IS NOT TRUE, NULL::bool IS UNKNOWN, true IS NOT UNKNOWN, false IS FALSE, true IS NOT FALSE, 1 = 1 IS TRUE, NOT 1 = 2 IS NULL
SELECT 1 IS DISTINCT FROM 2, NULL IS NOT DISTINCT FROM NULL, 1 IS DISTINCT FROM NULL, 1 + 1 IS DISTINCT FROM 2
SELECT 5 BETWEEN 1 AND 10, 5 NOT BETWEEN 1 AND 3, 5 BETWEEN 2 + 1 AND 3 * 2 AND true, 'b' BETWEEN 'a' AND 'c'
SELECT 1 IN (1, 2), 3 NOT IN (1, 2), (1, 2) IN ((1, 2), (3, 4)), 'a' IN ('a'), NULL IN (1), 1 + 1 IN (2)
SELECT 'abc' LIKE 'a%', 'abc' NOT LIKE 'b%', 'ABC' ILIKE 'a_c', 'ABC' NOT ILIKE 'x%', 'a%c' LIKE 'a!%c' ESCAPE '!', 'a_c' LIKE 'a\_c', 'a%' ILIKE 'A!%' ESCAPE '!', 'a\c' LIKE 'a\c' ESCAPE '', 'xay' LIKE '%' || 'a' || '%'
SELECT 'abc' ~ '^a', 'abc' ~* 'B', 'abc' !~ 'x', 'abc' !~* 'X', 'abc' ~~ 'a%', 'abc' !~~ 'a%', 'ABC' ~~* 'a%', 'ABC' !~~* 'a%', 'abc' ^@ 'ab'
SELECT 'abc' SIMILAR TO '(a|b)%', 'abc' NOT SIMILAR TO 'x%', 'a%c' SIMILAR TO 'a#%c' ESCAPE '#'
SELECT 1 = ANY (ARRAY[1,2]), 3 <> ALL (ARRAY[1,2]), 2 > SOME (ARRAY[1,2]), 1 = ANY ('{1,2}'::int[]), 'ab' LIKE ANY (ARRAY['a%', 'b%']), 'ab' ~ ANY (ARRAY['^b', 'b$']), 'AB' ILIKE ANY ('{a%}'::text[]), 'ab' NOT LIKE ANY (ARRAY['a%', 'b%'])
SELECT 1 = ANY (SELECT 1 UNION SELECT 2), 1 < ALL (SELECT 2), 1 IN (SELECT 1), (1, 2) IN (SELECT 1, 2), 1 NOT IN (SELECT 2), 1 = ANY ((SELECT 1)), (SELECT 3) IN (SELECT 3)
SELECT (1, 2) = (1, 2), (1, 2) < (1, 3), ROW(1, 'a') <> ROW(1, 'b'), ROW(1, NULL) IS NULL, (NULL, NULL) IS NULL, ROW(1) = ROW(1), (1, 2) IS DISTINCT FROM (1, 2)
SELECT 1 OPERATOR(pg_catalog.+) 2, 'a' OPERATOR(pg_catalog.~) 'a', 1 OPERATOR(pg_catalog.+) 2 OPERATOR(pg_catalog.*) 3
SELECT (1 < 2) = true, 2 * 3 < 7 AND 'a' || 'b' = 'ab', 1 + 2 << 1, 1 = 2 IS NOT NULL
-- CASE and kin
SELECT CASE WHEN true THEN 1 END, CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' ELSE 'c' END, CASE WHEN false THEN 1 ELSE NULL END, CASE WHEN 1 = 2 THEN 'x'::text ELSE upper('y') END
SELECT COALESCE(NULL, 1), NULLIF(1, 1), NULLIF(2, 1), GREATEST(1, 3, 2), LEAST('b', 'a'), coalesce(NULL, NULL, 'x'), GREATEST(date '2024-01-01', date '2024-02-01')
-- Time
SELECT EXTRACT(YEAR FROM timestamp '2024-05-06 07:08:09.5'), EXTRACT(epoch FROM interval '1 day'), EXTRACT('month' FROM date '2024-05-06'), extract(isodow FROM date '2024-05-06'), EXTRACT(DOW FROM date '2024-05-05'), EXTRACT("quarter" FROM date '2024-05-06')
SELECT date_part('hour', timestamp '2024-05-06 07:08:09'), date_trunc('month', timestamp '2024-05-06 07:08:09'), to_char(timestamp '2024-05-06 07:08:09', 'YYYY-MM-DD HH24:MI'), to_date('2024-05-06', 'YYYY-MM-DD')
SELECT timestamptz '2024-01-01 10:00+00' AT TIME ZONE 'Europe/Berlin', timestamp '2024-01-01 10:00' AT TIME ZONE 'UTC', timestamptz '2024-01-01 00:00+00' AT TIME ZONE interval '2 hours', timestamp '2024-01-01' AT TIME ZONE 'UTC' AT TIME ZONE 'Asia/Tokyo'
SELECT timestamp '2024-01-31' + interval '1 month', date '2024-03-01' - date '2024-02-01', date '2024-01-01' + 7, 2 * interval '1 day', interval '1 day' / 2, date '2024-01-01' - interval '1 day', timestamp '2024-01-02' - timestamp '2024-01-01'
SELECT (date '2024-01-01', date '2024-02-01') OVERLAPS (date '2024-01-15', date '2024-03-01'), (timestamp '2024-01-01', interval '1 day') OVERLAPS (timestamp '2024-01-01 12:00', interval '1 hour')
SELECT CURRENT_DATE = CURRENT_DATE, CURRENT_TIMESTAMP = now(), LOCALTIMESTAMP(0) IS NOT NULL, CURRENT_TIME(3) IS NOT NULL, LOCALTIME IS NOT NULL, current_timestamp(2) <= now() + interval '1 second'
SELECT make_date(2024, 1, 2), make_interval(1, 2), age(timestamp '2024-05-01', timestamp '2023-01-01'), justify_days(interval '40 days'), date_trunc('day', timestamptz '2024-01-01 10:00+00')
SELECT age(timestamp '2024-01-01') IS NOT NULL, age(created_at) > interval '0' FROM sales.customers WHERE id = 1
SELECT max(id * credit_limit), min(age(birth_date)), max(CASE WHEN id > 3 THEN 1.5 ELSE id END), age(date '2024-01-01') IS NULL FROM sales.customers
-- Text
SELECT TRIM('  a '), TRIM(BOTH 'x' FROM 'xax'), TRIM(LEADING 'x' FROM 'xax'), TRIM(TRAILING 'x' FROM 'xax'), TRIM('x' FROM 'xax'), btrim('xax', 'x'), TRIM('xax', 'x')
SELECT SUBSTRING('abcdef' FROM 2), SUBSTRING('abcdef' FROM 2 FOR 3), SUBSTRING('abcdef' FOR 2), SUBSTRING('abcdef', 3), substring('abcdef', 2, 2), substr('abcdef', 2), substr('abcdef', 2, 3), SUBSTRING('abc123' FROM '[0-9]+'), SUBSTRING('abcdef' FROM '%#"cd#"%' FOR '#')
SELECT POSITION('c' IN 'abc'), OVERLAY('abcdef' PLACING 'XX' FROM 2), OVERLAY('abcdef' PLACING 'X' FROM 2 FOR 3), strpos('abc', 'c'), CEIL(1.2), FLOOR(1.8), ceiling(1.2), ceil(-1.5::float8), floor(2)
SELECT upper('a'), lower('A'), initcap('ab cd'), length('abc'), char_length('abc'), octet_length('é'), reverse('abc'), repeat('ab', 3), lpad('a', 3, '0'), rpad('a', 3), left('abc', 2), right('abc', 2), split_part('a,b', ',', 2), replace('abc', 'b', 'x'), translate('abc', 'ab', 'xy'), concat('a', 1, NULL), concat_ws('-', 'a', 'b'), format('%s has %5s', 'a', 1), md5('a'), ascii('a'), chr(65), to_hex(255), quote_literal('a')
SELECT repeat('a', NULL), repeat('a', NULL::int), lpad('a', NULLIF(id, 1)), repeat('ab', id::smallint), repeat('ab', id), lpad('x', id + 2, '-') FROM sales.customers WHERE id < 4 ORDER BY id
SELECT regexp_replace('abc', 'b', 'x'), regexp_split_to_array('a,b', ','), regexp_match('abc', '(b)'), regexp_matches('abcb', 'b', 'g'), string_to_array('a,b', ','), array_to_string(ARRAY['a', 'b'], ',')
SELECT 'a' COLLATE "C", 'a' < 'B' COLLATE "C", 'b' COLLATE pg_catalog."C" > 'A', upper('a' COLLATE "C")
-- Arrays
SELECT ARRAY[1, 2, 3], ARRAY['a', 'b'], ARRAY[[1, 2], [3, 4]], ARRAY[]::int[], ARRAY[1, NULL], ARRAY[1, 2.5], (ARRAY[1, 2, 3])[2], (ARRAY[1, 2, 3])[2:3], ('{{1,2},{3,4}}'::int[])[2][1], ('{1,2,3}'::int[])[:2], ('{1,2,3}'::int[])[2:], ('{1,2,3}'::int[])[:]
SELECT ARRAY(SELECT generate_series(1, 3)), array_length(ARRAY[1, 2], 1), cardinality(ARRAY[1]), array_append(ARRAY[1], 2), array_position(ARRAY['a', 'b'], 'b'), unnest(ARRAY[1, 2]), ARRAY[1, 2] @> ARRAY[1], ARRAY[1] && ARRAY[2], ARRAY[1] <@ ARRAY[1, 2], array_remove(ARRAY[1, 2], 1)
SELECT tags[1], c.tags[1:1], tags || ARRAY['x'], 'x' = ANY (tags), cardinality(tags) FROM sales.products c ORDER BY id LIMIT 3
-- JSON
SELECT '{"a": {"b": [1, 2]}}'::jsonb -> 'a' -> 'b' -> 0, '{"a": 1}'::jsonb ->> 'a', '{"a": {"b": 1}}'::json #> '{a,b}', '{"a": {"b": 1}}'::jsonb #>> '{a,b}', '{"a": 1}'::jsonb ? 'a', '{"a": 1}'::jsonb ?| ARRAY['a', 'x'], '{"a": 1}'::jsonb ?& ARRAY['a', 'x'], '{"a": 1}'::jsonb @> '{"a": 1}', '{"a":1,"b":2}'::jsonb - 'a', '{"a":{"b":1}}'::jsonb #- '{a,b}', '[1,2]'::jsonb - 0
SELECT '{"a": [1, 2]}'::jsonb @? '$.a[*] ? (@ > 1)', '{"a": 1}'::jsonb @@ '$.a == 1', jsonb_path_query('{"a": [1, 2]}', '$.a[*]'), jsonb_build_object('a', 1), to_jsonb(1), json_build_array(1, 'a'), jsonb_typeof('1'), jsonb_array_length('[1]'), jsonb_set('{}', '{a}', '1'), row_to_json(ROW(1, 2)), jsonb_object_keys('{"a":1}'), json_object('{a,1}')
SELECT attributes ->> 'colour', attributes -> 'weight', attributes ? 'colour' FROM sales.products ORDER BY id LIMIT 3
/*14*/ SELECT ('{"a": {"b": 1}}'::jsonb)['a'], ('{"a": {"b": 1}}'::jsonb)['a']['b']
-- Ranges, geometry, networks, text search
SELECT int4range(1, 5) @> 3, daterange('2024-01-01', '2024-02-01') && daterange('2024-01-15', NULL), int4range(1, 3) -|- int4range(3, 5), lower(int4range(1, 5)), upper(int4range(1, 5)), int4range(1, 5) * int4range(3, 8), int4range(1, 5) << int4range(7, 8), int4range(1,5) &< int4range(2,9)
SELECT point '(0,0)' <-> point '(3,4)', box '(0,0),(2,2)' && box '(1,1),(3,3)', box '(0,0),(2,2)' @> point '(1,1)', # path '((0,0),(1,1))', @@ circle '<(1,1),2>', @-@ lseg '[(0,0),(3,4)]', ?- lseg '[(0,0),(1,0)]', lseg '[(0,0),(1,1)]' ?# box '(0,0),(1,1)', box '(0,0),(1,1)' ~= box '(0,0),(1,1)', point '(1,1)' + point '(1,2)'
SELECT '192.168.1.5'::inet << '192.168.1.0/24'::inet, '192.168.1.0/24'::inet >>= '192.168.1.0/24', host('10.0.0.1/8'::inet), masklen('10.0.0.0/8'::cidr), '10.0.0.1'::inet + 5
SELECT to_tsvector('english', 'The fat cats') @@ to_tsquery('english', 'cat & fat'), to_tsvector('simple', 'a b'), plainto_tsquery('english', 'fat cats'), to_tsvector('english'::regconfig, name), ts_rank(to_tsvector('english', name), 'a'::tsquery) FROM sales.products ORDER BY id LIMIT 2
/*14*/ SELECT !! to_tsquery('english', 'cat')
-- Aggregates and windows
SELECT count(*), count(id), count(DISTINCT region), sum(credit_limit), avg(id), min(name), max(created_at), bool_and(id > 0), every(id > 0), count(*) FILTER (WHERE region = 'eu') FROM sales.customers
SELECT string_agg(name, ', ' ORDER BY name DESC), array_agg(id ORDER BY id), string_agg(DISTINCT region, ','), jsonb_agg(id ORDER BY id), json_object_agg(id, name ORDER BY id), array_agg(DISTINCT region ORDER BY region DESC NULLS LAST) FROM sales.customers
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY price), percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY price), mode() WITHIN GROUP (ORDER BY category), rank(10) WITHIN GROUP (ORDER BY price), stddev(price), corr(id, price), regr_slope(price, id) FROM sales.products
SELECT id, row_number() OVER (ORDER BY id), rank() OVER (PARTITION BY region ORDER BY credit_limit DESC), lag(id) OVER (ORDER BY id), lead(id, 2, 0) OVER (ORDER BY id), first_value(id) OVER w, sum(id) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), ntile(2) OVER w, count(*) OVER () FROM sales.customers WINDOW w AS (ORDER BY id) ORDER BY id LIMIT 5
SELECT id, sum(id) OVER (ORDER BY id RANGE BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING), count(*) OVER (ORDER BY created_at RANGE BETWEEN '30 days' PRECEDING AND CURRENT ROW), count(*) OVER (ORDER BY created_at RANGE BETWEEN INTERVAL '30 days' PRECEDING AND INTERVAL '1' DAY FOLLOWING), avg(id) OVER (ORDER BY id GROUPS 2 PRECEDING), percent_rank() OVER (ORDER BY id), nth_value(id, 2) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) FROM sales.customers ORDER BY id LIMIT 5
SELECT count(*) FILTER (WHERE id > 1) OVER (PARTITION BY region ORDER BY id) FROM sales.customers ORDER BY id LIMIT 5
SELECT region, loyalty, GROUPING(region, loyalty), count(*) FROM sales.customers GROUP BY ROLLUP (region, loyalty) ORDER BY 1, 2
-- Subqueries
SELECT EXISTS (SELECT 1), NOT EXISTS (SELECT 1 WHERE false), (SELECT max(id) FROM sales.customers), (SELECT name FROM sales.customers WHERE id = 1), (SELECT 1)::text, ARRAY(SELECT id FROM sales.customers ORDER BY id LIMIT 2)
SELECT c.id, (SELECT count(*) FROM sales.orders o WHERE o.customer_id = c.id) FROM sales.customers c ORDER BY 1 LIMIT 3
SELECT id FROM sales.customers WHERE id = ANY (SELECT customer_id FROM sales.orders WHERE id < 5) AND NOT EXISTS (SELECT 1 FROM sales.orders o WHERE o.customer_id = -customers.id) ORDER BY id
-- Functions in FROM
SELECT * FROM generate_series(1, 3)
SELECT * FROM generate_series(1, 3) AS n
SELECT n, m FROM generate_series(1, 2) AS n, generate_series(n, 3) AS m
SELECT * FROM jsonb_each('{"a": 1, "b": 2}')
SELECT * FROM jsonb_array_elements_text('["x", "y"]') WITH ORDINALITY
SELECT * FROM regexp_split_to_table('a,b', ',') AS part
SELECT p.id, t.tag FROM sales.products p, unnest(p.tags) AS t(tag) ORDER BY 1, 2 LIMIT 5
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b', 'c']) AS t(n, s)
SELECT date(d) FROM generate_series(timestamp '2024-01-01', timestamp '2024-01-03', interval '1 day') AS d
-- Names of columns
SELECT true::text, NULL::int, -1, '1' || '2', B'1', ARRAY[1], ROW(1, 2), (1, 2), 'a' COLLATE "C", CASE WHEN true THEN 1 ELSE 2 END::text, NOT EXISTS (SELECT 1), (SELECT 1 AS x)::text, ARRAY(SELECT 1), (SELECT ARRAY[1])[1]
SELECT id::text, name || 'x', -id, (id), lower(name), (lower(name)), count(*) OVER (), id IS NULL, c.id, CASE WHEN true THEN id END, CASE WHEN true THEN 1 ELSE id END, CASE id WHEN 1 THEN 2 END::text, (ARRAY[id])[1], ROW(id, 1) IS NULL, COALESCE(id, 1), NULLIF(id, 1), GREATEST(id, 1), name COLLATE "C", id::numeric(10, 2), '1'::varchar(10), EXTRACT(day FROM created_at), created_at AT TIME ZONE 'UTC', EXISTS (SELECT 1), (SELECT id), (SELECT 1), (SELECT c.name)::varchar FROM sales.customers c ORDER BY c.id LIMIT 1
SELECT 1 AS "user", 2 AS select, 3 AS "A b", 4 AS end, name AS order FROM sales.regions r ORDER BY name LIMIT 1
SELECT sales.fx_rate('USD', date '2024-01-05'), fx_rate('EUR', '2024-01-05')
