-- Makes of the sample another world: nothing differs that the policy of tests/it/noninterference.rs shows.

-- Denied columns.
UPDATE sales.customers SET ssn = 'no number ' || id;
-- The hidden part of masked columns: the shown part (first letter and domain, last four, first letter, year, nearest
-- 500) stays.
UPDATE sales.customers
   SET email = left(email, 1) || 'nothing.alike' || id || '@example.com',
       phone = '999999' || right(phone, 4),
       name = left(name, 1) || repeat('z', 40 - id % 30),
       birth_date = date_trunc('year', birth_date)::date + id * 7 % 360,
       loyalty = (ARRAY['none', 'silver', 'gold'])[1 + id % 3]::sales.loyalty,
       credit_limit = credit_limit + 1;
UPDATE sales.orders SET comment = CASE WHEN id % 2 = 0 THEN 'something else ' || id END;
-- Rows outside the filters: other values, and more of them.
UPDATE sales.customers
   SET region = 'jp', created_at = '1999-01-01', email = 'x' || id || '@elsewhere.example', phone = '1', name = '',
       birth_date = '9999-01-01', credit_limit = 99999999
 WHERE tenant_id = 2;
INSERT INTO sales.customers (id, tenant_id, name, email, phone, ssn, region, birth_date, credit_limit, created_at)
SELECT i, 2, 'new', 'new' || i || '@example.com', '555-0100', '', 'us', '2000-01-01', 0, '2024-01-01'
  FROM generate_series(1001, 1900) AS i;
UPDATE sales.codes SET code = 'no number', divisor = 0, happened_at = 'infinity' WHERE tenant_id = 2;
INSERT INTO sales.codes SELECT i, 2, repeat('x', i), 0, '-infinity' FROM generate_series(1001, 1100) AS i;
UPDATE sales.events SET payload = '{"ms": "no number"}', address = NULL WHERE kind = 'login';
INSERT INTO sales.events
SELECT i, 1, 'login', NULL, '[]', timestamptz '2024-01-01 00:10Z' + (i % 80) * interval '1 day'
  FROM generate_series(10001, 11000) AS i;
-- Relations that aren't visible.
UPDATE hr.employees SET name = 'somebody else', salary = 1, manager_id = NULL;
DELETE FROM sales.payroll_export WHERE employee_id > 5;
UPDATE sales.payroll_export SET gross = 0;
