-- Questions to the star schema of tests/data/star.sql, as analysts and dashboards ask them. Each gives rows, and has
-- something that no other has; the line above says what. One statement ends with a semicolon at the end of a line.

-- ROLLUP with GROUPING as a level
SELECT s.country, s.city, grouping(s.country, s.city) AS level, sum(f.amount) AS revenue FROM star.sales f JOIN star.stores s ON s.id = f.store_id GROUP BY ROLLUP (s.country, s.city) ORDER BY level, 1, 2;
-- CUBE with HAVING over a level
SELECT d.year, f.channel, c.segment, count(*), sum(f.amount) FROM star.sales f JOIN star.days d USING (day) JOIN star.customers c ON c.id = f.customer_id GROUP BY CUBE (d.year, f.channel, c.segment) HAVING grouping(d.year, f.channel, c.segment) IN (1, 2, 4) ORDER BY 1 NULLS FIRST, 2 NULLS LAST, 3;
-- GROUPING SETS of unequal sets, the empty one too
SELECT s.country, d.quarter, sum(f.quantity) AS pieces FROM star.sales f JOIN star.stores s ON s.id = f.store_id JOIN star.days d ON d.day = f.day GROUP BY GROUPING SETS ((s.country, d.quarter), (d.quarter), ()) ORDER BY s.country NULLS LAST, d.quarter NULLS LAST;
-- CUBE and ROLLUP inside GROUPING SETS, one of them over composite elements
SELECT s.country, f.channel, d.year, count(*), grouping(s.country, f.channel, d.year) AS level FROM star.sales f JOIN star.stores s ON s.id = f.store_id JOIN star.days d ON d.day = f.day GROUP BY GROUPING SETS ((s.country, d.year), CUBE (s.country, f.channel), ROLLUP ((d.year, f.channel))) ORDER BY level, 1, 2, 3, 4;
-- a plain element beside ROLLUP and a composite one inside it
SELECT channel, store_id, product_id, sum(amount) FROM star.sales WHERE store_id < 4 AND product_id < 4 GROUP BY channel, ROLLUP ((store_id, product_id)) ORDER BY 1, 2 NULLS FIRST, 3;
-- running total of a grouped query
SELECT day, sum(amount) AS of_day, sum(sum(amount)) OVER (ORDER BY day ROWS UNBOUNDED PRECEDING) AS so_far FROM star.sales WHERE day < '2022-03-01' GROUP BY day ORDER BY day;
-- moving average over the last seven rows
WITH daily AS (SELECT day, sum(amount) AS amount FROM star.sales GROUP BY day) SELECT day, round(avg(amount) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW), 2) AS smooth FROM daily ORDER BY day LIMIT 60;
-- a RANGE frame of an interval
SELECT day, amount, sum(amount) OVER (PARTITION BY store_id ORDER BY day RANGE BETWEEN '13 days' PRECEDING AND '1 day' FOLLOWING) AS fortnight FROM star.sales WHERE store_id = 2 AND channel = 'online' ORDER BY day, id;
-- a GROUPS frame
SELECT id, quantity, count(*) OVER (ORDER BY quantity GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) AS near FROM star.sales WHERE product_id = 5 ORDER BY id;
-- a RANGE frame of numbers, descending
SELECT id, amount, count(*) OVER (ORDER BY amount DESC RANGE BETWEEN 20 PRECEDING AND 20 FOLLOWING) FROM star.sales WHERE product_id = 6 ORDER BY id;
-- top three of each group by row_number
SELECT store_id, product_id, revenue FROM (SELECT store_id, product_id, sum(amount) AS revenue, row_number() OVER (PARTITION BY store_id ORDER BY sum(amount) DESC, product_id) AS place FROM star.sales GROUP BY store_id, product_id) ranked WHERE place <= 3 ORDER BY store_id, place;
-- top two of each group by LATERAL and LIMIT
SELECT s.name, best.product_id, best.amount FROM star.stores s CROSS JOIN LATERAL (SELECT f.product_id, f.amount FROM star.sales f WHERE f.store_id = s.id ORDER BY f.amount DESC, f.id LIMIT 2) best ORDER BY s.id, best.amount DESC, best.product_id;
-- the latest row of each customer by DISTINCT ON
SELECT DISTINCT ON (c.id) c.id, c.name, f.day, f.amount FROM star.customers c JOIN star.sales f ON f.customer_id = c.id ORDER BY c.id, f.day DESC, f.id DESC;
-- year over year by lag with an offset of twelve
SELECT m.year, m.month, m.revenue, round(100 * m.revenue / lag(m.revenue, 12) OVER (ORDER BY m.year, m.month) - 100, 1) AS percent FROM (SELECT d.year, d.month, sum(f.amount) AS revenue FROM star.sales f JOIN star.days d USING (day) GROUP BY d.year, d.month) m ORDER BY 1, 2;
-- year over year by joining a CTE with itself
WITH q AS (SELECT s.country, d.year, sum(f.amount) AS revenue FROM star.sales f JOIN star.stores s ON s.id = f.store_id JOIN star.days d ON d.day = f.day GROUP BY 1, 2) SELECT a.country, a.revenue AS was, b.revenue AS now, b.revenue > a.revenue AS grew FROM q a JOIN q b ON b.country = a.country AND b.year = a.year + 1 ORDER BY a.country;
-- cohorts and how many come back
WITH first AS (SELECT customer_id, min(date_trunc('quarter', day::timestamp)) AS cohort FROM star.sales WHERE customer_id IS NOT NULL GROUP BY customer_id), seen AS (SELECT DISTINCT f.customer_id, date_trunc('quarter', f.day::timestamp) AS quarter FROM star.sales f) SELECT first.cohort::date, (extract(year FROM age(seen.quarter, first.cohort)) * 4 + extract(month FROM age(seen.quarter, first.cohort)) / 3)::int AS later, count(DISTINCT seen.customer_id) AS customers FROM first JOIN seen USING (customer_id) GROUP BY 1, 2 ORDER BY 1, 2;
-- a pivot by FILTER
SELECT s.country, sum(f.amount) FILTER (WHERE d.quarter = 1) AS q1, sum(f.amount) FILTER (WHERE d.quarter = 2) AS q2, sum(f.amount) FILTER (WHERE d.quarter = 3) AS q3, sum(f.amount) FILTER (WHERE d.quarter = 4) AS q4 FROM star.sales f JOIN star.days d USING (day) JOIN star.stores s ON s.id = f.store_id GROUP BY s.country ORDER BY s.country;
-- a pivot by CASE, with shares
SELECT channel, sum(CASE WHEN quantity >= 3 THEN amount ELSE 0 END) AS large, round(100.0 * sum(CASE WHEN quantity >= 3 THEN 1 ELSE 0 END) / count(*), 2) AS percent FROM star.sales GROUP BY channel ORDER BY channel;
-- gaps and islands by the difference of row numbers
SELECT store_id, product_id, min(day) AS since, max(day) AS till, count(*) AS days FROM (SELECT store_id, product_id, day, day - (row_number() OVER (PARTITION BY store_id, product_id ORDER BY day))::int AS island FROM star.stock WHERE level = 0) empty GROUP BY store_id, product_id, island HAVING count(*) > 1 ORDER BY 1, 2, 3;
-- days that are missing, by lead
SELECT store_id, product_id, day AS before, next AS after FROM (SELECT store_id, product_id, day, lead(day) OVER (PARTITION BY store_id, product_id ORDER BY day) AS next FROM star.stock) s WHERE next - day > 2 ORDER BY 1, 2, 3;
-- sessions: a break of half an hour begins one
WITH marked AS (SELECT customer_id, at, ms, CASE WHEN at - lag(at) OVER w <= interval '30 minutes' THEN 0 ELSE 1 END AS begins FROM star.visits WINDOW w AS (PARTITION BY customer_id ORDER BY at, id)), numbered AS (SELECT customer_id, at, ms, sum(begins) OVER (PARTITION BY customer_id ORDER BY at ROWS UNBOUNDED PRECEDING) AS session FROM marked) SELECT customer_id, session, count(*) AS pages, max(at) - min(at) AS took FROM numbered GROUP BY customer_id, session HAVING count(*) > 1 ORDER BY 1, 2;
-- market basket: pairs that are bought together
SELECT a.product_id AS one, b.product_id AS other, count(*) AS together FROM star.sales a JOIN star.sales b ON b.basket = a.basket AND b.product_id > a.product_id GROUP BY 1, 2 HAVING count(*) >= 2 ORDER BY together DESC, 1, 2 LIMIT 25;
-- a calendar by recursion, with months in which nothing happened
WITH RECURSIVE months(month) AS (SELECT date '2022-01-01' UNION ALL SELECT (month + interval '1 month')::date FROM months WHERE month < '2023-12-01') SELECT m.month, coalesce(sum(f.amount), 0) AS revenue, count(f.id) AS sales FROM months m LEFT JOIN star.sales f ON f.day >= m.month AND f.day < m.month + interval '1 month' AND f.product_id = 9 GROUP BY m.month ORDER BY m.month;
-- a tree by recursion, with paths in an array, and revenue of whole branches
WITH RECURSIVE tree AS (SELECT id, name, ARRAY[id] AS path FROM star.categories WHERE parent IS NULL UNION ALL SELECT c.id, c.name, t.path || c.id FROM star.categories c JOIN tree t ON t.id = c.parent) SELECT a.name, cardinality(a.path) AS depth, sum(f.amount) AS revenue FROM tree a JOIN tree b ON a.id = ANY (b.path) JOIN star.products p ON p.category_id = b.id JOIN star.sales f ON f.product_id = p.id GROUP BY a.id, a.name, a.path ORDER BY a.path;
-- a chain by recursion with UNION and a bound on its depth
WITH RECURSIVE chain(id, origin, hops) AS (SELECT id, id, 0 FROM star.customers WHERE referred_by IS NULL UNION SELECT c.id, n.origin, n.hops + 1 FROM star.customers c JOIN chain n ON c.referred_by = n.id AND n.hops < 9) SELECT origin, count(*) - 1 AS brought, max(hops) AS far FROM chain GROUP BY origin HAVING count(*) > 1 ORDER BY 2 DESC, 1;
-- ordered-set aggregates, one of them for several fractions
SELECT p.brand, percentile_cont(0.5) WITHIN GROUP (ORDER BY f.amount) AS median, percentile_disc(ARRAY[0.1, 0.9]) WITHIN GROUP (ORDER BY f.amount) AS range, mode() WITHIN GROUP (ORDER BY f.quantity) AS usual FROM star.sales f JOIN star.products p ON p.id = f.product_id GROUP BY p.brand ORDER BY p.brand;
-- a hypothetical-set aggregate
SELECT store_id, rank(100) WITHIN GROUP (ORDER BY amount) AS place_of_100, percent_rank(100) WITHIN GROUP (ORDER BY amount DESC) AS share FROM star.sales GROUP BY store_id ORDER BY store_id;
-- recency, frequency and money in quartiles
WITH rfm AS (SELECT customer_id, max(day) AS last, count(DISTINCT basket) AS often, sum(amount) AS money FROM star.sales WHERE customer_id IS NOT NULL GROUP BY customer_id) SELECT customer_id, ntile(4) OVER (ORDER BY last, customer_id) AS r, ntile(4) OVER (ORDER BY often, customer_id) AS f, ntile(4) OVER (ORDER BY money, customer_id) AS m FROM rfm ORDER BY customer_id;
-- relative ranks
SELECT id, price, dense_rank() OVER w AS place, round(percent_rank() OVER w::numeric, 3) AS percent, round(cume_dist() OVER w::numeric, 3) AS below FROM star.products WINDOW w AS (PARTITION BY brand ORDER BY price DESC) ORDER BY id;
-- values at places of a frame that is more than the default one
SELECT day, store_id, first_value(level) OVER w AS first, last_value(level) OVER w AS last, nth_value(level, 2) OVER w AS second FROM star.stock WHERE product_id = 1 WINDOW w AS (PARTITION BY store_id ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) ORDER BY store_id, day LIMIT 40;
-- INTERSECT and EXCEPT in parentheses
(SELECT customer_id FROM star.sales WHERE channel = 'online' INTERSECT SELECT customer_id FROM star.sales WHERE channel = 'shop') EXCEPT SELECT f.customer_id FROM star.sales f JOIN star.returns r ON r.sale_id = f.id ORDER BY 1;
-- UNION ALL of two facts, summed again
SELECT kind, count(*), sum(amount) FROM (SELECT 'sold' AS kind, amount FROM star.sales UNION ALL SELECT 'returned', -f.amount FROM star.returns r JOIN star.sales f ON f.id = r.sale_id) moves GROUP BY kind ORDER BY kind;
-- a correlated subquery in the list, and its share
SELECT p.id, p.name, (SELECT sum(f.amount) FROM star.sales f WHERE f.product_id = p.id) AS revenue, round((SELECT sum(f.quantity) FROM star.sales f WHERE f.product_id = p.id) / (SELECT sum(quantity) FROM star.sales)::numeric, 4) AS share FROM star.products p WHERE p.category_id > 9 ORDER BY p.id;
-- above the average of its own group, by a correlated subquery in WHERE
SELECT f.id, f.amount FROM star.sales f WHERE f.amount > 1.6 * (SELECT avg(g.amount) FROM star.sales g WHERE g.product_id = f.product_id) ORDER BY f.id;
-- EXISTS and NOT EXISTS
SELECT c.id, c.email FROM star.customers c WHERE EXISTS (SELECT FROM star.sales f WHERE f.customer_id = c.id AND f.amount > 200) AND NOT EXISTS (SELECT FROM star.sales f JOIN star.returns r ON r.sale_id = f.id WHERE f.customer_id = c.id) ORDER BY c.id;
-- quantified comparisons with subqueries
SELECT id, price FROM star.products WHERE price >= ALL (SELECT price FROM star.products WHERE brand = 'Acme') OR price < ANY (SELECT price / 2 FROM star.products WHERE brand = 'Bolt' AND price < 40) ORDER BY id;
-- NOT IN, which NULLs would empty
SELECT id, name FROM star.customers WHERE id NOT IN (SELECT customer_id FROM star.sales WHERE customer_id IS NOT NULL) ORDER BY id;
-- documents inside documents
SELECT s.country, jsonb_agg(jsonb_build_object('store', s.id, 'months', (SELECT jsonb_object_agg(m.month, m.revenue) FROM (SELECT d.month, sum(f.amount) AS revenue FROM star.sales f JOIN star.days d USING (day) WHERE f.store_id = s.id AND d.year = 2022 GROUP BY d.month) m)) ORDER BY s.id) AS report FROM star.stores s GROUP BY s.country ORDER BY s.country;
-- inside a document: fields, elements, conditions
SELECT p.brand, colour, count(*), sum((p.spec ->> 'grams')::int) AS grams FROM star.products p CROSS JOIN LATERAL jsonb_array_elements_text(p.spec -> 'colours') AS colour WHERE p.spec @> '{"colours": ["c1"]}' GROUP BY p.brand, colour ORDER BY 1, 2;
-- lists without repetitions
SELECT f.basket, string_agg(DISTINCT p.brand, '+' ORDER BY p.brand) AS brands, array_agg(p.sku ORDER BY p.sku DESC) AS skus FROM star.sales f JOIN star.products p ON p.id = f.product_id GROUP BY f.basket HAVING count(DISTINCT p.brand) = 3 ORDER BY f.basket;
-- elements of arrays with their places
SELECT t.tag, t.place, count(*), sum(p.price) FROM star.products p CROSS JOIN LATERAL unnest(p.tags) WITH ORDINALITY AS t(tag, place) GROUP BY t.tag, t.place ORDER BY 1, 2;
-- the price of the day, by a range
SELECT f.id, f.day, pr.price, f.amount < f.quantity * pr.price AS reduced FROM star.sales f JOIN star.prices pr ON pr.product_id = f.product_id AND pr.valid @> f.day WHERE f.id < 200 ORDER BY f.id;
-- goals and what came of them: either may be missing
SELECT coalesce(g.country, a.country) AS country, coalesce(g.year, a.year) AS year, g.goal, a.revenue FROM (SELECT country, year, sum(goal) AS goal FROM star.goals GROUP BY country, year) g FULL JOIN (SELECT s.country, d.year, sum(f.amount) AS revenue FROM star.sales f JOIN star.stores s ON s.id = f.store_id JOIN star.days d ON d.day = f.day GROUP BY 1, 2) a ON a.country = g.country AND a.year = g.year ORDER BY 1, 2;
-- one row for each day of a span
SELECT r.sale_id, d::date AS waiting FROM star.returns r JOIN star.sales f ON f.id = r.sale_id CROSS JOIN LATERAL generate_series(f.day::timestamp, r.day::timestamp, interval '1 day') AS d WHERE r.sale_id < 100 ORDER BY 1, 2;
-- as of: the last count before each sale
SELECT f.id, f.day, last.day AS counted, last.level FROM star.sales f LEFT JOIN LATERAL (SELECT k.day, k.level FROM star.stock k WHERE k.store_id = f.store_id AND k.product_id = f.product_id AND k.day <= f.day ORDER BY k.day DESC LIMIT 1) last ON true WHERE f.day BETWEEN '2023-03-05' AND '2023-12-31' AND f.store_id = 1 AND f.product_id < 7 ORDER BY f.id;
-- Pareto: the products that bring four fifths
SELECT product_id, revenue, share FROM (SELECT product_id, sum(amount) AS revenue, round(sum(sum(amount)) OVER (ORDER BY sum(amount) DESC, product_id) / sum(sum(amount)) OVER (), 4) AS share FROM star.sales GROUP BY product_id) ranked WHERE share <= 0.8 ORDER BY share;
-- a histogram
SELECT width_bucket(total, 0, 900, 9) AS bucket, count(*), min(total), max(total) FROM (SELECT basket, sum(amount) AS total FROM star.sales GROUP BY basket) b GROUP BY bucket ORDER BY bucket;
-- a dense grid of weekdays and channels
SELECT w.weekday, ch.channel, coalesce(sum(f.quantity), 0) AS pieces FROM generate_series(1, 7) AS w(weekday) CROSS JOIN (VALUES ('shop'), ('online'), ('phone'), ('fax')) AS ch(channel) LEFT JOIN (star.sales f JOIN star.days d ON d.day = f.day) ON d.weekday = w.weekday AND f.channel = ch.channel GROUP BY w.weekday, ch.channel ORDER BY 1, 2;
-- outliers, by the standard deviation
SELECT id, product_id, round((amount - mean) / spread, 2) AS z FROM (SELECT id, product_id, amount, avg(amount) OVER w AS mean, stddev_samp(amount) OVER w AS spread FROM star.sales WINDOW w AS (PARTITION BY product_id)) s WHERE abs(amount - mean) > 1.8 * spread ORDER BY id;
-- a ranking in the same query that groups, with HAVING
SELECT f.customer_id, sum(f.amount) AS total, rank() OVER (ORDER BY sum(f.amount) DESC) AS place FROM star.sales f GROUP BY f.customer_id HAVING f.customer_id IS NOT NULL AND count(*) > 5 ORDER BY place, f.customer_id LIMIT 20;
-- a list of values as a table, joined by prefix
SELECT m.meaning, count(*) FROM (VALUES ('a%', 'first'), ('b%', 'second')) AS m(pattern, meaning) JOIN star.customers c ON c.email LIKE m.pattern GROUP BY m.meaning ORDER BY m.meaning;
-- texts taken apart
SELECT split_part(email, '@', 2) AS domain, upper(left(name, 1)) AS letter, count(*) FROM star.customers GROUP BY 1, 2 ORDER BY 1, 2;
-- aggregates of conditions
SELECT store_id, bool_and(amount > 5) AS all_over, bool_or(channel = 'phone') AS any_phone, every(quantity > 0), count(*) FILTER (WHERE channel = 'phone' AND quantity = 5) FROM star.sales GROUP BY store_id ORDER BY store_id;
-- holidays and the days around them, by IN on rows and BETWEEN on dates
SELECT h.day AS holiday, count(f.id) AS sales FROM star.days h LEFT JOIN star.sales f ON f.day BETWEEN h.day - 2 AND h.day + 2 AND (f.channel, f.quantity) IN (('shop', 1), ('shop', 2), ('online', 3)) WHERE h.is_holiday GROUP BY h.day ORDER BY h.day;
-- a CTE that is read twice and materialised
WITH big AS MATERIALIZED (SELECT basket, sum(amount) AS total FROM star.sales GROUP BY basket ORDER BY total DESC, basket LIMIT 20) SELECT (SELECT count(*) FROM big WHERE total > 300) AS over, (SELECT round(avg(total), 2) FROM big) AS mean, max(total) FROM big;
-- what each person sees of others: a self join by inequality, masked columns as keys
SELECT a.id, count(b.id) AS later FROM star.customers a LEFT JOIN star.customers b ON b.joined > a.joined AND b.segment = a.segment AND b.credit <= a.credit GROUP BY a.id ORDER BY a.id;
