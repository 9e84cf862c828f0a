--# Functions in every position and spelling: those that read, write, wait, run SQL, or give away the server.

--! the host's accounts, from a file that the server can read
SELECT pg_read_file('/etc/passwd')

--! names of files at the root of the server's host
SELECT pg_catalog.pg_ls_dir('/')

--! a hidden value over another connection of the server to itself
SELECT * FROM dblink('dbname=sample', 'SELECT s FROM sales.secret') AS t (s text)

--! a search path in which other tables are meant by the same names
SELECT set_config('search_path', 'hr', false)

--! the rights of a superuser, by the function that sets a setting
SELECT set_config('role', 'postgres', true)

--! where the data directory lies, by a setting
SELECT current_setting('data_directory')

--! time: a condition's truth could be measured, and a connection is occupied
SELECT pg_sleep(10)

--! a denied table as XML, by SQL inside of a literal
SELECT query_to_xml('SELECT s FROM sales.secret', true, true, '')

--! a denied table as XML, by its name inside of a literal
SELECT table_to_xml('sales.secret', true, true, '')

--! all tables of the database as one document
SELECT database_to_xml(true, true, '')

--! the last key that the session gave out
SELECT currval('scratch.notes_id_seq')

--! a change of a sequence under the name of a query
SELECT nextval('scratch.notes_id_seq')

--! a file's contents, kept as a large object that can be read later
SELECT lo_import('/etc/passwd')

--! a lock that others wait for
SELECT pg_advisory_lock(1)

--! a message to other sessions
SELECT pg_notify('channel', 'x')

--! the end of another session
SELECT pg_terminate_backend(1)

--! words of hidden texts, by SQL inside of a literal
SELECT ts_stat('SELECT to_tsvector(s) FROM sales.secret')

--! whether a hidden table exists, by asking for a privilege
SELECT has_table_privilege('hr.employees', 'select')

--! the comment of a hidden table
SELECT obj_description('hr.employees'::regclass)

--! whether a hidden table exists, without an error
SELECT to_regclass('hr.employees')

--! a transaction number, which tells how much others write
SELECT txid_current()

--! a hidden value by a user's function without arguments
SELECT sales.peek()

--! the same function by the search path
SELECT peek()

--! whether a function of users' exists that isn't there
SELECT sales.fx_rate('EUR', date '2024-01-01')

--! a write that no statement of the kind shows
SELECT hr.raise_salaries()

--! whether the row type of a denied table exists
SELECT NULL::sales.secret

--! the array type of a denied table under its internal name
SELECT '{}'::sales._secret

--! a table's number by a literal with two types
SELECT xml 'x'::regclass

--! a function as an attribute of a literal
SELECT ('x').pg_sleep

--! a gigabyte of memory in one call
SELECT repeat('x', 1000000000)

--! the server's time by more rows than anybody reads
SELECT count(*) FROM generate_series(1, 10000000000)

--! a gigabyte of memory by filling up
SELECT lpad('x', 999999999)

--! a hidden value by a user's operator
SELECT 1 OPERATOR(sales.<+>) 2

--! an operator of an extension that isn't installed, told from one that is forbidden
SELECT 1 OPERATOR(pg_catalog.<%>) 2

--! the role under which the proxy logs in
SELECT current_user

--! the role of the session behind SET ROLE
SELECT session_user

--! the address of the server
SELECT inet_server_addr()

--! how large a hidden table is
SELECT pg_relation_size('hr.employees')

--! a view's text, which names what is behind it
SELECT pg_get_viewdef('sales.order_totals')

--! what all other sessions are asking just now
SELECT * FROM pg_stat_get_activity(NULL)

--! every setting of the server, secrets included
SELECT * FROM pg_show_all_settings()

--! the source of a user's function by its number
SELECT pg_catalog.pg_get_functiondef(1)

--! the number of the server's process, for those who could end it
SELECT pg_backend_pid()

--! a text search configuration by number, which could be a hidden one
SELECT to_tsvector(16384, 'x')

--! the name of a type by its number
SELECT format_type(16384, NULL)

--! a table's number by two conversions in a row
SELECT 'x'::text::regclass

--! a helper of information_schema, which isn't among the builtins
SELECT information_schema._pg_expandarray(ARRAY[1])

--! rows made by XML's table function
SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS x text)

--! a sample by pages, which counts hidden rows too
SELECT * FROM sales.customers TABLESAMPLE SYSTEM (10)

--! how many rows there are, hidden ones included, by counting whole rows
SELECT count(c.*) FROM sales.customers c

