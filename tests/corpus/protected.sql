-- Statements over protected relations: each is admitted under the policy of tests/it/noninterference.rs, and gives the
-- same on two databases that differ only in what that policy hides. One statement ends with a semicolon at the end of a
-- line. An error is an answer too: it has to be the same error.

-- plain
SELECT * FROM sales.customers ORDER BY id LIMIT 20;
SELECT id, name, email, phone, birth_date, loyalty, credit_limit FROM sales.customers ORDER BY id;
SELECT count(*) FROM sales.customers;
SELECT count(*), count(phone), count(birth_date), count(DISTINCT email), min(name), max(credit_limit) FROM sales.customers;
SELECT c FROM sales.codes AS s, LATERAL (SELECT s.code || '!' AS c) AS t ORDER BY c;
SELECT region, count(*) FROM sales.customers GROUP BY region ORDER BY region;
TABLE sales.codes ORDER BY id LIMIT 5;
SELECT DISTINCT tenant_id FROM sales.codes;
SELECT comment, count(*) FROM sales.orders GROUP BY comment;
SELECT kind, count(*) FROM sales.events GROUP BY kind ORDER BY kind;

-- predicates on masked columns see the mask
SELECT id FROM sales.customers WHERE email LIKE 'a%' ORDER BY id;
SELECT id FROM sales.customers WHERE phone LIKE '%55%' ORDER BY id;
SELECT count(*) FROM sales.customers WHERE name = 'Ada Abel';
SELECT count(*) FROM sales.customers WHERE length(name) > 10;
SELECT id FROM sales.customers WHERE birth_date = '1950-01-01' ORDER BY id;
SELECT count(*) FROM sales.customers WHERE loyalty IS NOT NULL;
SELECT count(*) FROM sales.customers WHERE credit_limit = 251;
SELECT id FROM sales.customers WHERE credit_limit BETWEEN 400 AND 600 ORDER BY id LIMIT 10;
SELECT id FROM sales.orders WHERE comment LIKE '%gift%' ORDER BY id;
SELECT id FROM sales.customers WHERE email IN ('a***@example.com', 'b***@example.com') ORDER BY id;

-- order, grouping and windows over masked columns
SELECT id FROM sales.customers ORDER BY email, id LIMIT 10;
SELECT id FROM sales.customers ORDER BY birth_date DESC NULLS LAST, name, id LIMIT 10;
SELECT left(email, 1) AS letter, count(*) FROM sales.customers GROUP BY letter ORDER BY letter;
SELECT DISTINCT ON (birth_date) birth_date, id FROM sales.customers ORDER BY birth_date, id;
SELECT id, rank() OVER (ORDER BY credit_limit DESC), lag(email) OVER (ORDER BY id) FROM sales.customers ORDER BY id LIMIT 10;
SELECT id, count(*) OVER (PARTITION BY loyalty), sum(credit_limit) OVER (ORDER BY id ROWS 2 PRECEDING) FROM sales.customers ORDER BY id LIMIT 10;
SELECT region, loyalty, count(*), grouping(region, loyalty) FROM sales.customers GROUP BY ROLLUP (region, loyalty) ORDER BY 1 NULLS LAST, 2 NULLS LAST, 4;
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY name), mode() WITHIN GROUP (ORDER BY phone) FROM sales.customers;
SELECT birth_date, string_agg(name, ',' ORDER BY id) FROM sales.customers GROUP BY birth_date HAVING count(*) > 3 ORDER BY 1;

-- joins
SELECT o.id, c.name FROM sales.orders o JOIN sales.customers c ON c.id = o.customer_id ORDER BY o.id LIMIT 20;
SELECT count(*) FROM sales.orders o LEFT JOIN sales.customers c ON c.id = o.customer_id WHERE c.id IS NULL;
SELECT count(*) FROM sales.customers a JOIN sales.customers b USING (email);
SELECT count(*) FROM sales.customers a JOIN sales.customers b ON a.name = b.name AND a.id < b.id;
SELECT count(*) FROM sales.codes NATURAL JOIN sales.switches;
SELECT s.id, c.code FROM sales.switches s FULL JOIN sales.codes c USING (id) WHERE s.shown OR s.id IS NULL ORDER BY s.id;
SELECT r.code, n.total FROM sales.regions r CROSS JOIN LATERAL (SELECT count(*) AS total FROM sales.customers c WHERE c.region = r.code) n ORDER BY 1;
SELECT k.id, e.id FROM sales.codes k JOIN sales.events e ON e.customer_id = k.code::int AND e.kind = 'basket' ORDER BY k.id, e.id LIMIT 20;

