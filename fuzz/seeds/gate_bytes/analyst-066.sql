SELECT id FROM sales.products WHERE id = ANY (ARRAY[3, 5, 7]) ORDER BY id
