SELECT email, birth_date, created_at, credit_limit FROM sales.customers ORDER BY id LIMIT 2