-- expressions that fail on hidden rows or hidden values
SELECT sum(code::int) FROM sales.codes;
SELECT id FROM sales.codes WHERE code::int > 20 ORDER BY id;
SELECT id FROM (SELECT id, 1 / divisor AS share FROM sales.codes) q WHERE share = 0 ORDER BY id;
SELECT id FROM (SELECT id, code::int AS n FROM sales.codes) q WHERE n BETWEEN 10 AND 20 ORDER BY id;
SELECT q.n, s.shown FROM (SELECT id, code::int AS n FROM sales.codes) q JOIN sales.switches s ON s.id = q.n ORDER BY 1, 2;
SELECT n, count(*) FROM (SELECT code::int % 5 AS n FROM sales.codes) q GROUP BY n HAVING min(100 / (n + 1)) > 10 ORDER BY n;
SELECT max(extract(epoch FROM happened_at)) FROM sales.codes WHERE extract(epoch FROM happened_at)::bigint % 2 = 0;
SELECT id, row_number() OVER (ORDER BY code::int, id) FROM sales.codes ORDER BY id LIMIT 10;
SELECT s.id FROM sales.switches s WHERE EXISTS (SELECT 1 FROM sales.codes c WHERE c.code::int = s.id) ORDER BY s.id;
SELECT id FROM sales.switches WHERE id IN (SELECT 100 / divisor FROM sales.codes) ORDER BY id;
SELECT id FROM sales.switches WHERE id = ANY (SELECT code::int FROM sales.codes) ORDER BY id;
SELECT CASE WHEN divisor > 0 THEN 100 / divisor END AS share FROM sales.codes WHERE code::int >= 0 ORDER BY id;
SELECT kind, sum((payload ->> 'ms')::int) FROM sales.events GROUP BY kind ORDER BY kind;
SELECT count(*) FROM sales.events WHERE (payload ->> 'ms')::int > 400;
SELECT length(name) / (length(name) - 5) FROM sales.customers ORDER BY id LIMIT 1;
SELECT id FROM sales.customers WHERE phone::numeric > 0 ORDER BY id;
SELECT 1 / (credit_limit - credit_limit) FROM sales.customers;
SELECT id FROM sales.customers WHERE 1000 / (credit_limit - 1) < 0 ORDER BY id;
SELECT (SELECT code::int FROM sales.codes WHERE id = s.id) AS n FROM sales.switches s ORDER BY s.id;

-- set operations and CTEs
SELECT id FROM sales.codes UNION SELECT code::int FROM sales.codes ORDER BY id;
SELECT id FROM sales.switches EXCEPT SELECT id FROM sales.codes ORDER BY id;
SELECT email FROM sales.customers INTERSECT SELECT email FROM sales.customers WHERE id > 100 ORDER BY email;
WITH n AS (SELECT id, code::int AS n FROM sales.codes) SELECT a.id, b.id FROM n a JOIN n b ON a.n = b.n AND a.id < b.id ORDER BY 1, 2;
WITH m AS MATERIALIZED (SELECT 60 / divisor AS share FROM sales.codes) SELECT share, count(*) FROM m GROUP BY share ORDER BY share;
WITH RECURSIVE walk(id, steps) AS (SELECT 2, 0 UNION ALL SELECT c.code::int, w.steps + 1 FROM walk w JOIN sales.codes c ON c.id = w.id WHERE w.steps < 6) SELECT * FROM walk ORDER BY steps, id;
WITH RECURSIVE reach(id) AS (SELECT min(id) FROM sales.codes UNION SELECT c.id FROM sales.codes c, reach r WHERE c.id = r.id + 2) SELECT count(*) FROM reach;
SELECT ARRAY(SELECT code::int FROM sales.codes ORDER BY id) AS all_codes;

