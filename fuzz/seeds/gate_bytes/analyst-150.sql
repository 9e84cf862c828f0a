SELECT id FROM sales.products WHERE tags @> ARRAY['new', 'indoor'] ORDER BY id LIMIT 4
