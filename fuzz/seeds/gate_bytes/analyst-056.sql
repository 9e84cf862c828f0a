SELECT id, name FROM sales.products WHERE price > (SELECT avg(price) FROM sales.products) ORDER BY id LIMIT 5
