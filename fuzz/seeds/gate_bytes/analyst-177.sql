SELECT * FROM sales.monthly_revenue ORDER BY month, region LIMIT 4
