WITH m AS NOT MATERIALIZED (SELECT id FROM sales.products WHERE id < 4) SELECT m1.id, m2.id FROM m m1 JOIN m m2 ON m1.id = m2.id ORDER BY 1
