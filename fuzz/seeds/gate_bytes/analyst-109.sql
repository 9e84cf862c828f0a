SELECT id, count(*) FILTER (WHERE price > 100) OVER (ORDER BY id) FROM sales.products ORDER BY id LIMIT 4
