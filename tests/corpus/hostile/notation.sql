--# A function called as if it were a column, a column as if it were a function, and types as if they were functions.

--! a user's function of the row, written as its column
SELECT c.peek FROM sales.customers c

--! what a function reads of the whole row, as a field in parentheses
SELECT (c).peek FROM sales.customers c

--! the same as a call, which hands the whole row with what is hidden over
SELECT peek(c) FROM sales.customers c

--! the same by its schema with the whole row in its longest name
SELECT sales.peek(sales.customers) FROM sales.customers

--! the same with every column by the star
SELECT sales.peek(c.*) FROM sales.customers c

--! the same in WHERE, as a column of nobody
SELECT id FROM sales.customers c WHERE c.peek > ''

--! the same as a sort key
SELECT id FROM sales.customers ORDER BY customers.peek

--! the same of a subquery's row, which has another type
SELECT peek(q) FROM (SELECT * FROM sales.customers) q

--! the same of a row that is cast to the table's type
SELECT (ROW(1, 1, 'n', 'a@b', 'p', 's', 'eu', 'gold', NULL, 0, now())::sales.customers).peek

--! the same of NULL of the table's type
SELECT (NULL::sales.customers).peek, peek(NULL::sales.customers)

--! a hidden column as a function with a schema
SELECT sales.ssn(c) FROM sales.customers c

--! a hidden column as a function of an outer row
SELECT (SELECT ssn(c)) FROM sales.customers c

--! a hidden column as a function in FROM
SELECT s FROM sales.customers c, LATERAL ssn(c) AS s

--! a hidden column as a function in a grouping
SELECT count(*) FROM sales.customers c GROUP BY ssn(c)

--! a hidden column as a function in an aggregate
SELECT max(ssn(c)), min(ssn(c.*)) FROM sales.customers c

--! a hidden column as a function in RETURNING of its own table
UPDATE scratch.tasks t SET done = true WHERE id = 1 RETURNING reward(t)

--! the hidden column of a row in an excluded row
INSERT INTO scratch.tasks (id, body) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET body = hint(excluded)

--! a masked column as a function, past its mask
SELECT email(c), phone(c) FROM sales.customers c

--! a visible column as a function, which PostgreSQL takes too
SELECT region(c) FROM sales.customers c

--! a visible column as a function of a field of a subquery
SELECT name((SELECT r FROM sales.regions r LIMIT 1))

--! a column of an array's element
SELECT ssn((array_agg(c))[1]) FROM sales.customers c

--! a column of what a function returns
SELECT ssn(json_populate_record(NULL::sales.customers, '{}'))

--! a field of a denied table's rows from a function
SELECT s(sales.secrets()), (secrets()).s

--! system columns as functions of the row
SELECT ctid(c), xmin(c), tableoid(c) FROM sales.customers c

--! system columns as fields of the row
SELECT (c).ctid, (c).tableoid FROM sales.customers c

--! an attribute of a function of FROM, written as a call
SELECT key(e), value(e) FROM jsonb_each('{"a": 1}') AS e

--! a builtin as an attribute of a text
SELECT r.name.upper FROM sales.regions r

--! a builtin as an attribute of a text in parentheses
SELECT (r.name).upper FROM sales.regions r

--! a dangerous builtin as an attribute of a typed literal
SELECT ('PG_VERSION'::text).pg_read_file

--! a dangerous builtin as an attribute of a column
SELECT code.pg_ls_dir FROM sales.regions

--! a dangerous builtin as an attribute of a column with its table
SELECT (regions.code).current_setting FROM sales.regions

--! a dangerous builtin as an attribute of a number
SELECT (10).pg_sleep, (1.5::float8).pg_sleep

--! a dangerous builtin as an attribute of a subquery
SELECT (SELECT 'PG_VERSION'::text).pg_read_file

--! a dangerous builtin as an attribute of a subquery's column
SELECT q.f.pg_read_file FROM (SELECT 'PG_VERSION'::text AS f) q

--! a dangerous builtin as an attribute of a row of one
SELECT q.pg_read_file FROM (SELECT 'PG_VERSION'::text) q

--! a dangerous builtin as an attribute of a function's scalar
SELECT f.pg_read_file FROM concat('PG', '_VERSION') AS f

--! a function of a scalar in FROM, whose name is its row and its value
SELECT upper(f), f.upper, (f).upper FROM lower('X') AS f

--! a text of the whole row, as an attribute
SELECT c.text FROM sales.customers c

--! a name of the whole row, as an attribute
SELECT c.name.name, (c).name.text FROM sales.customers c

--! a cast of the row, as a function of the type's name
SELECT text(c), varchar(c) FROM sales.customers c

--! JSON of the whole row, as an attribute of a subquery
SELECT q.to_json FROM (SELECT * FROM sales.customers) AS q

--! the number of rows, as an attribute
SELECT c.count, (c).count FROM sales.customers c GROUP BY c

--! one attribute after another on what a function gives
SELECT ((c.to_jsonb).jsonb_pretty) FROM sales.customers c

--! a column with a function's name and a function, at once
SELECT lower(o), o.lower, lower(o.lower) FROM sales.odd o

--! the same where the name is a function of rows
SELECT row_to_json(o), (o).row_to_json, row_to_json FROM sales.odd o

