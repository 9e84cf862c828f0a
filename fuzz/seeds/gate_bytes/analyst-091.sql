SELECT extract(year FROM ordered_at) AS year, extract(month FROM ordered_at) AS month, count(*) FROM sales.orders GROUP BY 1, 2 ORDER BY 1, 2
