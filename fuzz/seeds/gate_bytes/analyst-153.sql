SELECT p.id, t.tag, t.n FROM sales.products p CROSS JOIN LATERAL unnest(p.tags) WITH ORDINALITY AS t(tag, n) WHERE p.id < 3 ORDER BY 1, 3
