--# User-defined types, casts, domains, operators, and lists of column definitions.

--! code of users' through a type
SELECT 'hr.employees'::regclass

--! code of users' through a type
SELECT CAST('pg_sleep' AS regproc)

--! code of users' through a type
SELECT regclass 'hr.employees'

--! code of users' through a type
SELECT 16384::regclass::text

--! code of users' through a type
SELECT NULL::hr.employees

--! code of users' through a type
SELECT '{}'::sales.customers[]

--! code of users' through a type
SELECT 'postgres'::regrole

--! column definition lists
SELECT x.a FROM json_to_record('{"a": {}}') AS x(a sales.secret)

--! column definition lists
SELECT x.a FROM json_to_record('{"a": {}}') AS x(a sales.customers)

--! column definition lists
SELECT x.a FROM json_to_record('{"a": "sales.secret"}') AS x(a regclass)

--! column definition lists
SELECT x.a FROM json_to_record('{"a": []}') AS x(a hr.employees[])

--! column definition lists
SELECT * FROM sales.peek() AS x(s text)

--! column definition lists
SELECT x.ssn, x FROM sales.customers c, jsonb_to_record(to_jsonb(c)) AS x(id int, ssn text, tenant_id int, email text)

--! column definition lists
SELECT c.ssn FROM sales.customers c, jsonb_to_record(to_jsonb(c)) AS x(ssn text)
