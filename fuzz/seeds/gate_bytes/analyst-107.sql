SELECT month, revenue, revenue - lag(revenue) OVER (ORDER BY month) AS change FROM (SELECT date_trunc('month', ordered_at) AS month, count(*) AS revenue FROM sales.orders GROUP BY 1) m ORDER BY month