--! the hidden columns in a subquery's row as JSON
SELECT to_jsonb(q) FROM (SELECT * FROM sales.customers) AS q

--! rows of which a hidden column is NULL
SELECT id FROM sales.customers c WHERE c IS NOT NULL

--! the least of the rows' texts, with hidden columns in it
SELECT min(c::text) FROM sales.customers c

--# Files of the server, by every function that opens one.

--! the server's version file, read where a table stands instead of a value
SELECT * FROM pg_read_file('PG_VERSION')

--! bytes 0 to 99 of the configuration, as bytea from inside CASE
SELECT CASE WHEN true THEN pg_read_binary_file('postgresql.conf', 0, 100) END

--! the size of a file, by a field of a function's composite result
SELECT (pg_stat_file('postgresql.conf')).size

--! whether a file exists, by the argument that makes a missing one NULL
SELECT pg_stat_file(filename => '/etc/shadow', missing_ok => true) IS NULL

--! names of write-ahead files, joined like a table
SELECT r.code, w.name FROM sales.regions r CROSS JOIN pg_ls_waldir() w

--! names of log files, laterally with each row
SELECT l.name FROM sales.regions r, LATERAL pg_ls_logdir() l WHERE l.name > r.code

--! names of temporary files of one tablespace, with their numbers
SELECT * FROM pg_ls_tmpdir(1663) WITH ORDINALITY AS t(name, size, modification, n)

--! names of archive status files, in EXISTS so that only a truth comes out
SELECT EXISTS (SELECT FROM pg_ls_archive_statusdir())

--! snapshots on disk of logical decoding, as an aggregate's argument
SELECT string_agg(pg_ls_logicalsnapdir()::text, ',') FROM sales.regions

--! map files of logical decoding, counted by HAVING
SELECT 1 HAVING (SELECT count(*) FROM pg_ls_logicalmapdir()) > 0

--! what a replication slot's directory holds, sorted by it
SELECT code FROM sales.regions ORDER BY (SELECT name FROM pg_ls_replslotdir('x') LIMIT 1)

--! lines of the authentication rules with users and addresses
SELECT h.user_name, h.address FROM pg_hba_file_rules() AS h

--! mapping of system users to roles
SELECT count(*) FILTER (WHERE i.pg_username = 'postgres') FROM pg_ident_file_mappings() AS i

--! settings with the files and lines that set them
TABLE pg_show_all_file_settings

--! the same by the function behind the view, as a row
SELECT f FROM pg_show_all_file_settings() f

--! path of the file in which a denied table lies
SELECT 1 WHERE pg_relation_filepath('sales.secret') LIKE 'base/%'

--! number of that file, as a grouping key
SELECT count(*) FROM sales.regions GROUP BY pg_relation_filenode('sales.secret')

--! which relation a file belongs to, as an index of an array
SELECT (ARRAY['a', 'b'])[pg_filenode_relation(0, 1259)::int]

--! where a tablespace lies on disk
SELECT pg_tablespace_location(1663) || ''

--! which databases have things in a tablespace
SELECT ARRAY(SELECT pg_tablespace_databases(1663))

--! the same with its argument written out as VARIADIC-like array element
SELECT pg_current_logfile((ARRAY['stderr'])[1])

--! the contents of a file through the import of a large object, as a row count
SELECT id FROM sales.orders LIMIT lo_import('/etc/passwd')::bigint

--! a large object written as a file of the server
SELECT count(lo_export(4242, '/tmp/out')) FROM sales.regions

--! the large object's bytes, by a function in a window's partition
SELECT row_number() OVER (PARTITION BY lo_get(4242)) FROM sales.regions

--! six bytes of the large object, behind a comparison with a visible column
SELECT code FROM sales.regions WHERE lo_get(4242, 0, 6) = convert_to(name, 'UTF8')

--! the large object by descriptor, open, seek and read in one row
SELECT loread(lo_open(4242, 262144), 12)

--! a position in the opened large object
SELECT lo_tell(lo_open(4242, x'40000'::int)), lo_tell64(0), lo_lseek64(0, 1, 0)

--! overwrites a large object in a condition that is never needed
SELECT false AND lo_put(4242, 0, 'x') IS NULL

--! removes a large object where the planner would evaluate a constant
SELECT code FROM sales.regions ORDER BY lo_unlink(4242)

--! makes a large object of a number of one's own, as an operand
SELECT 1 + lo_create(5151)::int

--! makes a large object out of bytes as the value of a written column
INSERT INTO scratch.notes (author, body) VALUES ('a', lo_from_bytea(5152, 'x')::text)

