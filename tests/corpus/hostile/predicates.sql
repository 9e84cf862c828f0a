--# Questions about hidden values by predicates, orderings, errors and estimates.

--! blind questions: admitted, since they see the masked and filtered relation only
SELECT count(*) FROM sales.customers WHERE name LIKE 'CANARY%'

--! blind questions: admitted, since they see the masked and filtered relation only
SELECT email, phone FROM sales.customers ORDER BY id

--! blind questions: admitted, since they see the masked and filtered relation only
SELECT max(email), min(phone), string_agg(DISTINCT email, ',') FROM sales.customers

--! blind questions: admitted, since they see the masked and filtered relation only
SELECT count(*) FROM (SELECT 1 / (id % 2 - 1) AS x FROM sales.customers) q WHERE x < 0

--! blind questions: admitted, since they see the masked and filtered relation only
SELECT string_agg(name, ',' ORDER BY id) FROM sales.customers

--! blind questions: admitted, since they see the masked and filtered relation only
SELECT jsonb_agg(jsonb_build_object('n', c.name, 'e', c.email)) FROM sales.customers c

--! blind questions: admitted, since they see the masked and filtered relation only
SELECT count(*) FROM sales.orders o LEFT JOIN sales.customers c ON c.id = o.customer_id WHERE c.name LIKE 'CANARY%'
