SELECT attributes ->> 'colour' AS colour, avg((attributes ->> 'grams')::numeric) FROM sales.products GROUP BY 1 ORDER BY 1
