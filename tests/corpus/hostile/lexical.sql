--# What a parser and PostgreSQL may read differently. The text itself is the attack.

--! a second statement behind a harmless one
SELECT 1; SELECT s FROM sales.secret

--! a dropped table behind a harmless statement
SELECT 1; DROP TABLE scratch.notes

--! an empty statement, which a counter of statements may not see
SELECT 1;;

--! an end of the proxy's transaction, and a statement outside of it
COMMIT; SELECT s FROM sales.secret; BEGIN

--! what a parser drops behind END
SELECT name FROM sales.regions END; SELECT s FROM sales.secret

--! a denied table behind a semicolon at the end, which is harmless
SELECT s FROM sales.secret;

--! a quote that backslash escapes for the parser only
SELECT '\'' UNION SELECT s FROM sales.secret --'

--! a quote that backslash escapes for both
SELECT E'\'' UNION SELECT s FROM sales.secret --'

--! a comment inside a comment, which one of the two ends early
SELECT 1 /* /* */ */ UNION SELECT 1 FROM sales.secret

--! a dollar quote with a quote in it, which ends a literal for one of the two
SELECT $$'$$ || '$$ UNION SELECT s FROM sales.secret' AS text

--! a quote written as its Unicode number
SELECT U&'\0027 UNION SELECT s FROM sales.secret --'

--! a hidden column's name written by Unicode numbers
SELECT U&"\0073" FROM sales.secret

--! a national literal that goes on in another
SELECT n'a' 'b'

--! two literals in one line, which PostgreSQL doesn't join
SELECT 'a' 'b' UNION SELECT s FROM sales.secret

--! ONLY read as a table's name, and the table as its alias
SELECT s FROM only secret

--! a denied table behind ONLY
SELECT s FROM ONLY sales.secret

--! a denied table as an arm that visitors of syntax trees forget
SELECT 1 UNION ALL TABLE sales.secret

--! a denied table without a column list
TABLE sales.secret

--! a denied table by TABLE in FROM
SELECT * FROM (TABLE sales.secret) AS t

--! an alias in single quotes, which other databases take
SELECT 1 AS 'x'

--! bits and hexadecimal digits that aren't any
SELECT b'102', x'zz'

--! numbers that PostgreSQL reads as a number and an alias before 16
SELECT 0x7A69, 0b11, 1_000

--! an alias that PostgreSQL cuts to another name
SELECT code AS aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa FROM sales.regions

--! a limit that the proxy takes for an offset
SELECT code FROM sales.regions LIMIT 1, 2

--! TOP, which PostgreSQL reads as a column
SELECT TOP 1 code FROM sales.regions

--! a condition of another dialect, which PostgreSQL reads as an alias
SELECT code FROM sales.regions QUALIFY row_number() OVER () = 1

--! a second statement behind a full-width semicolon
SELECT 1； SELECT s FROM sales.secret

--! a line comment that a carriage return ends in PostgreSQL, so the union stands outside
SELECT 1 --x UNION SELECT n FROM sales.secret

--! a line comment that only a form feed seems to end
SELECT 1 -- UNION SELECT n FROM sales.secret

--! a line comment that a Unicode line separator ends for some
SELECT 1 --  UNION SELECT n FROM sales.secret

--! a line comment that a next-line character ends for some
SELECT 1 -- UNION SELECT n FROM sales.secret

--! a comment of MySQL's, whose content is executed there
SELECT 1 /*!50000 UNION SELECT n FROM sales.secret */

--! a comment of MySQL's without a version
SELECT /*! s FROM sales.secret -- */ 1

--! a hash as a comment, which is PostgreSQL's XOR
SELECT 1 # UNION SELECT n FROM sales.secret
FROM sales.secret

--! an operator that ends in a comment's beginning
SELECT 5 */* x */ 2 AS n

--! a minus before a comment, which PostgreSQL reads as a comment of two
SELECT 5---5
, (SELECT count(*) FROM sales.secret)

--! a star and a slash from an operator, which end a comment that never began
SELECT 2 */ 3

--! an operator that holds a comment's beginning
SELECT 1 +/* UNION */- 2 FROM sales.secret