--! cuts a large object in RETURNING
UPDATE scratch.notes SET done = true WHERE id = 1 RETURNING lo_truncate(0, 0)

--# SQL inside of values.

--! a denied table as XML, by a function of FROM
SELECT x FROM query_to_xml('TABLE sales.secret', false, false, '') AS x

--! a denied table's structure
SELECT table_to_xmlschema('sales.secret'::regclass, true, false, '')

--! table and structure in one document, in a subquery's select list
SELECT (SELECT table_to_xml_and_xmlschema(tbl => 'sales.secret', nulls => true, tableforest => true, targetns => ''))

--! everything of a schema that the policy doesn't name
SELECT left(schema_to_xml('hr', true, true, '')::text, 100)

--! the structure of that schema, tested for a name
SELECT schema_to_xmlschema('hr', true, true, '')::text LIKE '%salary%'

--! everything of the database, with its structure
SELECT length(database_to_xml_and_xmlschema(false, true, 'x')::text) > 0

--! what a query's columns are called and of which types
SELECT query_to_xmlschema('SELECT * FROM hr.employees', true, true, ''), query_to_xml_and_xmlschema('SELECT 1', true, true, '')

--! a cursor's next rows as XML
SELECT cursor_to_xml('c', 10, true, false, ''), cursor_to_xmlschema('c', true, false, '')

--! lexemes of hidden texts with their counts
SELECT s.word FROM ts_stat('SELECT to_tsvector(''simple'', s) FROM sales.secret', 'abcd') AS s (word, ndoc, nentry)

--! another connection with the proxy's rights
SELECT dblink_connect('c', 'dbname=postgres')

--! SQL on another connection, whose result is a status
SELECT dblink_exec('dbname=postgres', 'DROP TABLE x', false)

--! the same in the schema that it is installed in, sent and not waited for
SELECT public.dblink_send_query('c', 'SELECT 1'), public.dblink_get_result('c')

--! connections that were left open by name
SELECT unnest(public.dblink_get_connections())

--! a key's columns of a hidden table
SELECT k.colname FROM public.dblink_get_pkey('sales.secret') AS k

--! an INSERT with values of a hidden row, made by a helper of dblink
SELECT public.dblink_build_sql_insert('sales.secret', '1', 1, ARRAY['1'], ARRAY['2'])

--! the text of the running query, from dblink
SELECT public.dblink_current_query()

--! a pivot of a query that is a text
SELECT * FROM public.crosstab('SELECT id, id, s FROM sales.secret ORDER BY 1') AS ct (id int, a text)

--! a tree walked through a denied table by its name as a text
SELECT * FROM public.connectby('sales.secret', 's', 's', '1', 0, '~') AS t (keyid text, parent text, level int, branch text)

--! random rows for whom tablefunc isn't trusted, in a function that makes as many as asked
SELECT count(*) FROM public.normal_rand(1000, 5, 3)

--! a hidden value by a user's function that executes any text
SELECT sales.run('SELECT s FROM sales.secret LIMIT 1') FROM sales.regions GROUP BY sales.run('SELECT 1')

--! a hidden row by a function that returns rows of the denied table
SELECT s.* FROM sales.secrets() AS s

--! the same in the select list, where it makes rows
SELECT code, sales.secrets() FROM sales.regions

--! the same under a composite star
SELECT (sales.secrets()).*

--! a hidden value with the function owner's rights, in GROUPING SETS
SELECT count(*) FROM sales.regions GROUP BY GROUPING SETS ((sales.definer()), ())

--! the same in DISTINCT ON
SELECT DISTINCT ON (definer()) code FROM sales.regions

--! a user's overload with one argument more than the allowed function has
SELECT sales.fx('EUR', 1, date '2024-01-01')

--! that overload by a NULL whose type is open
SELECT sales.fx('EUR', 1, NULL)

--! that overload in the FROM clause without the schema
SELECT f FROM fx('EUR', 1.5, 'today') f

--! the allowed function with its arguments given by names that it doesn't have
SELECT sales.fx(currency => 'EUR', amount => 2)

--! the allowed function as a window function
SELECT sales.fx('EUR', 1) OVER ()

--! the allowed function with DISTINCT, as if an aggregate
SELECT sales.fx(DISTINCT 'EUR', 1)

--! the allowed function with a filter
SELECT sales.fx('EUR', 1) FILTER (WHERE true)

--! the allowed function within a group
SELECT sales.fx('EUR', 1) WITHIN GROUP (ORDER BY code) FROM sales.regions

