SELECT id, row_number() OVER (ORDER BY price), dense_rank() OVER (ORDER BY category), ntile(4) OVER (ORDER BY id) FROM sales.products ORDER BY id LIMIT 8