--! an unfinished comment, which swallows what the proxy puts behind
SELECT id FROM sales.customers /*

--! an unfinished line comment, which swallows the proxy's limit
SELECT id FROM sales.orders --

--! a parenthesis that closes the proxy's wrapping
SELECT id FROM sales.orders) AS q UNION SELECT n FROM sales.secret --

--! a wrapping closed and a new one begun
SELECT 1) AS x, (SELECT s FROM sales.secret

--! a literal closed in an alias by a double quote
SELECT id AS "x"" FROM sales.secret --" FROM sales.orders

--! an alias with a quoted quote, which a careless emitter prints bare
SELECT code AS "a"", s FROM sales.secret --" FROM sales.regions

--! an alias of an empty name
SELECT code AS "" FROM sales.regions

--! an alias of a semicolon and a statement
SELECT code AS "; DROP TABLE scratch.notes; --" FROM sales.regions

--! an alias with a line's end and a comment in it
SELECT code AS "a
-- b
/* c" FROM sales.regions

--! an alias with a parameter's sign in it
SELECT code AS "$1" FROM sales.regions WHERE code = 'eu'

--! an alias that is what the emitter generates for itself
SELECT t1.code AS c1, t0.code AS c0 FROM sales.regions AS t1, sales.regions AS t0 ORDER BY 1, 2

--! a name of 63 bytes in characters of two, which is cut in the middle of one
SELECT code AS "äääääääääääääääääääääääääääääääää" FROM sales.regions

--! a hidden column whose name is folded as Turkish would
SELECT ſſn FROM sales.customers

--! a table whose Kelvin sign folds to k beyond ASCII
SELECT * FROM sales.Keys

--! a denied name with a zero-width space, which a filter of text doesn't find
SELECT * FROM sales.sec​ret

--! a denied name with a soft hyphen
SELECT s FROM sales.sec­ret

--! a denied name in full-width letters, for a normalising layer
SELECT * FROM sales.ｓｅｃｒｅｔ

--! a denied name with a combining mark, which a normal form removes
SELECT * FROM sales.secreẗ

--! quotes of typography, which a copying layer turns into quotes
SELECT “s” FROM sales.secret WHERE s <> ‘x’

--! a no-break space between keywords, where PostgreSQL sees a letter
SELECT s FROM sales.secret

--! an ideographic space before FROM
SELECT 1　FROM sales.secret

--! a byte order mark before the statement
﻿SELECT s FROM sales.secret

--! a right-to-left override, which shows the text in another order
SELECT name /* ‮ terces.selas MORF s */ FROM sales.regions

--! a vertical tab for a space, which PostgreSQL takes since 16 only
SELECTnFROM sales.secret

--! a tab and a form feed for spaces
SELECT	codeFROM	sales.regions

--! a literal continued in the next line, across a comment
SELECT 'a' -- '
' UNION SELECT s FROM sales.secret'

--! a literal continued in the next line
SELECT 'a'
  'b' AS ab

--! an escape literal continued by a plain one, which stays an escape literal
SELECT E'a\''
  '\' UNION SELECT s FROM sales.secret --'

--! a literal continued by an escape literal, which PostgreSQL refuses
SELECT 'a'
  E'\' UNION SELECT s FROM sales.secret --'

--! a dollar quote continued by a literal
SELECT $$a$$
  ' UNION SELECT s FROM sales.secret --'

--! a dollar quote whose tag differs in case only
SELECT $a$ $A$ UNION SELECT s FROM sales.secret $a$

--! a dollar quote inside a dollar quote
SELECT $a$ $b$ $a$, $b$ UNION SELECT s FROM sales.secret $b$

--! a dollar quote with a tag beyond ASCII
SELECT $é$ ' $é$ AS x --' UNION SELECT s FROM sales.secret

--! a dollar quote with a tag that begins with a digit, which is a parameter
SELECT $1$ UNION SELECT s FROM sales.secret $1$

--! a dollar quote right behind a name, to which the dollar belongs
SELECT code$$ FROM sales.secret$$ FROM sales.regions

--! a name with a dollar sign in it
SELECT s$ AS x FROM (SELECT 1 AS s$) AS q

--! a dollar quote without its end
SELECT $x$ UNION SELECT s FROM sales.secret

--! a literal without its end
SELECT 'x UNION SELECT s FROM sales.secret

--! a quoted name without its end
SELECT "code FROM sales.secret

--! an escape literal with an octal zero, which ends a string in C
SELECT E'x\000 UNION SELECT s FROM sales.secret'

--! an escape literal with a hexadecimal quote
SELECT E'\x27 UNION SELECT s FROM sales.secret --' AS x

--! an escape literal with an octal quote
SELECT E'\47 || s FROM sales.secret --' AS x

--! an escape literal with a quote by its Unicode number
SELECT E'\u0027 UNION SELECT s FROM sales.secret --' AS x

--! an escape literal with a long Unicode number
SELECT E'\U00000027; SELECT s FROM sales.secret --' AS x

--! an escape literal with half of a surrogate pair
SELECT E'\ud83d'

--! an escape literal with a surrogate pair
SELECT E'\ud83d\ude00' AS face, length(E'\ud83d\ude00')

--! an escape literal with bytes that aren't UTF-8
SELECT E'\xff\xfe'

--! an escape literal that ends a character of two bytes by a quote
SELECT E'\xbf\x27 UNION SELECT s FROM sales.secret --'

--! an escape literal with escapes that mean themselves
SELECT E'\q\z\%\_' LIKE E'q%'

--! a backslash at a literal's end
SELECT 'a\', ' UNION SELECT s FROM sales.secret --'

