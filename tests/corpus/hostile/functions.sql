--# Functions in every position and spelling: those that read, write, wait, run SQL, or give away the server.

--! what a function could give: files, settings, other sessions, hidden rows
SELECT pg_read_file('/etc/passwd')

--! what a function could give: files, settings, other sessions, hidden rows
SELECT pg_catalog.pg_ls_dir('/')

--! what a function could give: files, settings, other sessions, hidden rows
SELECT * FROM dblink('dbname=sample', 'SELECT s FROM sales.secret') AS t (s text)

--! what a function could give: files, settings, other sessions, hidden rows
SELECT set_config('search_path', 'hr', false)

--! what a function could give: files, settings, other sessions, hidden rows
SELECT set_config('role', 'postgres', true)

--! what a function could give: files, settings, other sessions, hidden rows
SELECT current_setting('data_directory')

--! what a function could give: files, settings, other sessions, hidden rows
SELECT pg_sleep(10)

--! what a function could give: files, settings, other sessions, hidden rows
SELECT query_to_xml('SELECT s FROM sales.secret', true, true, '')

--! what a function could give: files, settings, other sessions, hidden rows
SELECT table_to_xml('sales.secret', true, true, '')

--! what a function could give: files, settings, other sessions, hidden rows
SELECT database_to_xml(true, true, '')

--! what a function could give: files, settings, other sessions, hidden rows
SELECT currval('scratch.notes_id_seq')

--! what a function could give: files, settings, other sessions, hidden rows
SELECT nextval('scratch.notes_id_seq')

--! what a function could give: files, settings, other sessions, hidden rows
SELECT lo_import('/etc/passwd')

--! what a function could give: files, settings, other sessions, hidden rows
SELECT pg_advisory_lock(1)

--! what a function could give: files, settings, other sessions, hidden rows
SELECT pg_notify('channel', 'x')

--! what a function could give: files, settings, other sessions, hidden rows
SELECT pg_terminate_backend(1)

--! what a function could give: files, settings, other sessions, hidden rows
SELECT ts_stat('SELECT to_tsvector(s) FROM sales.secret')

--! what a function could give: files, settings, other sessions, hidden rows
SELECT has_table_privilege('hr.employees', 'select')

--! what a function could give: files, settings, other sessions, hidden rows
SELECT obj_description('hr.employees'::regclass)

--! what a function could give: files, settings, other sessions, hidden rows
SELECT to_regclass('hr.employees')

--! what a function could give: files, settings, other sessions, hidden rows
SELECT txid_current()

--! what a function could give: files, settings, other sessions, hidden rows
SELECT sales.peek()

--! what a function could give: files, settings, other sessions, hidden rows
SELECT peek()

--! what a function could give: files, settings, other sessions, hidden rows
SELECT sales.fx_rate('EUR', date '2024-01-01')

--! what a function could give: files, settings, other sessions, hidden rows
SELECT hr.raise_salaries()

--! what a function could give: files, settings, other sessions, hidden rows
SELECT NULL::sales.secret

--! what a function could give: files, settings, other sessions, hidden rows
SELECT '{}'::sales._secret

--! what a function could give: files, settings, other sessions, hidden rows
SELECT xml 'x'::regclass

--! what a function could give: files, settings, other sessions, hidden rows
SELECT ('x').pg_sleep

--! what a function could give: files, settings, other sessions, hidden rows
SELECT repeat('x', 1000000000)

--! what a function could give: files, settings, other sessions, hidden rows
SELECT count(*) FROM generate_series(1, 10000000000)

--! what a function could give: files, settings, other sessions, hidden rows
SELECT lpad('x', 999999999)

--! what a function could give: files, settings, other sessions, hidden rows
SELECT 1 OPERATOR(sales.<+>) 2

--! what a function could give: files, settings, other sessions, hidden rows
SELECT 1 OPERATOR(pg_catalog.<%>) 2

--! more of what functions could tell
SELECT current_user

--! more of what functions could tell
SELECT session_user

--! more of what functions could tell
SELECT inet_server_addr()

--! more of what functions could tell
SELECT pg_relation_size('hr.employees')

--! more of what functions could tell
SELECT pg_get_viewdef('sales.order_totals')

--! more of what functions could tell
SELECT * FROM pg_stat_get_activity(NULL)

--! more of what functions could tell
SELECT * FROM pg_show_all_settings()

--! more of what functions could tell
SELECT pg_catalog.pg_get_functiondef(1)

--! more of what functions could tell
SELECT pg_backend_pid()

--! more of what functions could tell
SELECT to_tsvector(16384, 'x')

--! more of what functions could tell
SELECT format_type(16384, NULL)

--! more of what functions could tell
SELECT 'x'::text::regclass

--! more of what functions could tell
SELECT information_schema._pg_expandarray(ARRAY[1])

--! more of what functions could tell
SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS x text)

--! more of what functions could tell
SELECT * FROM sales.customers TABLESAMPLE SYSTEM (10)

--! more of what functions could tell
SELECT count(c.*) FROM sales.customers c

--! more of what functions could tell
SELECT to_jsonb(q) FROM (SELECT * FROM sales.customers) AS q

--! more of what functions could tell
SELECT id FROM sales.customers c WHERE c IS NOT NULL

--! more of what functions could tell
SELECT min(c::text) FROM sales.customers c
