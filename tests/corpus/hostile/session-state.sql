--# What one statement could leave for the next, or read of earlier ones and of other sessions.

--! the number that somebody's last insert got
SELECT lastval()

--! a sequence's value by its name in quotes
SELECT currval('"sales"."counter"'::regclass)

--! a sequence put where the next insert fails
SELECT setval('scratch.notes_id_seq', 1, false)

--! a sequence's state, as a table
SELECT last_value, is_called FROM sales.counter

--! the name of a sequence that belongs to a column
SELECT pg_get_serial_sequence('scratch.notes', 'id')

--! a number drawn in a column's default, seen by the row that comes back
INSERT INTO scratch.notes (author, body) SELECT 'a', n::text FROM (SELECT nextval('sales.counter') AS n) AS q RETURNING id

--! the last number that a sequence gave to anybody
SELECT pg_sequence_last_value('sales.counter')

--! a bound of a sequence, which tells how many rows there were
SELECT * FROM pg_sequence_parameters('sales.counter'::regclass)

--! a function that an earlier statement left for this one
SELECT pg_temp.f(1)

--! a type that stands before PostgreSQL's own
SELECT '1'::pg_temp.int4

--! a temporary table made by the way
SELECT id INTO TEMP kept FROM sales.customers

--! a note copied to a temporary table
CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT body FROM scratch.notes

--! a write to a temporary table
INSERT INTO pg_temp.kept VALUES (1)

--! a lock that a session keeps, which another session sees
SELECT pg_try_advisory_lock(7)

--! a lock of a transaction, which tells by its time
SELECT pg_try_advisory_xact_lock(1, 2) FROM sales.customers

--! locks of the proxy's, given back
SELECT pg_advisory_unlock_all()

--! a shared lock on the number of a hidden value
SELECT count(*) FROM sales.customers WHERE pg_advisory_lock_shared(id) IS NULL

--! whoever holds locks that this session waits for
SELECT pg_blocking_pids(1)

--! the same random numbers as somebody before
SELECT setseed(0.5)

--! the same random numbers, drawn in one statement
SELECT random() FROM (SELECT setseed(0.25)) AS s

--! random numbers that a filter can't be told by
SELECT count(*) > 0 FROM generate_series(1, 10) AS g WHERE random() >= 0

--! random numbers between bounds, since PostgreSQL 17
SELECT random(1, 10) BETWEEN 1 AND 10

--! a setting that the proxy makes for row-level security
SELECT current_setting('pgwicket.tenant', true)

--! a secret setting of the database's, where it may be missing
SELECT current_setting('app.secret', true) IS NOT NULL AS set

--! a setting by way of a text that isn't a literal
SELECT current_setting(concat('app', '.', 'secret'))

--! a setting in a filter, before rows are filtered
SELECT id FROM sales.orders WHERE status::text = current_setting('app.secret', true)

--! a channel's messages
SELECT * FROM pg_listening_channels()

--! how full the queue of messages is, by which two sessions may talk
SELECT pg_notification_queue_usage()

--! a message by way of each row
SELECT pg_notify('channel', name) FROM sales.customers

--! the statements that this connection prepared for others
SELECT name, statement FROM pg_prepared_statements

--! prepared transactions as rows of a function
SELECT * FROM pg_prepared_xact()

--! the number of the transaction that runs, of which each is counted
SELECT pg_current_xact_id_if_assigned()

--! which transactions run beside this one
SELECT pg_current_snapshot(), pg_snapshot_xmin(pg_current_snapshot())

--! whether a transaction of others' has ended well
SELECT txid_status(1000)

--! when a row was committed
SELECT pg_xact_commit_timestamp('1000'::xid)

--! a snapshot that another session can take up
SELECT pg_export_snapshot()

--! where the log of the server stands, which moves when others write
SELECT pg_current_wal_lsn()

--! a mark in the server's log
SELECT pg_logical_emit_message(false, 'x', 'y')

--! a file of statistics thrown away
SELECT pg_stat_reset()

--! counts of rows that hidden tables have
SELECT pg_stat_get_live_tuples(1259)

--! how many rows other statements of this transaction read
SELECT pg_stat_get_xact_tuples_returned(1259)

--! a slot that keeps the server's log for ever
SELECT pg_create_logical_replication_slot('x', 'test_decoding')

--! a file that the server reads its settings from
SELECT pg_reload_conf(), pg_rotate_logfile()

--! another session's statement, cancelled
SELECT pg_cancel_backend(pid) FROM pg_stat_activity

--! the memory of a session, written to the log
SELECT pg_log_backend_memory_contexts(1)

--! a large object's place, moved for whoever reads next
SELECT lo_lseek(lo_open(4242, 262144), 1, 0)

--! a large object's bytes by way of a descriptor
SELECT loread(0, 100)

--! a large object that stays
SELECT lo_from_bytea(0, 'x'), lo_put(4242, 0, 'y')

--! when the settings were last read, and the server started
SELECT pg_postmaster_start_time() > '2000-01-01', pg_conf_load_time() > '2000-01-01'

--! whether the transaction's time stands still while the clock goes
SELECT now() = transaction_timestamp(), statement_timestamp() >= now(), clock_timestamp() >= now()

--! the names where unqualified ones are looked for
SELECT current_schemas(true)

--! the first schema, in the form of a function
SELECT current_schema(), current_catalog

--! the schema of temporary tables, by its number
SELECT pg_my_temp_schema(), pg_is_other_temp_schema(1)

--! the role that statements run as, in words of the standard
SELECT current_role, user

--! who logged in, by a word of PostgreSQL 16's
SELECT system_user

--! who asks from where
SELECT inet_client_addr(), inet_client_port(), inet_server_port()

--! the statement that the proxy made of this one
SELECT current_query()

--! the statement that the proxy made, in a write that keeps it
INSERT INTO scratch.notes (author, body) VALUES ('a', current_query()) RETURNING body

--! the depth of triggers, which tells whether one runs
SELECT pg_trigger_depth()

--! the size of the memory that a session has
SELECT sum(total_bytes) FROM pg_get_backend_memory_contexts()

--! what a module for statements remembers, as a function
SELECT * FROM pg_stat_statements(true)

--! a note that only this statement's own snapshot can see
WITH n AS (INSERT INTO scratch.notes (author, body) VALUES ('x', 'y') RETURNING *) SELECT count(*) FROM scratch.notes, n

--! another's change between two reads of one statement
SELECT (SELECT count(*) FROM scratch.notes) = (SELECT count(*) FROM scratch.notes) AS same

--! a date that is special to the session
SELECT 'epoch'::timestamptz, 'infinity'::date, 'now'::timestamptz > 'yesterday'::timestamptz

--! how the session writes dates, which settings change
SELECT '2024-01-02'::date::text, '1 month 2 days'::interval::text, timestamptz '2024-01-01 00:00Z'::text

--! how the session writes numbers and bytes
SELECT (0.1::float8 + 0.2::float8)::text, '\x00ff'::bytea::text, '12.5'::money::text

--! the encoding and the collation of the database
SELECT getdatabaseencoding(), pg_client_encoding()
