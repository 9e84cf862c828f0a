--# The server's time and memory. Each is refused, or ends within the policy's two seconds and its bytes.

--! time: more rows than there is time for
SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b

--! time: a recursion without an end
WITH RECURSIVE r (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r

--! memory: a recursion whose value doubles
WITH RECURSIVE r (s) AS (SELECT 'x' UNION ALL SELECT s || s FROM r WHERE length(s) < 1000000) SELECT max(length(s)) FROM r

--! memory: a recursion that doubles its rows
WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT r.n FROM r, (VALUES (1), (2)) AS two) SELECT count(*) FROM r

--! memory: a recursion that remembers every row
WITH RECURSIVE r (n, path) AS (SELECT 1, ARRAY[1] UNION SELECT n + 1, path || n FROM r WHERE n < 300) SELECT count(*) FROM r

--! time: a regular expression with back references
SELECT repeat('a', 3000) ~ '^(a*)*(\1a)*b$'

--! memory: a regular expression that is large before it meets a text
SELECT regexp_replace('a', '((x{1,255}){1,255})', 'y', 'g')

--! time: a regular expression with looking ahead, once for each letter
SELECT count(*) FROM regexp_matches(repeat('ab', 300), '(?=(.*)b)(?!.*c)a', 'g')

--! time: a regular expression of alternatives that are the same
SELECT repeat('x', 2000) SIMILAR TO '(x|x|x|xx|xxx)*y'

--! memory: a regular expression of many groups
SELECT (regexp_match(repeat('z', 100), repeat('(z)', 100)))[100]

--! stack: a regular expression of many parentheses
SELECT 'x' ~ repeat('(', 20000)

--! time: a pattern with many wildcards
SELECT repeat('a', 5000) LIKE '%a%a%a%a%a%a%a%a%a%a%a%a%a%b'

--! time: a pattern without regard to case, for each pair
SELECT count(*) FROM sales.customers AS a, sales.customers AS b WHERE a.name ILIKE '%' || b.name || '%'

--! memory: an argument below a bound, but many times
SELECT sum(length(repeat('x', 1000000))) FROM generate_series(1, 1000)

--! memory: a repeat of a repeat
SELECT length(repeat(repeat('x', 1000), 1000))

--! memory: a repeat whose count comes from a row
SELECT length(repeat('x', o.id * 100)) FROM sales.orders AS o

--! memory: a repeat whose count is calculated from literals
SELECT length(repeat('x', 1000 * 1000 * 1))

--! memory: a repeat of bytes
SELECT length(convert_to(repeat('x', 1000000), 'UTF8') || convert_to(repeat('x', 1000000), 'UTF8'))

--! memory: padding by the number of a row
SELECT rpad(c.name, c.id * 100) FROM sales.customers AS c

--! memory: a width in a format
SELECT format('%1000000000s', 'x')

--! memory: a width in a format, from an argument
SELECT format('%*s', 1000000000, 'x')

--! memory: a format by a text that another row has
SELECT format(c.name || '%s%s%s%s%s%s', c.name, c.name, c.name, c.name, c.name, c.name) FROM sales.customers AS c ORDER BY c.id LIMIT 1

--! memory: a replacement by something longer
SELECT length(replace(repeat('x', 1000), 'x', repeat('y', 1000)))

--! memory: a replacement of patterns by something longer
SELECT length(regexp_replace(repeat('x', 1000), '', repeat('y', 1000), 'g'))

--! memory: an overlay that doubles
SELECT length(overlay(repeat('x', 1000000) PLACING repeat('y', 1000000) FROM 1 FOR 0))

--! memory: a translation that is long
SELECT length(translate(repeat('x', 10000), repeat('x', 10000), repeat('y', 10000)))

--! memory: texts joined with a long one between
SELECT length(array_to_string(array_fill('x'::text, ARRAY[1000]), repeat('y', 1000)))

