SELECT count(*) FROM (SELECT 1 FROM sales.orders GROUP BY customer_id HAVING count(*) > 4) AS busy