--! the allowed function over a denied column
SELECT sales.fx(ssn, 1) FROM sales.customers

--! the allowed function over a filtered column that no cast survives
SELECT id FROM sales.codes WHERE sales.fx('x', code::numeric) > 0

--! the allowed function raised by what a mask hides
SELECT sales.fx(phone, 1 / (ascii(phone) - 42)) FROM sales.customers

--! a user's aggregate that gathers a denied column's values
SELECT spy(ssn) FROM sales.customers

--! the user's aggregate over what is visible, as a window
SELECT sales.spy(name) OVER (ORDER BY id) FROM sales.customers

--! the user's aggregate ordered inside
SELECT sales.spy(code ORDER BY name) FROM sales.regions HAVING sales.spy(code) > ''

--! a user's function that has the name of a builtin, first in the search path
SELECT lower(name) FROM sales.regions

--! the same by its schema
SELECT sales.lower(name) FROM sales.regions

--! the same in upper case and in quotes
SELECT "sales"."lower"('X'), SALES.LOWER('X')

--! code that writes salaries, in a subquery of a written value
UPDATE scratch.notes SET body = (SELECT hr.raise_salaries()::text) WHERE id = 1

--! a trigger's function called by hand
SELECT scratch.log_it()

--# The session and the server.

--! another search path for what comes later, in the default of COALESCE
SELECT coalesce(set_config('search_path', 'hr', false), '') FROM sales.regions

--! the role, in a join's condition
SELECT 1 FROM sales.regions a JOIN sales.regions b ON set_config('role', 'postgres', true) = a.code

--! a setting of the database that holds a secret, in upper case with a missing-ok flag
SELECT PG_CATALOG.CURRENT_SETTING('app.secret', TRUE)

--! row security off, from inside a window frame's order
SELECT sum(1) OVER (ORDER BY set_config('row_security', 'off', true)) FROM sales.regions

--! a reload of the configuration, inside IN
SELECT true IN (pg_reload_conf(), pg_rotate_logfile())

--! a cancel of other sessions, over every process that a number names
SELECT count(pg_cancel_backend(n)) FROM generate_series(2, 3) AS n

--! the end of other sessions, with PostgreSQL 14's second argument
SELECT pg_terminate_backend(pid => 2, timeout => 1)

--! a standby made a primary
SELECT pg_promote(wait => false)

--! replay of write-ahead log paused
SELECT pg_wal_replay_pause(), pg_wal_replay_resume(), pg_is_wal_replay_paused()

--! another write-ahead segment
SELECT pg_switch_wal() > '0/0'

--! how much is written by others, by the log's position
SELECT pg_current_wal_lsn(), pg_current_wal_insert_lsn(), pg_current_wal_flush_lsn()

--! a named restore point in the log
SELECT nullif(pg_create_restore_point('x')::text, '')

--! a base backup begun and not ended
SELECT pg_backup_start('x'), pg_backup_stop()

--! the same by its older name
SELECT pg_start_backup('x', true, false)

--! a replication slot that keeps the log forever
SELECT s.slot_name FROM pg_create_physical_replication_slot('x', true) AS s

--! changes of hidden rows by logical decoding
SELECT d.data FROM pg_logical_slot_peek_changes('x', NULL, NULL) AS d

--! the same with options as VARIADIC
SELECT * FROM pg_logical_slot_get_changes('x', NULL, NULL, 'include-xids', '0')

--! a logical slot made for that
SELECT lsn FROM pg_create_logical_replication_slot('x', 'test_decoding')

--! a replication origin of one's own
SELECT pg_replication_origin_create('x'), pg_replication_origin_session_setup('x')

--! an advisory lock that outlives the transaction, tried for each row
SELECT code FROM sales.regions WHERE pg_try_advisory_lock(length(code))

--! advisory locks of a pair, in a MERGE's condition
MERGE INTO scratch.notes AS n USING sales.regions AS r ON n.author = r.name WHEN MATCHED AND pg_try_advisory_lock(1, n.id) THEN DO NOTHING

--! time, to find out whether a condition held, in CASE on a masked column
SELECT CASE WHEN phone > 'm' THEN pg_sleep(1)::text END FROM sales.customers

--! the same until a time, in ORDER BY under a condition
SELECT id FROM sales.customers ORDER BY CASE WHEN email LIKE 'a%' THEN pg_sleep_until('tomorrow')::text END

--! the same for an interval, as a table
SELECT * FROM sales.regions, pg_sleep_for('1 second')

