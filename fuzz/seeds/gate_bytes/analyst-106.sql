SELECT id, percent_rank() OVER (ORDER BY price), cume_dist() OVER (ORDER BY price), nth_value(id, 2) OVER (ORDER BY id) FROM sales.products ORDER BY id LIMIT 3
