SELECT id FROM sales.customers INTERSECT SELECT id FROM sales.products WHERE id > 55 ORDER BY id