--! memory: texts joined by a format of their own separators
SELECT length(string_agg(repeat('x', 1000), repeat('y', 1000))) FROM generate_series(1, 1000)

--! memory: an array of a billion elements
SELECT array_fill(0, ARRAY[1000, 1000, 1000])

--! memory: an array whose lower bound is far away
SELECT array_fill(0, ARRAY[10], ARRAY[2147483640])

--! memory: an array written with bounds far away
SELECT '[2147483640:2147483647]={1,2,3,4,5,6,7,8}'::int[]

--! memory: an array that grows with each row
SELECT count(array_cat(array_fill(g.n, ARRAY[10000]), array_fill(g.n, ARRAY[10000]))) FROM generate_series(1, 200) AS g (n)

--! memory: an update of an array far outside of its bounds
UPDATE scratch.notes SET body[100000000] = 'x' WHERE id = 1

--! memory: rows from an array of arrays
SELECT count(*) FROM unnest(array_fill(1, ARRAY[100, 100])) AS u, unnest(array_fill(1, ARRAY[10])) AS v

--! memory: numbers with a hundred thousand digits
SELECT length((10::numeric ^ 100000)::text)

--! time: a number's power with many digits after the point
SELECT length(power(1.000000001::numeric, 1000000000000)::text)

--! time: the factorial of a large number
SELECT factorial(100000)

--! time: the root and logarithm of long numbers
SELECT length(sqrt(2::numeric(1000, 990))::text) + length(ln(3::numeric(1000, 990))::text) + length(exp(5000.5)::text)

--! time: the greatest divisor of numbers of thousands of digits
SELECT gcd(repeat('9', 1000)::numeric, repeat('7', 999)::numeric)

--! time: a division of long numbers
SELECT length(div(repeat('9', 10000)::numeric, repeat('7', 5000)::numeric)::text)

--! memory: a number in scientific form
SELECT '1e131071'::numeric * '1e-16383'::numeric > 0

--! memory: a number formatted by a long pattern
SELECT to_char(1, repeat('9', 100000))

--! time: a time formatted by a long pattern
SELECT length(to_char(timestamp '2024-01-01', repeat('Month', 100000)))

--! memory: a series of dates by the microsecond
SELECT count(*) FROM generate_series(timestamp '2024-01-01', timestamp '2034-01-01', interval '1 microsecond')

--! time: a series that goes nowhere
SELECT count(*) FROM generate_series(1, 10, 0)

--! memory: a series of numbers by small steps
SELECT count(*) FROM generate_series(0::numeric, 1, 0.0001)

--! memory: a series whose bound is another's row
SELECT count(*) FROM generate_series(1, 50000) AS a (n), LATERAL generate_series(1, a.n) AS b (m)

--! memory: the places in an array that is empty, by a subscript's series
SELECT count(*) FROM generate_subscripts(array_fill(1, ARRAY[100000]), 1) AS s

--! stack: JSON inside of JSON
SELECT repeat('[', 100000)::json

--! stack: JSON inside of JSON, read as a tree
SELECT (repeat('{"a":', 5000) || '1' || repeat('}', 5000))::jsonb #>> '{a,a,a}'

--! memory: a path through JSON that goes everywhere
SELECT count(*) FROM jsonb_path_query((repeat('[', 30) || repeat(']', 30))::jsonb, '$.**.**.**')

--! time: a path with a regular expression for each element
SELECT jsonb_path_exists(to_jsonb(array_fill(repeat('a', 1000), ARRAY[1000])), '$[*] ? (@ like_regex "^(a+)+$" flag "i")')

--! time: a path with a filter inside a filter
SELECT jsonb_path_query_array((SELECT jsonb_agg(n) FROM generate_series(1, 300) AS g (n)), '$[*] ? (@ > 1 && exists ($[*] ? (@ == 300)))')

