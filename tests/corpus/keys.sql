-- GROUP BY a primary key and name what it determines, over the star schema of tests/data/star.sql: PostgreSQL sees the key
-- of a table only, and every table here may be protected. One statement ends with a semicolon at the end of a line.

SELECT id, name, segment FROM star.customers GROUP BY id ORDER BY id;
SELECT c.*, count(f.id) AS sales FROM star.stores c LEFT JOIN star.sales f ON f.store_id = c.id GROUP BY c.id ORDER BY c.id;
SELECT c.id, c.name, c.email, c.joined, sum(f.amount) AS total FROM star.customers c JOIN star.sales f ON f.customer_id = c.id GROUP BY c.id ORDER BY total DESC, c.id LIMIT 20;
SELECT c.id, upper(c.name) || '!' AS loud FROM star.customers c JOIN star.sales f ON f.customer_id = c.id GROUP BY 1 HAVING c.credit > 300 AND count(*) > 3 ORDER BY c.email, c.id;
-- the key in every set of ROLLUP's neighbours
SELECT c.id, c.name, f.channel, count(*) FROM star.customers c JOIN star.sales f ON f.customer_id = c.id WHERE c.id < 40 GROUP BY c.id, ROLLUP (f.channel) ORDER BY c.id, f.channel NULLS LAST;
SELECT c.id, c.name, c.segment, f.store_id, count(*), grouping(c.segment, f.store_id) AS level FROM star.customers c JOIN star.sales f ON f.customer_id = c.id WHERE c.id < 30 GROUP BY c.id, CUBE (c.segment, f.store_id) ORDER BY 1, 6, 3, 4;
SELECT s.id, s.city, f.channel, f.quantity, sum(f.amount) FROM star.stores s JOIN star.sales f ON f.store_id = s.id GROUP BY GROUPING SETS ((s.id, f.channel), (s.id, f.quantity), (s.id)) ORDER BY 1, 3 NULLS LAST, 4 NULLS LAST;
-- a determined column that is grouped by in some sets is null in the others
SELECT s.id, s.city, s.country, count(*) FROM star.stores s JOIN star.sales f ON f.store_id = s.id GROUP BY GROUPING SETS ((s.id, s.city), (s.id)) ORDER BY 1, 2 NULLS LAST;
SELECT c.id, c.name, c.email, f.channel, f.quantity, count(*) FROM star.customers c JOIN star.sales f ON f.customer_id = c.id WHERE c.id < 20 GROUP BY c.id, GROUPING SETS (f.quantity, ROLLUP (f.channel), CUBE (c.email)) ORDER BY 1, 3 NULLS LAST, 4 NULLS LAST, 5 NULLS LAST, 6;
-- windows over the groups
SELECT c.id, c.name, rank() OVER (PARTITION BY c.segment ORDER BY sum(f.amount) DESC, c.id) AS place FROM star.customers c JOIN star.sales f ON f.customer_id = c.id GROUP BY c.id ORDER BY c.segment, place;
SELECT p.id, p.brand, sum(count(*)) OVER (PARTITION BY p.brand ORDER BY p.price, p.id) AS so_far, max(p.price) OVER (PARTITION BY p.brand) FROM star.products p JOIN star.sales f ON f.product_id = p.id GROUP BY p.id ORDER BY p.id;
-- DISTINCT, DISTINCT ON
SELECT DISTINCT c.segment, c.joined FROM star.customers c JOIN star.sales f ON f.customer_id = c.id GROUP BY c.id ORDER BY c.segment, c.joined;
SELECT DISTINCT ON (c.segment) c.segment, c.id, c.name, count(*) AS n FROM star.customers c JOIN star.sales f ON f.customer_id = c.id GROUP BY c.id ORDER BY c.segment, n DESC, c.id;
-- several relations, each with its key or without
SELECT c.id, c.name, s.id AS store, s.city, s.manager, count(*) FROM star.sales f JOIN star.customers c ON c.id = f.customer_id JOIN star.stores s ON s.id = f.store_id GROUP BY c.id, s.id ORDER BY c.id, s.id LIMIT 50;
SELECT p.id, p.name, c.segment, sum(f.quantity) FROM star.sales f JOIN star.products p ON p.id = f.product_id JOIN star.customers c ON c.id = f.customer_id WHERE p.id < 10 GROUP BY p.id, c.segment ORDER BY p.id, c.segment;
SELECT a.id, a.name, b.name AS by, count(f.id) FROM star.customers a JOIN star.customers b ON b.id = a.referred_by LEFT JOIN star.sales f ON f.customer_id = a.id GROUP BY a.id, b.id ORDER BY a.id;
-- the nullable side of outer joins: one group of what has no partner
SELECT c.id, c.name, count(*) AS sales, sum(f.amount) FROM star.sales f LEFT JOIN star.customers c ON c.id = f.customer_id GROUP BY c.id ORDER BY c.id NULLS FIRST;
SELECT r.sale_id, r.day, r.reason, max(f.day) FROM star.sales f LEFT JOIN star.returns r ON r.sale_id = f.id WHERE f.id < 300 GROUP BY r.sale_id ORDER BY 1 NULLS FIRST;
SELECT s.id, s.name, g.country FROM star.goals g FULL JOIN star.stores s ON s.country = g.country GROUP BY s.id, g.country ORDER BY 1 NULLS LAST, 3 NULLS LAST;
-- USING
SELECT day, d.year, d.weekday, count(*) FROM star.days d JOIN star.sales f USING (day) GROUP BY day ORDER BY day LIMIT 30;
SELECT id, p.name, p.brand FROM star.products p JOIN star.stores s USING (id) GROUP BY id, p.id ORDER BY id;
-- a key of several columns
SELECT k.store_id, k.product_id, k.day, k.level, k.note, count(f.id) FROM star.stock k LEFT JOIN star.sales f ON f.store_id = k.store_id AND f.product_id = k.product_id GROUP BY k.day, k.store_id, k.product_id ORDER BY 1, 2, 3 LIMIT 60;
SELECT pr.product_id, pr.valid, pr.price, p.name FROM star.prices pr JOIN star.products p ON p.id = pr.product_id GROUP BY pr.product_id, pr.valid, p.id ORDER BY 1, 2;
-- columns that nothing can be grouped by: json, point
SELECT s.id, s.location::text AS at, s.settings ->> 'open' AS opens, s.settings, count(*) FROM star.stores s JOIN star.sales f ON f.store_id = s.id GROUP BY s.id ORDER BY s.settings ->> 'open', s.id;
SELECT c.id, c.profile, json_agg(c.profile ORDER BY f.id) AS again, f.channel FROM star.customers c JOIN star.sales f ON f.customer_id = c.id WHERE c.id < 20 GROUP BY c.id, ROLLUP (f.channel) ORDER BY c.id, f.channel NULLS LAST;
SELECT c.id, c.profile ->> 'lang' AS lang, c.profile FROM star.sales f LEFT JOIN star.customers c ON c.id = f.customer_id GROUP BY c.id ORDER BY c.id NULLS FIRST;
SELECT c.id, (SELECT count(*) FROM star.customers o WHERE o.profile ->> 'lang' = c.profile ->> 'lang') AS alike FROM star.customers c WHERE c.id < 20 GROUP BY c.id ORDER BY c.id;
-- arrays and documents that can be grouped by
SELECT p.id, p.tags, p.spec -> 'grams' AS grams, sum(f.amount) FROM star.products p JOIN star.sales f ON f.product_id = p.id GROUP BY p.id ORDER BY p.id;
-- subqueries that look out
SELECT c.id, (SELECT max(f.day) FROM star.sales f WHERE f.customer_id = c.id AND f.day > c.joined) AS last FROM star.customers c GROUP BY c.id ORDER BY c.id;
SELECT c.id, (SELECT sum(c.credit)) AS summed, (SELECT count(*) FROM star.stores s WHERE s.id < c.credit / 100) AS stores FROM star.customers c JOIN star.sales f ON f.customer_id = c.id GROUP BY c.id ORDER BY c.id;
SELECT c.id, c.name FROM star.customers c GROUP BY c.id HAVING EXISTS (SELECT FROM star.sales f WHERE f.customer_id = c.id AND f.amount > c.credit) ORDER BY c.id;
-- inside other queries
SELECT segment, count(*) FROM (SELECT c.id, c.segment, count(*) AS n FROM star.customers c JOIN star.sales f ON f.customer_id = c.id GROUP BY c.id) q WHERE n > 3 GROUP BY segment ORDER BY segment;
WITH spent AS (SELECT c.id, c.name, sum(f.amount) AS total FROM star.customers c JOIN star.sales f ON f.customer_id = c.id GROUP BY c.id) SELECT name, total FROM spent WHERE total > (SELECT avg(total) FROM spent) ORDER BY total DESC, id;
SELECT c.id, c.name FROM star.customers c GROUP BY c.id HAVING c.credit > 700 UNION ALL SELECT p.id, p.name FROM star.products p GROUP BY p.id HAVING p.price > 80 ORDER BY 1, 2;
SELECT s.id, best.id AS customer, best.name FROM star.stores s CROSS JOIN LATERAL (SELECT c.id, c.name FROM star.customers c JOIN star.sales f ON f.customer_id = c.id WHERE f.store_id = s.id GROUP BY c.id ORDER BY sum(f.amount) DESC, c.email, c.id LIMIT 1) best ORDER BY s.id;
-- ordered-set aggregates with what is determined as their direct argument
SELECT c.id, percentile_cont(CASE WHEN c.segment = 'home' THEN 0.5 ELSE 0.9 END) WITHIN GROUP (ORDER BY f.amount) FROM star.customers c JOIN star.sales f ON f.customer_id = c.id GROUP BY c.id ORDER BY c.id;
-- an expression that is grouped by as a whole, and its column beside it
SELECT c.id, lower(c.name), c.name, count(*) FROM star.customers c JOIN star.sales f ON f.customer_id = c.id WHERE c.id < 50 GROUP BY c.id, ROLLUP (lower(c.name)) ORDER BY 1, 2 NULLS LAST;
