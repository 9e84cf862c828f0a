SELECT id FROM sales.products WHERE attributes ? 'grams' AND attributes ?| ARRAY['colour', 'x'] AND attributes ?& ARRAY['colour', 'grams'] ORDER BY id LIMIT 3
