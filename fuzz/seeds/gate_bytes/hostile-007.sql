SELECT * FROM sales.customers AS x(a, b, c, d, e, f, g, h, i) WHERE e IS NOT NULL
