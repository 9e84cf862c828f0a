SELECT p.id, care FROM sales.products p, jsonb_array_elements_text(p.attributes -> 'care') AS care WHERE p.id < 3 ORDER BY 1, 2
