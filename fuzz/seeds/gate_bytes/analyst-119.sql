WITH customers AS (SELECT 42 AS id) SELECT id FROM customers
