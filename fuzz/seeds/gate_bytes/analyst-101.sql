SELECT id, avg(price) OVER w, count(*) OVER w FROM sales.products WINDOW w AS (PARTITION BY category ORDER BY id) ORDER BY id LIMIT 8