-- conditions that may be copied inside the fence
SELECT id, name, email FROM sales.customers WHERE id = 42;
SELECT id, name, email FROM sales.customers WHERE id = 42 AND name LIKE 'A%';
SELECT id, email FROM sales.customers WHERE id IN (1, 2, 3, 4, 1001, 1002) ORDER BY id;
SELECT count(*) FROM sales.customers WHERE id BETWEEN 1000 AND 2000;
SELECT count(*), min(region) FROM sales.customers WHERE region = 'jp';
SELECT id, email FROM sales.customers WHERE created_at < '2000-01-01' ORDER BY id;
SELECT id, code FROM sales.codes WHERE id = 4;
SELECT id, code FROM sales.codes WHERE id = 5;
SELECT id FROM sales.codes WHERE code = 'no number';
SELECT id FROM sales.codes WHERE code >= '2' AND code < '3' ORDER BY id;
SELECT id FROM sales.codes WHERE divisor = 0;
SELECT id FROM sales.codes WHERE tenant_id = 2;
SELECT id FROM sales.codes WHERE happened_at >= '2024-01-03' AND happened_at < 'infinity' ORDER BY id;
SELECT c.id, o.id FROM sales.customers c LEFT JOIN sales.orders o ON o.customer_id = c.id AND c.id = 7 WHERE c.id IN (7, 8) ORDER BY 1, 2;
SELECT c.id, s.id FROM sales.switches s LEFT JOIN sales.codes c ON c.id = s.id AND c.code = 'no number' ORDER BY 2 LIMIT 20;
SELECT c.id, s.id FROM sales.codes c RIGHT JOIN sales.switches s ON c.id = s.id AND c.id BETWEEN 1 AND 9 WHERE s.id < 12 ORDER BY 2;
SELECT count(*) FROM sales.codes c FULL JOIN sales.switches s USING (id) WHERE c.id = 1001 OR s.id = 1;
SELECT count(*) FROM sales.codes c FULL JOIN sales.switches s ON s.id = c.id WHERE c.id < 1050;
SELECT id, n FROM sales.customers JOIN LATERAL (SELECT count(*) AS n FROM sales.codes k WHERE k.id = customers.id AND k.code = 'no number') q ON true WHERE customers.id IN (2, 3) ORDER BY id;

