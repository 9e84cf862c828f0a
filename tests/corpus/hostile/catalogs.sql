--# PostgreSQL's own catalogs and what is known of other sessions.

--! PostgreSQL's own catalogs
SELECT * FROM pg_catalog.pg_authid

--! PostgreSQL's own catalogs
SELECT query FROM pg_stat_activity

--! PostgreSQL's own catalogs
SELECT most_common_vals FROM pg_catalog.pg_stats WHERE attname = 'ssn'

--! PostgreSQL's own catalogs
SELECT * FROM information_schema.columns WHERE column_name = 'ssn'

--! PostgreSQL's own catalogs
SELECT * FROM information_schema.tables AS t FULL JOIN information_schema.columns AS c ON true

--! PostgreSQL's own catalogs
DELETE FROM information_schema.tables

--! PostgreSQL's own catalogs
SELECT relname FROM pg_class
