--# PostgreSQL's own catalogs, the information schema, and whatever else describes what is hidden.

--! passwords' digests
SELECT * FROM pg_catalog.pg_authid

--! what other sessions ask
SELECT query FROM pg_stat_activity

--! a hidden column's most common values
SELECT most_common_vals FROM pg_catalog.pg_stats WHERE attname = 'ssn'

--! a hidden column's name and type
SELECT * FROM information_schema.columns WHERE column_name = 'ssn'

--! hidden tables, by a join that keeps what has no partner
SELECT * FROM information_schema.tables AS t FULL JOIN information_schema.columns AS c ON true

--! a write to the catalog as the proxy answers it
DELETE FROM information_schema.tables

--! names of all tables, without a schema
SELECT relname FROM pg_class

--! a column's common values before they are shown by a view
SELECT stavalues1 FROM pg_catalog.pg_statistic AS s JOIN pg_catalog.pg_class AS c ON c.oid = s.starelid

--! values of expressions of an index
SELECT histogram_bounds::text::text[] FROM pg_stats_ext_exprs

--! how many rows a hidden table has
SELECT reltuples, relpages FROM pg_class WHERE oid = 'hr.employees'::regclass

--! how many rows were written to a hidden table
SELECT n_live_tup, n_tup_ins FROM pg_stat_user_tables WHERE relname = 'secret'

--! how often a hidden index was used
SELECT idx_scan FROM pg_stat_all_indexes ORDER BY 1 DESC

--! a view's text, which names what it reads
SELECT definition FROM pg_views WHERE viewname = 'over_secret'

--! what a hidden materialized view was made of
SELECT definition, ispopulated FROM pg_matviews

--! the code of the users' functions
SELECT prosrc FROM pg_proc WHERE pronamespace = 'sales'::regnamespace

--! all settings, files among them
SELECT name, setting FROM pg_settings WHERE name LIKE 'app%'

--! the bytes of large objects
SELECT convert_from(data, 'UTF8') FROM pg_largeobject WHERE loid = 4242

--! descriptions of hidden columns
SELECT description FROM pg_description WHERE objsubid > 0

--! labels of a hidden enum
SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum

--! the bounds of partitions
SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relispartition

--! the text of constraints over hidden columns
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint

--! defaults of hidden columns
SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef

--! rules of row-level security
SELECT polname, pg_get_expr(polqual, polrelid) FROM pg_policy

--! which tables are locked by whom
SELECT relation::regclass, mode FROM pg_locks

--! roles and what they belong to
SELECT rolname, pg_has_role(oid, 'member') FROM pg_roles

--! columns that were dropped
SELECT attname FROM pg_attribute WHERE attisdropped

--! the partition of each row, by its table's number
SELECT tableoid, count(*) FROM sales.events GROUP BY tableoid

--! a table's name by its number, in a cast
SELECT tableoid::regclass::text FROM sales.visits

--! a system column in a comparison of versions
SELECT id FROM sales.customers WHERE xmin::text::bigint > 0 AND cmin = cmax

--! the physical place of shown rows, which shows the hidden between them
SELECT id, ctid FROM sales.customers ORDER BY ctid

--! the transaction that wrote a row, in a write's answer
UPDATE scratch.notes SET done = true WHERE id = 1 RETURNING xmin, ctid

--! the catalog by a search path of three parts
SELECT * FROM sample.pg_catalog.pg_tables

--! a catalog behind a name of the user's own
WITH pg_class AS (SELECT 1 AS relname) SELECT * FROM pg_class, pg_catalog.pg_class AS c

--! hidden columns in the order of all columns
SELECT column_name, ordinal_position FROM information_schema.columns WHERE table_schema = 'sales' AND table_name = 'customers' ORDER BY 2

--! hidden schemas
SELECT schema_name FROM information_schema.schemata ORDER BY 1

--! hidden tables by their number
SELECT table_schema, count(*) FROM information_schema.tables GROUP BY ROLLUP (1) ORDER BY 1

--! constraints on hidden columns
SELECT table_name, constraint_type, constraint_name FROM information_schema.table_constraints ORDER BY 1, 2, 3

--! a key that points to a denied table
SELECT k.table_name, k.column_name, r.unique_constraint_name FROM information_schema.key_column_usage AS k LEFT JOIN information_schema.referential_constraints AS r USING (constraint_schema, constraint_name) ORDER BY 1, 2, 3

--! a denied table by way of a key's other end
SELECT table_name, column_name FROM information_schema.constraint_column_usage WHERE table_name IN ('secret', 'customers') ORDER BY 1, 2

--! the text of views
SELECT view_definition FROM information_schema.views

--! rights on tables
SELECT table_name FROM information_schema.table_privileges WHERE grantee = 'PUBLIC'

--! sequences with their bounds
SELECT sequence_name, maximum_value FROM information_schema.sequences