-- conditions that would tell of hidden rows or values, were they copied too
SELECT id FROM sales.codes WHERE id = 5 AND 100 / divisor > 0;
SELECT id FROM sales.codes WHERE 1 / divisor = 1;
SELECT id FROM sales.codes WHERE code::int = 7;
SELECT id FROM sales.codes WHERE code::int IN (7, 14) AND id < 2000 ORDER BY id;
SELECT id FROM sales.codes WHERE CAST(code AS int) BETWEEN 1 AND 3 ORDER BY id;
SELECT id FROM sales.codes WHERE id = 100 / divisor ORDER BY id;
SELECT id FROM sales.codes WHERE divisor = 10 / (id - id + 1) ORDER BY id;
SELECT id FROM sales.codes WHERE happened_at::date = '2024-01-02' ORDER BY id;
SELECT id FROM sales.codes WHERE id = 1001 OR 100 / divisor = 50 ORDER BY id;
SELECT count(*) FROM sales.customers WHERE email = 'new1001@example.com';
SELECT count(*) FROM sales.customers WHERE credit_limit = 0;
SELECT count(*) FROM sales.customers WHERE credit_limit > 600 AND credit_limit < 99999999;
SELECT id FROM sales.customers WHERE phone = '555-0100' AND id > 0 ORDER BY id;
SELECT id FROM sales.customers WHERE birth_date = '1980-01-01' ORDER BY id;
SELECT id FROM sales.customers WHERE birth_date BETWEEN '1980-01-02' AND '1980-12-31' ORDER BY id;
SELECT id FROM sales.customers WHERE birth_date < '1980-06-01' ORDER BY id;
SELECT id FROM sales.customers WHERE name < 'Am' ORDER BY id;
SELECT id FROM sales.customers WHERE loyalty = 'gold' ORDER BY id;
SELECT id FROM sales.customers WHERE name = 'A***' ORDER BY id;
SELECT id FROM sales.customers WHERE name IN ('', 'new', 'A***') ORDER BY id;
SELECT 1 / (length(name) - 4) FROM sales.customers WHERE id = 3;
SELECT id FROM sales.codes GROUP BY id HAVING id = 1001 OR min(code::int) = 7 ORDER BY id;
SELECT tenant_id, sum(code::int) FROM sales.codes GROUP BY tenant_id HAVING tenant_id = 2;
SELECT a.id, b.id FROM sales.codes a JOIN sales.codes b ON a.code::int = b.id AND b.id = 7 ORDER BY 1, 2;
SELECT a.id, b.id FROM sales.codes a JOIN sales.codes b USING (code) WHERE a.id = 7 ORDER BY 1, 2;
SELECT count(*) FROM sales.customers a JOIN sales.customers b USING (email) WHERE email = 'a***@example.com';
SELECT count(*) FROM sales.customers a NATURAL JOIN sales.codes b WHERE id < 1100;
WITH RECURSIVE walk(id) AS (SELECT id FROM sales.codes WHERE id = 2 UNION SELECT c.id FROM sales.codes c JOIN walk w ON c.id = w.id + 2 AND c.code::int >= 0 WHERE c.id < 1100) SELECT count(*) FROM walk;
WITH RECURSIVE walk(id) AS (SELECT 1001 UNION ALL SELECT c.divisor FROM sales.codes c JOIN walk w ON w.id = c.id WHERE c.id = 1001) SELECT * FROM walk ORDER BY id;
SELECT id FROM sales.codes WHERE id = 1001 UNION SELECT code::int FROM sales.codes WHERE id < 20 ORDER BY id;
SELECT id FROM sales.codes WHERE code = 'no number' INTERSECT SELECT id FROM sales.codes WHERE 1 / divisor = 0 ORDER BY id;
SELECT id FROM sales.switches EXCEPT SELECT 100 / divisor FROM sales.codes WHERE id IN (2, 4, 1001, 1002) ORDER BY id;
SELECT s.id FROM sales.switches s WHERE EXISTS (SELECT FROM sales.codes c WHERE c.id = s.id AND 10 / c.divisor > 0 AND c.id < 1050) ORDER BY s.id;
SELECT (SELECT code::int FROM sales.codes WHERE id = 1001) AS n;
SELECT n FROM (SELECT id, code::int AS n FROM sales.codes WHERE id > 0) q WHERE n = 7 AND id = 1;
SELECT id FROM sales.codes WHERE id > 1000 ORDER BY code::int LIMIT 1;


-- what a primary key determines
SELECT id, name, email, loyalty, credit_limit FROM sales.customers GROUP BY id ORDER BY id;
SELECT c.id, c.name, c.birth_date, count(o.id) AS n FROM sales.customers c LEFT JOIN sales.orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY n DESC, c.id LIMIT 30;
SELECT c.id, c.name, count(*) FROM sales.orders o LEFT JOIN sales.customers c ON c.id = o.customer_id GROUP BY c.id ORDER BY c.id NULLS FIRST;
SELECT id FROM sales.codes GROUP BY id HAVING code::int > 20 AND 100 / divisor > 2 ORDER BY id;
SELECT id, code, rank() OVER (ORDER BY code::int, id) FROM sales.codes GROUP BY id ORDER BY 100 / divisor, id;
SELECT c.id, c.code, s.shown, count(*) FROM sales.codes c JOIN sales.switches s ON s.id = c.id GROUP BY c.id, ROLLUP (s.shown) ORDER BY c.id, s.shown NULLS LAST;
SELECT DISTINCT ON (c.credit_limit) c.credit_limit, c.email FROM sales.customers c JOIN sales.orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY c.credit_limit, count(*) DESC, c.id;
SELECT o.id, o.comment, c.id AS customer, c.phone FROM sales.orders o JOIN sales.customers c ON c.id = o.customer_id GROUP BY o.id, c.id ORDER BY o.id LIMIT 40;
SELECT c.id, (SELECT count(*) FROM sales.events e WHERE e.customer_id = c.id AND e.happened_at > c.created_at) FROM sales.customers c GROUP BY c.id ORDER BY c.id;