--! statistics erased
SELECT pg_stat_reset(), pg_stat_reset_shared('bgwriter'), pg_stat_clear_snapshot()

--! statistics of one table erased, in ON CONFLICT's condition
INSERT INTO scratch.notes (id, author, body) VALUES (1, 'a', 'b') ON CONFLICT (id) DO UPDATE SET body = 'c' WHERE pg_stat_reset_single_table_counters(1) IS NULL

--! how many rows were ever written to a denied table
SELECT pg_stat_get_tuples_inserted('sales.secret'::regclass)

--! how many live rows a filtered table has
SELECT greatest(pg_stat_get_live_tuples('sales.customers'::regclass), 0)

--! what others are asking, joined by the number of their process
SELECT a.query FROM pg_stat_get_backend_idset() AS b, pg_stat_get_activity(b) AS a

--! one other's statement, user and address, by number
SELECT pg_stat_get_backend_activity(1), pg_stat_get_backend_userid(1), pg_stat_get_backend_client_addr(1)

--! who else is connected, by their locks
SELECT l.pid, l.relation FROM pg_lock_status() AS l

--! who blocks whom
SELECT 1 = ANY (pg_blocking_pids(1) || pg_safe_snapshot_blocking_pids(1))

--! prepared statements of whoever used the connection before
SELECT p.statement FROM pg_prepared_statement() p

--! cursors of the same
SELECT c.statement FROM pg_cursor() AS c

--! prepared transactions and who prepared them
SELECT x.gid FROM pg_prepared_xact() AS x

--! which transactions run just now, by what a snapshot holds
SELECT pg_snapshot_xmax(pg_current_snapshot())

--! which transaction wrote last, and when
SELECT pg_last_committed_xact(), pg_xact_commit_timestamp('3'::xid)

--! whether a transaction of others was rolled back
SELECT txid_status(3), pg_xact_status('3'::xid8)

--! lockers of one row
SELECT * FROM pg_get_multixact_members('3')

--! the cluster's identity and state
SELECT s.system_identifier FROM pg_control_system() AS s CROSS JOIN pg_control_init() AS i

--! where the server listens and since when
SELECT inet_server_port(), pg_postmaster_start_time(), pg_conf_load_time()

--! how the server was built
SELECT c.setting FROM pg_config() AS c (name, setting)

--! the address of the proxy itself
SELECT host(inet_client_addr()), inet_client_port()

--! shared memory by names of its parts
SELECT m.name FROM pg_get_shmem_allocations() m

--! who one is, by names that need no parentheses
SELECT user, current_role, system_user

--! collations imported, which writes in a read-only transaction
SELECT pg_import_system_collations('pg_catalog')

--! pages of a hidden table, made by summing up an index
SELECT brin_summarize_new_values('sales.codes_code'), gin_clean_pending_list('sales.codes_code')

--! statistics set by hand (PostgreSQL 18)
SELECT pg_restore_relation_stats('schemaname', 'sales', 'relname', 'secret', 'reltuples', 1::real), pg_clear_attribute_stats('sales', 'secret', 's', false)

--! a sequence set back, where a table stands
SELECT s FROM setval('sales.counter', 1, false) AS s

--! the next key, by a name in a variable type
SELECT nextval(c) FROM (SELECT 'sales.counter'::text AS c) q

--! the last key that the session made
SELECT lastval() FROM sales.regions

--! what a sequence has given out to all
SELECT pg_sequence_last_value('sales.counter'::regclass) IS NULL

--# Names and definitions, one function each.

--! whether a schema exists
SELECT to_regnamespace('hr') IS NOT NULL

--! whether a function of a signature exists
SELECT to_regprocedure('hr.raise_salaries()')::text, to_regproc('hr.raise_salaries')

--! whether a type, an operator, a role exists
SELECT to_regtype('hr.employees'), to_regoper('sales.<+>'), to_regrole('wicket')

--! whether the text of a view names a denied table, by its name
SELECT position('secret' IN pg_get_viewdef('sales.over_secret', true))

--! a function's source with its result and arguments
SELECT pg_get_function_result(n), pg_get_function_arguments(n), pg_get_function_sqlbody(n) FROM generate_series(16384, 16390) AS n

--! an index's and a constraint's definition
SELECT pg_get_indexdef(16384, 1, true), pg_get_constraintdef(16384), pg_get_triggerdef(16384), pg_get_partkeydef(16384)

--! a default's expression, from a tree that one makes oneself
SELECT pg_get_expr('{CONST}', 'sales.secret'::regclass)

