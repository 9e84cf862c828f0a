SELECT id FROM sales.products WHERE sku LIKE 'SKU\_00%' ESCAPE '\' ORDER BY id LIMIT 5
