--# What a parser and PostgreSQL may read differently. The text itself is the attack.

--! several statements in one
SELECT 1; SELECT s FROM sales.secret

--! several statements in one
SELECT 1; DROP TABLE scratch.notes

--! several statements in one
SELECT 1;;

--! several statements in one
COMMIT; SELECT s FROM sales.secret; BEGIN

--! several statements in one
SELECT name FROM sales.regions END; SELECT s FROM sales.secret

--! several statements in one
SELECT s FROM sales.secret;

--! what a parser and PostgreSQL may read differently
SELECT '\'' UNION SELECT s FROM sales.secret --'

--! what a parser and PostgreSQL may read differently
SELECT E'\'' UNION SELECT s FROM sales.secret --'

--! what a parser and PostgreSQL may read differently
SELECT 1 /* /* */ */ UNION SELECT 1 FROM sales.secret

--! what a parser and PostgreSQL may read differently
SELECT $$'$$ || '$$ UNION SELECT s FROM sales.secret' AS text

--! what a parser and PostgreSQL may read differently
SELECT U&'\0027 UNION SELECT s FROM sales.secret --'

--! what a parser and PostgreSQL may read differently
SELECT U&"\0073" FROM sales.secret

--! what a parser and PostgreSQL may read differently
SELECT n'a' 'b'

--! what a parser and PostgreSQL may read differently
SELECT 'a' 'b' UNION SELECT s FROM sales.secret

--! what a parser and PostgreSQL may read differently
SELECT s FROM only secret

--! what a parser and PostgreSQL may read differently
SELECT s FROM ONLY sales.secret

--! what a parser and PostgreSQL may read differently
SELECT 1 UNION ALL TABLE sales.secret

--! what a parser and PostgreSQL may read differently
TABLE sales.secret

--! what a parser and PostgreSQL may read differently
SELECT * FROM (TABLE sales.secret) AS t

--! what a parser and PostgreSQL may read differently
SELECT 1 AS 'x'

--! what a parser and PostgreSQL may read differently
SELECT b'102', x'zz'

--! what a parser and PostgreSQL may read differently
SELECT 0x7A69, 0b11, 1_000

--! what a parser and PostgreSQL may read differently
SELECT code AS aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa FROM sales.regions

--! what a parser and PostgreSQL may read differently
SELECT code FROM sales.regions LIMIT 1, 2

--! what a parser and PostgreSQL may read differently
SELECT TOP 1 code FROM sales.regions

--! what a parser and PostgreSQL may read differently
SELECT code FROM sales.regions QUALIFY row_number() OVER () = 1