--! domains over hidden checks
SELECT domain_name FROM information_schema.domains UNION SELECT user_defined_type_name FROM information_schema.user_defined_types

--! columns of which a hidden enum is the type
SELECT udt_schema, udt_name, table_name FROM information_schema.column_udt_usage

--! a column that the proxy doesn't answer
SELECT column_default, udt_name, character_maximum_length FROM information_schema.columns

--! hidden columns by a whole row of the catalog
SELECT to_jsonb(c) FROM information_schema.columns AS c WHERE c.column_name LIKE 's%n'

--! hidden tables by a regular expression on their names
SELECT count(*) FROM information_schema.tables WHERE table_name ~ '^(secret|payroll|copied|employees)'

--! the existence of a hidden table, by EXISTS
SELECT EXISTS (SELECT FROM information_schema.tables WHERE table_schema = 'hr'), EXISTS (SELECT FROM information_schema.columns WHERE column_name = 'salary')

--! a hidden table by the error of a division
SELECT 1 / count(*) FROM information_schema.tables WHERE table_name = 'secret'

--! the catalog joined with itself, to time or count
SELECT count(*) FROM information_schema.columns AS a, information_schema.columns AS b, information_schema.tables AS c WHERE a.table_name = b.table_name AND b.table_name = c.table_name

--! the catalog in a sample
SELECT * FROM information_schema.columns TABLESAMPLE SYSTEM (100)

--! a lock on the catalog
SELECT table_name FROM information_schema.tables FOR UPDATE

--! a plan of a read of the catalog
EXPLAIN SELECT table_name FROM information_schema.tables

--! the catalog with only part of its name in quotes
SELECT table_name FROM "INFORMATION_SCHEMA".tables

--! what a column is called to PostgreSQL, by its place
SELECT pg_typeof(c), col_description(1, 1) FROM sales.customers AS c

--! how many bytes a hidden column takes in a row
SELECT pg_column_size(c) FROM sales.customers AS c

--! how a masked value is stored
SELECT pg_column_compression(email), pg_column_toast_chunk_id(email) FROM sales.customers

--! a type's name by its number
SELECT oid::regtype FROM pg_type WHERE typname = 'secret'

--! whether hidden columns may be read
SELECT has_column_privilege('sales.customers', 'ssn', 'select'), has_any_column_privilege('sales.secret', 'select')

--! whether a hidden schema is there
SELECT has_schema_privilege('hr', 'usage'), to_regnamespace('hr')

--! the name of the object behind a number
SELECT (pg_identify_object(1259, 1259, 0)).identity, pg_describe_object(1259, 1259, 0)

--! the number of the object behind a name
SELECT pg_get_object_address('table', '{sales,secret}', '{}')

--! files of hidden tables
SELECT pg_relation_filepath('sales.secret'), pg_relation_filenode('sales.secret')

--! a hidden table's size, by three ways
SELECT pg_table_size('sales.secret'), pg_total_relation_size('sales.secret'), pg_indexes_size('sales.secret')

--! the database's size, which hidden rows make
SELECT pg_size_pretty(pg_database_size(current_database()))

--! partitions and their parents
SELECT * FROM pg_partition_tree('sales.events')

--! a table's parent
SELECT pg_partition_root('sales.visits_1'), pg_partition_ancestors('sales.visits_1')

--! an index's text, with its conditions
SELECT pg_get_indexdef(indexrelid) FROM pg_index

--! a trigger's text
SELECT pg_get_triggerdef(oid) FROM pg_trigger

--! a function's arguments
SELECT pg_get_function_arguments(1), pg_get_function_result(1)

--! the operators that there are
SELECT oprname FROM pg_operator WHERE oprnamespace <> 11

--! files of the server's directory
SELECT * FROM pg_ls_waldir()

--! the server's log
SELECT pg_current_logfile()

--! the server's control file
SELECT system_identifier FROM pg_control_system()

--! the state of the replicas
SELECT client_addr FROM pg_stat_replication UNION ALL SELECT NULL FROM pg_stat_wal_receiver

--! what the server has in its shared memory
SELECT name FROM pg_shmem_allocations

--! how a statement advances, with its tables
SELECT relid::regclass FROM pg_stat_progress_analyze

--! input and output by kind, since PostgreSQL 16
SELECT sum(reads) FROM pg_stat_io

--! certificates of connections
SELECT ssl, client_dn FROM pg_stat_ssl JOIN pg_stat_gssapi USING (pid)

--! keywords of the language, which are harmless and yet PostgreSQL's
SELECT word FROM pg_get_keywords() WHERE catcode = 'R'

--! names of time zones, which the server reads from files
SELECT count(*) > 0 FROM pg_timezone_names

--! the server's version in words and as a number
SELECT length(version()) > 0, current_setting('server_version_num')
