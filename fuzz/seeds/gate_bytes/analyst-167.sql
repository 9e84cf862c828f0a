SELECT id FROM sales.products WHERE sold_during @> date '2024-06-01' ORDER BY id LIMIT 3
