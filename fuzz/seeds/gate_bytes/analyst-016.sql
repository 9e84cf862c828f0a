SELECT id, credit_limit FROM sales.customers WHERE credit_limit BETWEEN 500 AND 1000 ORDER BY id LIMIT 6
