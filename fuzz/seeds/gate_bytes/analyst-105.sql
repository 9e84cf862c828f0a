SELECT id, price, price / sum(price) OVER () AS share FROM sales.products ORDER BY id LIMIT 3
