SELECT id FROM sales.products WHERE id <> ALL ('{1,2,3}'::int[]) ORDER BY id LIMIT 3