--! the same where the name is a keyword of expressions
SELECT o."coalesce", "coalesce"(o), coalesce(o."coalesce") FROM sales.odd o

--! the same where the name has a quote in it
SELECT "a""b"(o), (o)."a""b" FROM sales.odd o

--! a hidden name beside a shown one that differs in case
SELECT "SSN"(o), "ssn"(o), (o)."SSN" FROM sales.odd o

--! an alias that is a function's name
SELECT max.max, max(max.max) FROM (SELECT 1 AS max) AS max GROUP BY max.max

--! an alias that is the hidden column's name, as argument of itself
SELECT ssn(ssn) FROM sales.visits AS ssn

--! a conversion as a function, of a name to the number of a table
SELECT regclass('hr.employees'), regproc('pg_sleep')

--! a conversion as a function with the catalog's schema
SELECT pg_catalog.regclass('hr.employees'::text)

--! a conversion as an attribute
SELECT ('hr.employees'::text).regclass, (1259).regclass

--! a typed literal of a table's name in the catalog's schema
SELECT pg_catalog.regclass 'hr.employees'

--! a typed literal of a quoted type
SELECT "regclass" 'hr.employees', "pg_catalog"."regtype" 'hr.employees'

--! a typed literal of every kind of name
SELECT regproc 'pg_sleep', regprocedure 'sales.peek()', regoper 'sales.<+>', regoperator 'sales.<+>(int,int)', regnamespace 'hr', regrole 'wicket', regconfig 'hr.hidden', regdictionary 'simple', regcollation '"C"'

--! a typed literal of a table's row
SELECT sales.customers '(1,1,n,a@b,p,s,eu,gold,,0,2024-01-01)'

--! a typed literal with a modifier
SELECT numeric(3, 1) '12.34', varchar(2) 'abc', bit(3) '101', interval(0) '1.5 seconds'

--! a typed literal by a type's internal name with a length
SELECT bpchar(2) 'abc', pg_catalog.varchar(2) 'abc', "char" 'abc'

--! conversions as functions, that PostgreSQL takes for casts
SELECT text(1), name('x'), int4('1'), float8(1), bool(1), date('2024-01-01'), numeric(1)

--! conversions as functions where they need a cast that isn't there
SELECT jsonb('{}'), inet('::1'), uuid('00000000-0000-0000-0000-000000000000'), sales.loyalty('gold')

--! a conversion to a user's enum with the label of a hidden value
SELECT sales.loyalty(c.loyalty), loyalty(loyalty) FROM sales.customers c

--! a conversion of a user's row by the user's cast, as a function
SELECT text(ROW('x')::sales.evil)

--! the same as an attribute
SELECT (ROW('x')::sales.evil).text

--! the function behind the user's cast, as an attribute
SELECT (ROW('x')::sales.evil).evil_text

--! a user's function of text as an attribute of a visible column
SELECT r.name.run FROM sales.regions r

--! a user's function of text as an attribute of a text with SQL
SELECT ('SELECT s FROM sales.secret LIMIT 1'::text).run

--! a user's function with the builtin's name as an attribute
SELECT (name).lower FROM sales.regions

--! a user's function as an attribute in a join's condition
SELECT 1 FROM sales.customers a JOIN sales.customers b ON a.peek = b.peek

--! a function behind a star
SELECT (peek(c)).* FROM sales.customers c

--! a field of a composite column, as a function of it
SELECT zip(v.at), street(at) FROM sales.visits v

--! a field of a composite column, as an attribute of a call
SELECT (at(v)).zip, zip(at(v)) FROM sales.visits v

--! a function behind a composite column
SELECT (v.at).to_jsonb, ((v).at).row_to_json FROM sales.visits v

--! a name of four parts that ends in a function
SELECT sample.sales.customers.peek FROM sales.customers

--! a name of three parts that ends in a hidden column
SELECT sales.customers.ssn, (sales.customers).ssn FROM sales.customers

--! a part of a name that is a whole row
SELECT sales.customers.customers FROM sales.customers

--! an attribute of a parameter's place
SELECT ($1).pg_read_file

--! an attribute of an array
SELECT (ARRAY['PG_VERSION']).pg_read_file, (ARRAY['PG_VERSION'])[1].pg_read_file

--! an attribute of CASE and of COALESCE
SELECT (CASE WHEN true THEN 'PG_VERSION'::text END).pg_read_file, (coalesce('PG_VERSION'::text)).pg_read_file

--! an attribute that ORDER BY would look up among outputs first
SELECT name AS peek FROM sales.customers c ORDER BY c.peek

--! an attribute that GROUP BY would look up among outputs
SELECT name AS peek FROM sales.customers GROUP BY peek

--! a written column's function, as an attribute of the target
UPDATE scratch.notes n SET body = n.upper WHERE n.id = 1

--! a field of a column that is set like a composite's
UPDATE scratch.notes SET body.upper = 'x' WHERE id = 1

--! a field of a column that is inserted like a composite's
INSERT INTO scratch.notes (author, body.upper) VALUES ('a', 'b')

--! a builtin as an attribute in RETURNING
DELETE FROM scratch.notes n WHERE n.id = 1 RETURNING n.to_jsonb, (n.body).upper
