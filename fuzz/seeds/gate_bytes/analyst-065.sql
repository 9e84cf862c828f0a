SELECT id FROM sales.products WHERE price < ANY (SELECT price / 3 FROM sales.products WHERE category = 'lighting') ORDER BY id LIMIT 5
