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