--! words of the language and functions of the catalog in rows
SELECT k.word FROM pg_get_keywords() AS k UNION ALL SELECT f.fktable::text FROM pg_get_catalog_foreign_keys() AS f

--! how large a denied table is, in three ways
SELECT pg_table_size('sales.secret'), pg_indexes_size('sales.secret'), pg_total_relation_size('sales.secret')

--! how large all databases are
SELECT pg_size_pretty(pg_database_size('postgres')), pg_tablespace_size('pg_default')

--! how long a masked value is inside the row
SELECT sum(pg_column_size(ssn)) FROM sales.customers

--! how large a visible value is stored, and how it is compressed
SELECT max(pg_column_size(name)), max(pg_column_compression(name)) FROM sales.customers

--! whether a schema, a database, a function, a sequence is there, by privileges
SELECT has_schema_privilege('hr', 'usage'), has_database_privilege('postgres', 'connect'), has_function_privilege('sales.peek()', 'execute'), has_sequence_privilege('sales.counter', 'usage')

--! whether one is a superuser's member
SELECT pg_has_role('pg_read_all_data', 'member'), row_security_active('sales.customers')

--! grants of a table taken apart, with grantees
SELECT a.grantee FROM aclexplode(acldefault('r', 10)) AS a

--! comments on a hidden column
SELECT col_description('sales.customers'::regclass, 6), shobj_description(10, 'pg_authid')

--! an object's name and schema by numbers
SELECT pg_describe_object(1259, n, 0), pg_identify_object(1259, n, 0) FROM generate_series(16384, 16400) n

--! a number by an object's name
SELECT (pg_get_object_address('table', '{sales,secret}', '{}')).objid

--! whether an object is in the search path, by numbers
SELECT count(*) FROM generate_series(16384, 16500) AS n WHERE pg_table_is_visible(n::oid) OR pg_type_is_visible(n::oid) OR pg_function_is_visible(n::oid)

--! who owns a number among roles
SELECT pg_get_userbyid(10)::text COLLATE "C"

--! partitions of a table and its root
SELECT p.relid FROM pg_partition_tree('sales.visits') p WHERE NOT EXISTS (SELECT FROM pg_partition_ancestors('sales.visits_1') a WHERE a.relid <> p.relid)

--! the bounds of a hash partition, by asking for each row
SELECT satisfies_hash_partition('sales.events'::regclass, 4, 0, id) FROM sales.events

--! privileges of a foreign server's options, as rows
SELECT o.option_value FROM pg_options_to_table(ARRAY['password=x']) AS o

--! whether a configuration of text search exists that is hidden
SELECT to_tsvector('hr.hidden', 'the texts'), ts_headline('hr.hidden'::regconfig, 'a', to_tsquery('a'))

--! what a dictionary makes of a word, by its name
SELECT ts_lexize('english_stem', 'stars'), ts_debug('hr.hidden', 'a b')

--! types of tokens of any parser
SELECT * FROM ts_parse('default', 'a 1') p JOIN ts_token_type('default') t USING (tokid)

--# Helpers of the machine that take what they shouldn't.

--! a function of the machine by its own name, with a row's bytes
SELECT record_in('(1,x)', 16384, -1)

--! a hidden type's input function
SELECT domain_in('x', 16384, -1), enum_in('gold', 16384), array_in('{}', 16384, -1)

--! bytes made into a row of any type
SELECT record_recv(NULL, 16384, -1), array_recv(NULL, 16384, -1)

--! a trigger's machinery by hand
SELECT "RI_FKey_check_ins"(), suppress_redundant_updates_trigger(), tsvector_update_trigger()

--! a comparison of rows by the function behind the operator
SELECT record_eq(a, b), btrecordcmp(a, b), record_image_eq(a, b) FROM sales.customers a, sales.customers b

--! estimates of rows that are hidden
SELECT eqsel(NULL, 96, NULL, 0), neqsel(NULL, 96, NULL, 0), scalarltsel(NULL, 97, NULL, 0)

--! a handler of a language, with code
SELECT plpgsql_call_handler(), plpgsql_validator(16384), fmgr_sql_validator(16384)

--! an index's access method and what it can do
SELECT bthandler(NULL), pg_indexam_has_property(403, 'can_order'), pg_index_has_property('sales.codes_code'::regclass, 'clusterable')

--! an aggregate's own steps
SELECT array_agg_transfn(NULL, 1), string_agg_transfn(NULL, 'a', 'b'), int8inc(1)

