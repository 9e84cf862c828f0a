SELECT id FROM sales.products WHERE tags && '{classic}' ORDER BY id LIMIT 4
