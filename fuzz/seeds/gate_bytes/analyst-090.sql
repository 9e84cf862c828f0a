SELECT date_trunc('month', ordered_at) AS month, count(*) FROM sales.orders GROUP BY date_trunc('month', ordered_at) ORDER BY month