--! a binary upgrade's function, which writes catalogs
SELECT binary_upgrade_set_next_pg_type_oid(16384), binary_upgrade_set_record_init_privs(true)

--! a number range as large as one asks, by the function behind the syntax
SELECT generate_subscripts(array_fill(0, ARRAY[1000000]), 1), unnest(array_fill(0, ARRAY[1000000]))

--# Positions in which a function could be overlooked.

--! a file, as a window's offset
SELECT lag(code, length(pg_read_file('PG_VERSION'))) OVER (ORDER BY code) FROM sales.regions

--! a file, as a frame's bound
SELECT count(*) OVER (ORDER BY code ROWS BETWEEN length(pg_read_file('PG_VERSION')) PRECEDING AND CURRENT ROW) FROM sales.regions

--! a file, in a named window
SELECT rank() OVER w FROM sales.regions WINDOW w AS (PARTITION BY pg_read_file('PG_VERSION') ORDER BY code)

--! a file, as what an ordered set is ordered by
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY pg_read_file('PG_VERSION')) FROM sales.regions

--! a file, as the direct argument of an ordered set
SELECT percentile_disc(length(pg_read_file('PG_VERSION'))) WITHIN GROUP (ORDER BY code) FROM sales.regions

--! a file, where an aggregate sorts
SELECT array_agg(code ORDER BY pg_read_file('PG_VERSION')) FROM sales.regions

--! a file, in an aggregate's filter
SELECT count(*) FILTER (WHERE pg_read_file('PG_VERSION') > code) FROM sales.regions

--! a file, as a slice's bound
SELECT (ARRAY[1, 2, 3])[1:length(pg_read_file('PG_VERSION'))]

--! a file, in OFFSET
SELECT code FROM sales.regions OFFSET length(pg_read_file('PG_VERSION')) ROWS

--! a file, in FETCH with ties
SELECT code FROM sales.regions ORDER BY code FETCH FIRST (length(pg_read_file('PG_VERSION'))) ROWS WITH TIES

--! a file, in the percentage of a sample
SELECT code FROM sales.regions TABLESAMPLE BERNOULLI (length(pg_read_file('PG_VERSION')))

--! a file, in the seed of a sample
SELECT code FROM sales.regions TABLESAMPLE SYSTEM (50) REPEATABLE (length(pg_read_file('PG_VERSION')))

--! a file, in the only row of VALUES in FROM
SELECT v.a FROM (VALUES (pg_read_file('PG_VERSION'))) AS v (a)

--! a file, in several functions side by side
SELECT * FROM ROWS FROM (generate_series(1, 2), pg_ls_dir('.')) AS t (a, b)

--! a file, inside an array inside ANY
SELECT code FROM sales.regions WHERE code = ANY (ARRAY[pg_read_file('PG_VERSION')])

--! a file, in the escape of LIKE
SELECT code LIKE 'a' ESCAPE left(pg_read_file('PG_VERSION'), 1) FROM sales.regions

--! a file, as a time zone
SELECT timestamp '2024-01-01' AT TIME ZONE pg_read_file('PG_VERSION')

--! a file, in a bound of BETWEEN
SELECT code FROM sales.regions WHERE code BETWEEN pg_read_file('PG_VERSION') AND 'z'

--! a file, in the keyword syntax of substring
SELECT substring(pg_read_file('PG_VERSION') FROM 1 FOR 2), overlay('a' PLACING pg_read_file('PG_VERSION') FROM 1), trim(LEADING '1' FROM pg_read_file('PG_VERSION'))

--! a file, as the recursive term's condition
WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < length(pg_read_file('PG_VERSION'))) SELECT n FROM r

--! a file, in a CTE that nobody reads
WITH unused AS MATERIALIZED (SELECT pg_read_file('PG_VERSION')) SELECT 1

--! a file, under EXPLAIN, whose planner folds constants
EXPLAIN (VERBOSE) SELECT current_setting('app.secret')

--! a file, in a written value behind DEFAULT
INSERT INTO scratch.notes (author, body, done) VALUES ('a', pg_read_file('PG_VERSION'), DEFAULT)

--! a file, in a row of SET
UPDATE scratch.notes SET (author, body) = ROW(pg_read_file('PG_VERSION'), 'x') WHERE id = 1

--! a file, in the row of a subquery in SET
UPDATE scratch.notes SET (author, body) = (SELECT 'a', pg_read_file('PG_VERSION')) WHERE id = 1

--! a file, in what ON CONFLICT sets
INSERT INTO scratch.notes (id, author, body) VALUES (1, 'a', 'b') ON CONFLICT (id) DO UPDATE SET body = pg_read_file('PG_VERSION')