--! memory: JSON set at an index far away
SELECT jsonb_set('[]', '{100000000}', '1'), jsonb_insert('[0]', '{-100000000}', '1')

--! memory: JSON that holds itself, many times
SELECT length(jsonb_build_array(j, j, j, j, j, j, j, j)::text) FROM (SELECT jsonb_agg(repeat('x', 10000)) AS j FROM generate_series(1, 100)) AS q

--! memory: JSON written with spaces
SELECT length(jsonb_pretty((repeat('[', 300) || repeat(']', 300))::jsonb))

--! stack: XML inside of XML
SELECT xmlparse(CONTENT repeat('<a>', 100000))

--! memory: XML whose entities double
SELECT xmlparse(DOCUMENT '<!DOCTYPE a [<!ENTITY b "xxxxxxxxxx"><!ENTITY c "&b;&b;&b;&b;&b;">]><a>&c;&c;&c;</a>')

--! files: XML that reads a file
SELECT xpath('/a/text()', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>')

--! time: a path through XML
SELECT xpath_exists('//*[count(//*) > count(//*)]', xmlparse(CONTENT repeat('<a/>', 3000)))

--! memory: words of a long text
SELECT length(to_tsvector('simple', repeat('word', 200000)))

--! memory: words by the hundred thousand
SELECT length(to_tsvector('english', string_agg('w' || g.n, ' '))) FROM generate_series(1, 10000) AS g (n)

--! time: a search with many alternatives
SELECT to_tsvector('simple', repeat('a b ', 2000)) @@ to_tsquery('simple', 'a <5> b <7> a <9> b & !c')

--! stack: a search inside of a search
SELECT repeat('!', 100000)::tsquery

--! time: a headline of a long text
SELECT length(ts_headline('english', repeat('fox and hound ', 5000), 'fox & hound', 'MaxFragments=1000,MaxWords=1000,MinWords=1'))

--! time: a search rewritten
SELECT ts_rewrite('a & b'::tsquery, 'SELECT s::tsquery, s::tsquery FROM sales.secret')

--! memory: groups by all sets of twelve columns
SELECT count(*) FROM (SELECT 1 FROM sales.regions AS r GROUP BY CUBE (code, name, currency, code || 'a', code || 'b', code || 'c', code || 'd', code || 'e', code || 'f', code || 'g', code || 'h', code || 'i')) AS q

--! memory: groups by sets of sets
SELECT count(*) FROM (SELECT 1 FROM sales.regions GROUP BY CUBE (code, name), CUBE (code, currency), CUBE (name, currency), ROLLUP (code, name, currency)) AS q

--! memory: a sort of what is large
SELECT max(x) FROM (SELECT repeat(g.n::text, 1000) AS x FROM generate_series(1, 5000) AS g (n) ORDER BY 1 OFFSET 0) AS q

--! memory: values that are kept to be told apart
SELECT count(DISTINCT repeat(g.n::text, 100)) FROM generate_series(1, 10000) AS g (n)

--! memory: a window over many rows with each row's frame
SELECT max(n) FROM (SELECT array_length(array_agg(g.n) OVER (ORDER BY g.n), 1) AS n FROM generate_series(1, 3000) AS g (n)) AS q

--! time: a window whose frame can't be moved
SELECT max(m) FROM (SELECT min(g.n) OVER (ORDER BY g.n ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS m FROM generate_series(1, 500) AS g (n)) AS q

--! memory: a middle value of many
SELECT percentile_disc(array_fill(0.5::float8, ARRAY[10000])) WITHIN GROUP (ORDER BY n) FROM generate_series(1, 1000) AS g (n)

--! time: a subquery for each row of each row
SELECT sum((SELECT count(*) FROM sales.order_items AS i WHERE i.order_id >= o.id AND EXISTS (SELECT FROM sales.orders AS p WHERE p.id > i.order_id))) FROM sales.orders AS o

--! time: a comparison with all, which no hash helps
SELECT count(*) FROM sales.order_items AS i WHERE i.unit_price * i.quantity >= ALL (SELECT j.unit_price * j.quantity FROM sales.order_items AS j WHERE j.order_id <> i.order_id)

--! time: NOT IN with NULL for each row
SELECT count(*) FROM sales.orders WHERE coalesce(shipped_at, ordered_at) NOT IN (SELECT shipped_at FROM sales.orders)

--! time: the order of joins, which planning looks for
SELECT 1 FROM sales.regions a, sales.regions b, sales.regions c, sales.regions d, sales.regions e, sales.regions f, sales.regions g, sales.regions h, sales.regions i, sales.regions j, sales.regions k, sales.regions l WHERE a.code = b.code AND b.code = c.code AND c.code = d.code AND d.code = e.code AND e.code = f.code AND f.code = g.code AND g.code = h.code AND h.code = i.code AND i.code = j.code AND j.code = k.code AND k.code = l.code

--! memory: WITHs that double, each used twice
WITH a AS (SELECT 1 AS x), b AS (SELECT p.x FROM a AS p, a AS q), c AS (SELECT p.x FROM b AS p, b AS q), d AS (SELECT p.x FROM c AS p, c AS q), e AS (SELECT p.x FROM d AS p, d AS q), f AS (SELECT p.x FROM e AS p, e AS q) SELECT count(*) FROM f AS p, f AS q

--! memory: columns that double in each subquery
SELECT count(*) FROM (SELECT a, a AS b FROM (SELECT ARRAY[a, a, a, a] AS a FROM (SELECT ARRAY[a, a, a, a] AS a FROM (SELECT ARRAY[x, x, x, x] AS a FROM (SELECT repeat('x', 1000) AS x) AS p) AS q) AS r) AS s) AS t

--! time: constants that the planner calculates before any limit
SELECT id FROM sales.orders WHERE false AND length(repeat('x', 1000000)) > (SELECT count(*) FROM generate_series(1, 1000000)) ORDER BY id

--! time: a range of many pieces
SELECT range_agg(int4range(g.n * 2, g.n * 2 + 1))::text <> '' FROM generate_series(1, 50000) AS g (n)

--! memory: bits by the million
SELECT length(1::bit(80000000))

--! memory: bits shifted by each other
SELECT bit_length(repeat('1', 1000000)::varbit || repeat('0', 1000000)::varbit)

--! memory: a type whose length is a billion
SELECT 'x'::char(100000)

--! time: a digest of what is long, for each row
SELECT count(md5(repeat('x', 100000) || g.n)) FROM generate_series(1, 30) AS g (n)

--! memory: a text in base64 of a text in hexadecimal
SELECT length(encode(decode(encode(convert_to(repeat('x', 900000), 'UTF8'), 'hex'), 'escape'), 'base64'))

--! time: a normal form of a long text
SELECT length(normalize(repeat('é', 100000), NFKD)), repeat('é', 100000) IS NFKC NORMALIZED

--! time: a division by zero that comes late
SELECT sum(1 / (200000 - g.n)) FROM generate_series(1, 200000) AS g (n)

--! time: an insert of many rows, undone for their number
INSERT INTO scratch.notes (author, body) SELECT 'x', repeat('y', 1000) FROM generate_series(1, 20000)

--! time: a write whose condition never ends
UPDATE scratch.notes SET done = true WHERE id = 1 AND (SELECT count(*) FROM generate_series(1, 90000) AS a, generate_series(1, 90000) AS b) > 0

--! time: a sleep in a function that the policy doesn't know
SELECT pg_sleep_for('1 hour'), pg_sleep_until('infinity')

--! time: a wait for a lock that nobody gives back
SELECT pg_advisory_xact_lock_shared(1, 2)

--! time: a wait for another session
SELECT pg_wal_replay_wait('0/0'), pg_isolation_test_session_is_blocked(1, '{}')