-- whole rows: what `*` shows, as one value
SELECT c FROM sales.customers AS c ORDER BY c.id;
SELECT row_to_json(c) FROM sales.customers AS c ORDER BY c.id LIMIT 20;
SELECT to_jsonb(c) - 'id' FROM sales.customers AS c ORDER BY c LIMIT 20;
SELECT json_agg(c ORDER BY c.id), array_agg(c ORDER BY c DESC), count(c), count(DISTINCT c) FROM sales.customers AS c;
SELECT c::text FROM sales.customers AS c WHERE c::text LIKE '%555%' ORDER BY 1;
SELECT count(*) FROM sales.customers AS c WHERE c IS NOT NULL;
SELECT count(*) FROM sales.customers AS c WHERE c IS NULL OR NOT c IS NULL;
SELECT count(*) FROM sales.customers AS a JOIN sales.customers AS b ON a = b;
SELECT count(*) FROM sales.customers AS a JOIN sales.customers AS b ON a < b AND a.id = b.id + 2;
SELECT a.id FROM sales.customers AS a WHERE a IN (SELECT b FROM sales.customers AS b WHERE b.loyalty = 'gold') ORDER BY a.id;
SELECT a.id FROM sales.customers AS a WHERE a >= ALL (SELECT b FROM sales.customers AS b) ORDER BY a.id;
SELECT c, count(*) FROM sales.customers AS c GROUP BY c ORDER BY c LIMIT 10;
SELECT DISTINCT to_jsonb(c) ->> 'name' AS name FROM sales.customers AS c ORDER BY name;
SELECT DISTINCT ON (c) c.id FROM sales.customers AS c ORDER BY c DESC, c.id LIMIT 10;
SELECT row_number() OVER (PARTITION BY (c).region ORDER BY c), c.id FROM sales.customers AS c ORDER BY c.id;
SELECT (c).name, (c).email, (c).birth_date FROM sales.customers AS c ORDER BY (c).id LIMIT 10;
SELECT r.code, c, count(c) OVER () FROM sales.regions AS r LEFT JOIN sales.customers AS c ON c.region = r.code AND c.id < 20 ORDER BY r.code, c.id;
SELECT r.code FROM sales.regions AS r LEFT JOIN sales.customers AS c ON c.region = r.code AND c.id < 5 WHERE c IS NULL ORDER BY r.code;
SELECT x.id, row_to_json(x) FROM (SELECT id, name, phone FROM sales.customers) AS x ORDER BY x.id LIMIT 10;
WITH q AS (SELECT c FROM sales.customers AS c) SELECT count(q), count(q.c), min(q.c::text), max(q::text) FROM q;
SELECT c.id, t.doc FROM sales.customers AS c CROSS JOIN LATERAL (SELECT jsonb_object_agg(key, value) AS doc FROM jsonb_each(to_jsonb(c)) AS e) AS t ORDER BY c.id LIMIT 10;
SELECT e.key, count(*), count(DISTINCT e.value) FROM sales.customers AS c, jsonb_each(to_jsonb(c)) AS e GROUP BY e.key ORDER BY e.key;
SELECT c FROM sales.customers AS c WHERE c.id = 3 UNION ALL SELECT o FROM sales.orders AS o WHERE o.id = 3;
SELECT s FROM sales.codes AS s WHERE s.id < 20 ORDER BY s;
SELECT count(s), min(s::text) FROM sales.codes AS s WHERE s.code::int > 20;
SELECT to_jsonb(o) FROM sales.orders AS o WHERE o.id < 10 ORDER BY o.id;
SELECT e FROM sales.events AS e WHERE e.kind <> 'view' ORDER BY e.id LIMIT 10;
SELECT ROW(c.*) = c, ROW(c.*, 1) <> c FROM sales.customers AS c WHERE c.id = 3;

SELECT c.id, c, count(o) FROM sales.customers AS c LEFT JOIN sales.orders AS o ON o.customer_id = c.id GROUP BY c.id ORDER BY c.id LIMIT 10;