--! a file, in the expression that ON CONFLICT infers an index by
INSERT INTO scratch.notes (id, author, body) VALUES (1, 'a', 'b') ON CONFLICT (pg_read_file(author)) DO NOTHING

--! a file, in RETURNING of DELETE
DELETE FROM scratch.notes WHERE id = 1 RETURNING pg_read_file('PG_VERSION')

--! a file, in the source of MERGE
MERGE INTO scratch.notes AS n USING (SELECT pg_read_file('PG_VERSION') AS f) AS s ON n.body = s.f WHEN NOT MATCHED THEN INSERT (author, body) VALUES ('a', s.f)

--! a file, in what MERGE inserts
MERGE INTO scratch.notes AS n USING sales.regions AS r ON n.author = r.code WHEN NOT MATCHED THEN INSERT (author, body) VALUES (r.code, pg_read_file('PG_VERSION'))

--! a file, in what MERGE sets
MERGE INTO scratch.notes AS n USING sales.regions AS r ON n.author = r.code WHEN MATCHED THEN UPDATE SET body = pg_read_file('PG_VERSION')

--! a file, in the arguments of an array's constructor within a row within a comparison
SELECT (1, ARRAY[[pg_read_file('PG_VERSION')]]) < (1, NULL)

--! a file, in the simple form of CASE, as what is compared
SELECT CASE pg_read_file('PG_VERSION') WHEN '15' THEN 1 END

--! a file, in NULLIF and GREATEST, whose arguments are evaluated by nodes of their own
SELECT nullif(greatest(pg_read_file('PG_VERSION'), ''), least('a', pg_read_file('PG_VERSION')))

--! a file, in a JSON constructor
SELECT json_object('a': pg_read_file('PG_VERSION'))

--! a file, in XML's own syntax
SELECT xmlelement(name a, xmlattributes(pg_read_file('PG_VERSION') AS b), pg_read_file('PG_VERSION'))

--! a file, in an XML forest and concatenation
SELECT xmlconcat(xmlforest(pg_read_file('PG_VERSION') AS a), xmlpi(name x, pg_read_file('PG_VERSION')))

--! a file, as an external entity of a document
SELECT xml_is_well_formed(E'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'), xmlserialize(CONTENT xml '<!DOCTYPE a SYSTEM "PG_VERSION"><a/>' AS text)

--! a file, behind an entity in a path's document
SELECT xpath('/a/text()', '<!DOCTYPE a [<!ENTITY e SYSTEM "PG_VERSION">]><a>&e;</a>'::xml)

--! a file, as the document of XMLTABLE's columns with a default
SELECT * FROM XMLTABLE('/a' PASSING '<a/>'::xml COLUMNS x text DEFAULT pg_read_file('PG_VERSION'))

--! a file, by VARIADIC of an array of arguments
SELECT format('%s', VARIADIC ARRAY[pg_read_file('PG_VERSION')])

--! a file, by a name in Unicode escapes
SELECT U&"pg\005fread_file"('PG_VERSION')

--! a file, by a name of three parts
SELECT sample.pg_catalog.pg_read_file('PG_VERSION')

--! a file, by a name with a space before its parentheses and a comment within
SELECT pg_catalog . /* x */ "pg_read_file" ('PG_VERSION')

--! a function by its older call
SELECT {fn current_user()}

--! a function of an extension that the policy doesn't trust, if it is there
SELECT public.pgstattuple('sales.secret'), public.pg_relpages('sales.secret')

--! pages as bytes, by pageinspect
SELECT get_raw_page('sales.secret', 0), heap_page_items(get_raw_page('sales.secret', 'main', 0))

--! which pages of hidden tables are in memory
SELECT b.relfilenode FROM pg_buffercache_pages() AS b (bufferid int, relfilenode oid)

--! texts of others' statements
SELECT s.query FROM pg_stat_statements(true) AS s

--! files by the extension for administrators
SELECT pg_file_write('x', 'y', false), pg_file_unlink('x'), pg_logdir_ls(), pg_file_read('PG_VERSION', 0, 2)

--! a program run by a language that isn't trusted
SELECT plpython3_call_handler(), plperlu_call_handler()

--! large objects unlinked by a trigger's function of contrib
SELECT lo_manage(), autoinc(), insert_username(), refint_check()

--! documents by contrib's older XML functions, which run SQL
SELECT xpath_table('id', 's', 'sales.secret', '/a', 'true'), xslt_process('<a/>', 'file:///etc/passwd')