--! a pattern that escapes its wildcard by a quote
SELECT 'a%' LIKE 'a''%' ESCAPE ''''

--! a pattern whose escape is nothing
SELECT 'a\b' LIKE 'a\b' ESCAPE '' AS x

--! a Unicode literal with an escape sign of its own
SELECT U&'!0073' UESCAPE '!'

--! a quoted name by Unicode numbers with an escape sign of its own
SELECT * FROM sales.U&"!0073ecret" UESCAPE '!'

--! a Unicode literal with a space between its sign and its quote
SELECT U& 'x' FROM sales.secret

--! bits in a literal that goes on
SELECT B'10'
  '01' AS bits

--! hexadecimal bits that are a number elsewhere
SELECT X'1F' AS bits, X'' AS none

--! a number and a name without a space between
SELECT 1UNION SELECT n FROM sales.secret

--! a number with an exponent that has no digits
SELECT 1e FROM sales.secret

--! a number that ends in a point, and a name behind it
SELECT 1.FROM sales.secret

--! a number that begins with a point behind another
SELECT 1..2 FROM sales.secret

--! a parameter's number with a name behind it
SELECT $1FROM sales.secret

--! a number with two points
SELECT 1.2.3 AS x FROM sales.secret

--! an octal number, which PostgreSQL reads as decimal before 16
SELECT 010, 0o17

--! a number too large for any type but numeric, where an offset stands
SELECT code FROM sales.regions OFFSET 99999999999999999999999999

--! a number with underscores at its end
SELECT 1__0, 10_

--! a cast by two colons with a space between
SELECT '1': :int

--! a cast by three colons
SELECT '1':::int

--! an equals sign of other languages
SELECT id FROM sales.orders WHERE id == 1

--! an inequality of other languages, which is one here, too
SELECT id FROM sales.orders WHERE id != -1 AND id <>-1 AND id <= 2 ORDER BY 1

--! an operator that only lexing parts: a factorial before a comparison
SELECT 5 !=-5, 5 <>+5, 5>-5

--! an operator of minus and at sign, where PostgreSQL reads one sign
SELECT 5 @-5

--! two ampersands, which MySQL reads as AND
SELECT 1 FROM sales.orders WHERE true && false

--! two bars as OR
SELECT id FROM sales.orders WHERE false || (SELECT s > 'a' FROM sales.secret LIMIT 1)

--! names in back quotes, as MySQL writes them
SELECT `s` FROM `sales`.`secret`

--! names in brackets, as SQL Server writes them
SELECT [s] FROM sales.secret

--! a keyword in quotes, which is a table of that name
SELECT * FROM "only" secret

--! a reserved word as an alias without AS
SELECT code only FROM sales.regions

--! a reserved word as an alias with AS, which is allowed
SELECT code AS select, name AS from FROM sales.regions

--! a name of three parts, the first another database
SELECT * FROM other.sales.regions

--! a name of four parts
SELECT a.b.c.d FROM sales.regions

--! a denied name of three parts with spaces and comments between
SELECT * FROM sales /* . */ . /* x */ secret

--! a name that ends in a point
SELECT * FROM sales.

--! a function's name with a line's end before its parenthesis
SELECT pg_read_file
/* not a call */
('PG_VERSION')

--! a function's name in quotes and capitals
SELECT "PG_READ_FILE"('PG_VERSION'), PG_READ_FILE('PG_VERSION')

--! a colon parameter, as in the policy's filters
SELECT :tenant

--! a colon parameter in quotes, as psql replaces it
SELECT :'tenant', :"tenant"

--! a question mark as a parameter, which is an operator of jsonb
SELECT '{"s": 1}'::jsonb ? 's' AS x

--! a parameter without a value
SELECT $1

--! a parameter of number zero
SELECT $0

--! a parameter beyond 65535, whose number overflows the message
SELECT $65537

--! a parameter beyond what the policy's own may be numbered
SELECT $4294967297::int

--! a psql command, which a shell would run
\! id

--! a psql command behind a statement
SELECT s FROM sales.secret \gexec

--! psql's command for a COPY on the client's side
\copy sales.secret TO '/tmp/x'

--! COPY's end of data in the middle of a statement
SELECT 1
\.
SELECT s FROM sales.secret

--! another kind of delimiter, as MySQL's client takes
DELIMITER //
SELECT 1//

--! a batch separator, as SQL Server's client takes
SELECT 1
GO
SELECT s FROM sales.secret

--! only a comment, which PostgreSQL answers with nothing
/* SELECT s FROM sales.secret */

--! only semicolons
;;;

--! a hint for a planner's extension in a comment
/*+ SeqScan(secret) Set(row_security off) */ SELECT code FROM sales.regions ORDER BY 1

--! a comment that a pooler reads as a command of its own
/* SET pgbouncer.route = 'primary' */ SELECT code FROM sales.regions ORDER BY code DESC

--! trace context in a comment, which logs read
SELECT code FROM sales.regions /*traceparent='00-secret',route='%2Fadmin'*/ WHERE code = 'uk'
