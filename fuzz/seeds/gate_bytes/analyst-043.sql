SELECT r.code, s.n FROM sales.regions r CROSS JOIN generate_series(1, 2) AS s(n) ORDER BY 1, 2
