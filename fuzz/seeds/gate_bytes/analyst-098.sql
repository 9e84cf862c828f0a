SELECT id, category, price, rank() OVER (PARTITION BY category ORDER BY price DESC, id) FROM sales.products ORDER BY category, 4, id LIMIT 10
