SELECT id FROM sales.products WHERE 'sale' = ANY (tags) ORDER BY id LIMIT 4
