WITH d AS (SELECT DISTINCT customer_id FROM sales.orders WHERE status = 'new') SELECT count(*) FROM sales.customers c WHERE c.id IN (SELECT customer_id FROM d)
