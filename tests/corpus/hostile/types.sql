--# User-defined types, casts, domains, operators, and lists of column definitions.

--! whether a hidden table exists, by converting its name
SELECT 'hr.employees'::regclass

--! a function's number by its name, for functions that call by number
SELECT CAST('pg_sleep' AS regproc)

--! the same conversion as a typed literal
SELECT regclass 'hr.employees'

--! a name of a table by trying numbers
SELECT 16384::regclass::text

--! whether a hidden table's row type exists
SELECT NULL::hr.employees

--! an array of a filtered table's rows, to take fields from
SELECT '{}'::sales.customers[]

--! whether a role exists, by converting its name
SELECT 'postgres'::regrole

--! a denied table's row type in a list of columns
SELECT x.a FROM json_to_record('{"a": {}}') AS x(a sales.secret)

--! a filtered table's row type in a list of columns, whose fields are the hidden ones
SELECT x.a FROM json_to_record('{"a": {}}') AS x(a sales.customers)

--! the conversion of a name inside of a document's field
SELECT x.a FROM json_to_record('{"a": "sales.secret"}') AS x(a regclass)

--! an array of a hidden table's rows in a list of columns
SELECT x.a FROM json_to_record('{"a": []}') AS x(a hr.employees[])

--! a user's function that reads the denied table, with a list of columns
SELECT * FROM sales.peek() AS x(s text)

--! hidden columns through JSON into columns that have their names
SELECT x.ssn, x FROM sales.customers c, jsonb_to_record(to_jsonb(c)) AS x(id int, ssn text, tenant_id int, email text)

--! the hidden column of the table, beside a made-up one of its name
SELECT c.ssn FROM sales.customers c, jsonb_to_record(to_jsonb(c)) AS x(ssn text)

--# Conversions that run somebody's code or look something up.

--! the same, of a column's values one by one
SELECT CAST(name AS sales.nosy) FROM sales.regions

--! the same in an array of the domain
SELECT ARRAY['x']::sales.nosy[], '{x}'::sales._nosy

--! the same in a list of columns, where the type's input does it
SELECT n.a FROM json_to_record('{"a": "x"}') AS n(a sales.nosy)

--! the same in rows of many
SELECT count(*) FROM jsonb_to_recordset('[{"a": "x"}]') AS n(a sales.nosy[])

--! the same in XML's columns
SELECT x.a FROM XMLTABLE('/a' PASSING xmlparse(CONTENT '<a>x</a>') COLUMNS a sales.nosy PATH '.') AS x

--! the same in a JSON document's columns
SELECT j.a FROM JSON_TABLE('[{"a": "x"}]', '$[*]' COLUMNS (a sales.nosy PATH '$.a')) AS j

--! the same in the result of a JSON constructor
SELECT JSON_VALUE('{"a": "x"}', '$.a' RETURNING sales.nosy)

--! the same as a recursive query's column, whose type the first term gives
WITH RECURSIVE r (n) AS (SELECT 'x'::sales.nosy UNION ALL SELECT n FROM r WHERE false) SELECT n FROM r

--! the same by the type of a set operation
SELECT NULL::sales.nosy UNION SELECT 'x'

--! the same by the common type of VALUES
VALUES ('x'::text), (NULL::sales.nosy)

--! the same by the common type of CASE
SELECT CASE WHEN code = 'eu' THEN code ELSE NULL::sales.nosy END FROM sales.regions

--! the same by what a comparison would coerce to
SELECT code FROM sales.regions WHERE code = ANY ('{eu}'::sales.nosy[])

--! the same by a parameter of the type
SELECT $1::sales.nosy

--! the user's cast of a row to text, by name
SELECT CAST(ROW('x')::sales.evil AS text)

--! the user's cast of a row to text, without being asked for, in a concatenation
SELECT ROW('x')::sales.evil || 'y'

--! the user's cast on assignment, in a written column
INSERT INTO scratch.notes (author, body) VALUES ('a', ROW('x')::sales.evil)

--! the same on assignment of a subquery's column
INSERT INTO scratch.notes (author, body) SELECT 'a', e FROM (SELECT '(x)'::sales.evil AS e) AS q

--! the same on assignment in SET
UPDATE scratch.notes SET body = '(x)'::sales.evil WHERE id = 1

--! the same on assignment in MERGE
MERGE INTO scratch.notes AS n USING (SELECT 1 AS id, '(x)'::sales.evil AS e) AS s ON n.id = s.id WHEN MATCHED THEN UPDATE SET body = s.e

--! the same in an array, whose elements are cast each
SELECT ARRAY['(x)'::sales.evil]::text[]

--! the same by the type's array
SELECT ('{"(x)"}'::sales.evil[])::varchar[]

--! the same by an aggregate of texts
SELECT string_agg('(x)'::sales.evil, ',') FROM sales.regions

--! the same by what formats any value
SELECT format('%s', '(x)'::sales.evil), concat('(x)'::sales.evil), quote_literal('(x)'::sales.evil)

--! the same by JSON, which asks a cast to json only
SELECT to_json('(x)'::sales.evil), jsonb_build_array('(x)'::sales.evil)

--! a row of a hidden type, as a list of columns
SELECT * FROM json_populate_record(NULL::hr.employees, '{"name": "x"}')

--! rows of a hidden type
SELECT e.salary FROM jsonb_populate_recordset(NULL::hr.employees, '[{"salary": 1}]') AS e

--! whether a hidden type has a field
SELECT (NULL::hr.employees).salary

--! whether a denied table's row has so many fields
SELECT ROW(1, 'a', 1, '{}', '{}')::sales.secret

--! the type of a hidden table's array inside another cast
SELECT '{}'::text::hr.employees[]::text

--! the row type of a filtered table, read from what one wrote oneself
SELECT (('(1,2,x)'::text)::sales.customers).ssn

--! the row type of a partition, whose columns stand in another order
SELECT ROW(1, 's', ROW('a', 'b'), 'n')::sales.visits::sales.visits_1

--! a child's row as its parent's
SELECT NULL::sales.old_shops::sales.shops

--! a composite with two fields from a record
SELECT (ROW('a', 'b')::sales.place).zip, ROW('a', 'b')::sales.place = ROW('a', 'c')::sales.place

--! a composite's field set by a constructor of an array
SELECT (ARRAY[ROW('a', 'b')::sales.place])[1].street

--! a composite by its text
SELECT '(a,b)'::sales.place, CAST('(a)' AS sales.place)

--! a composite's column written out and read again
SELECT v.at::text::sales.place FROM sales.visits v

--! columns of a type by reference to a hidden column
SELECT 'x'::sales.customers.ssn%TYPE

--! a list of columns whose type is a hidden column's
SELECT * FROM json_to_record('{"a": 1}') AS x(a hr.employees.salary%TYPE)

--! a set of a type
SELECT 'x'::SETOF text

--! a pseudotype
SELECT 'x'::record, 'x'::anyelement, 'x'::trigger

--! a pseudotype that is text underneath
SELECT 'x'::cstring, 'x'::unknown::text

--! a pseudotype in a list of columns
SELECT * FROM json_to_record('{"a": 1}') AS x(a anyarray)

--! an internal pointer
SELECT 1::internal, NULL::internal

--! a node tree of one's own
SELECT '({CONST :consttype 25})'::pg_node_tree::text

--! statistics of one's own in an internal format
SELECT 'x'::pg_ndistinct, '\x00'::pg_mcv_list

--! an access list with roles' names looked up
SELECT '{postgres=r/postgres}'::aclitem[], aclcontains('{}'::aclitem[], 'wicket=r/postgres'::aclitem)

--! a large name of a type that truncates
SELECT 'x'::"char", 'abc'::char(2), repeat('a', 70)::name

--! a transaction's number and a row's place
SELECT '3'::xid, '(0,1)'::tid, '3'::cid, '0/0'::pg_lsn, '1:1:'::txid_snapshot

--! a number as a table's name
SELECT 1259::regclass, 1259::oid::regclass::text, (1259::int8)::regclass

--! every name of a type of names
SELECT 'int4'::regtype, 'simple'::regdictionary, 'english'::regconfig, 'pg_catalog'::regnamespace, '+(int4,int4)'::regoperator, 'sum(int4)'::regprocedure, '"C"'::regcollation

--! a name's number by the shortest way
SELECT 'hr.employees'::regclass::oid

--! a name's existence, by an error of CASE
SELECT CASE WHEN code = 'eu' THEN 'hr.employees'::regclass::int ELSE 0 END FROM sales.regions

--! a name from visible data
SELECT name::regclass FROM sales.regions

--! a name compared without a cast in the text
SELECT 1 WHERE 1259::regclass = 'pg_class'

--! a name found among others
SELECT 1259::regclass IN ('pg_class', 'hr.employees')

--! a name in an array
SELECT '{hr.employees,sales.secret}'::regclass[]

--! a name in a range's bound, a multirange, a composite
SELECT ROW('hr.employees'::regclass)::text, int4range(1, 'hr.employees'::regclass::oid::int4)

--! a name in a JSON document that is read as numbers of tables
SELECT x.a FROM jsonb_to_recordset('[{"a": "hr.employees"}]') AS x(a regclass[])

--! a name implicitly, in the argument of a function that takes a table's number
SELECT to_tsvector('hr.hidden'::regconfig, 'x')

--! the type of what is hidden
SELECT pg_typeof(c), pg_typeof((c).region), pg_typeof(c.loyalty)::text FROM sales.customers c

--! the type's name by number
SELECT format_type(n, -1) FROM generate_series(16384, 16500) AS n

--! what could be cast, without an error
SELECT pg_input_is_valid('hr.employees', 'regclass'), pg_input_error_info('x', 'sales.nosy')

--# Operators and what stands behind them.

--! a user's operator without its schema, first in the search path
SELECT 1 <+> 2

--! the same for every element
SELECT 1 OPERATOR(sales.<+>) ANY (ARRAY[1])

--! the same for a subquery
SELECT id OPERATOR(sales.<+>) ALL (SELECT id FROM sales.customers) FROM sales.orders

--! the same for rows of one and of two
SELECT (1, 2) OPERATOR(sales.<+>) (1, 2)

--! the same as a prefix
SELECT OPERATOR(sales.<+>) 1

--! the same with the schema in quotes and blanks
SELECT 1 OPERATOR ( "sales" . <+> ) 2 FROM sales.regions

--! a condition that is cheaper than the filter and raises what it sees
SELECT id FROM sales.customers WHERE name OPERATOR(sales.===) 'x'

--! the same in a join with a filtered table
SELECT a.id FROM sales.customers a JOIN sales.orders b ON a.name OPERATOR(sales.===) b.comment

--! the same without its schema
SELECT id FROM sales.customers WHERE name === 'x'

--! the same by the function behind it
SELECT id FROM sales.customers WHERE leaks(name, 'x')

--! the same by its schema, in HAVING
SELECT region FROM sales.customers GROUP BY region HAVING bool_or(sales.leaks(region, name)) FROM sales.customers

--! the same as a sort order
SELECT name FROM sales.customers ORDER BY name USING OPERATOR(sales.===)

--! the same as a sort order of an aggregate
SELECT array_agg(name ORDER BY name USING >) FROM sales.customers

--! an operator of a schema that isn't there, and one of three parts
SELECT 1 OPERATOR(nowhere.+) 2, 1 OPERATOR(sample.pg_catalog.+) 2

--! a builtin operator by its schema over masked and filtered columns
SELECT id, phone OPERATOR(pg_catalog.||) code FROM sales.customers JOIN sales.codes USING (id)

--! a regular expression that fails on a value that is hidden
SELECT id FROM sales.codes WHERE 'x' ~ code

--! operators of patterns, by their internal names
SELECT id FROM sales.customers WHERE phone ~~ '%a%' OR phone !~~* 'b%' OR phone ^@ 'c'

--! operators of byte order
SELECT max(phone) FROM sales.customers WHERE phone ~<~ 'm' AND phone ~>=~ 'a'

--! operators of rows as stored
SELECT a.id FROM sales.customers a JOIN sales.customers b ON a *= b

--! operators of rows as stored, in order
SELECT id FROM sales.customers c WHERE c *< ROW(5)::sales.customers

--! rows as stored, of what is shown of two partitioned tables
SELECT v *<> w FROM sales.visits v, sales.visits w

--! an operator class in ON CONFLICT
INSERT INTO scratch.notes (id, author, body) VALUES (1, 'a', 'b') ON CONFLICT (id int4_ops) DO NOTHING

--! a collation and a class in ON CONFLICT
INSERT INTO scratch.notes (id, author, body) VALUES (1, 'a', 'b') ON CONFLICT (author COLLATE "C" text_pattern_ops) DO UPDATE SET body = 'x'

--! a collation of another schema, with a function of comparison of its own
SELECT name COLLATE hr.odd FROM sales.regions

--! a collation of the catalog, over a masked column
SELECT phone COLLATE pg_catalog."C" FROM sales.customers ORDER BY phone COLLATE "POSIX", id

--! collations that conflict, whose message could name columns
SELECT 1 FROM sales.customers WHERE phone COLLATE "C" < name COLLATE "POSIX"

--! which collation a hidden column has
SELECT collation for (ssn), collation for (phone), pg_collation_for(c.email) FROM sales.customers c

--# Enums, ranges, arrays and documents.

--! labels of an enum and their order
SELECT enum_range(NULL::sales.loyalty), enum_first(NULL::sales.order_status), enum_last('new'::sales.order_status)

--! a masked enum's values, by a range from them on
SELECT enum_range(loyalty, NULL) FROM sales.customers

--! a masked enum by arithmetic on labels
SELECT array_position(enum_range(NULL::sales.loyalty), loyalty), loyalty > 'none' FROM sales.customers

--! a masked enum in a CASE with its labels
SELECT CASE loyalty WHEN 'gold' THEN 1 WHEN 'silver' THEN 2 ELSE 3 END, count(*) FROM sales.customers GROUP BY 1

--! a label that isn't there, whose error lists others
SELECT 'platinum'::sales.loyalty, 'gold'::text::sales.loyalty::text::sales.order_status

--! a masked domain's value back into the domain
SELECT email::sales.email_address, email::text::sales.email_address FROM sales.customers

--! a masked domain's check, by a value that fails it
SELECT (phone || '@')::sales.email_address FROM sales.customers

--! a masked date in a range and a set of ranges
SELECT range_agg(daterange(birth_date, birth_date, '[]')), range_merge(daterange(birth_date, NULL), 'empty') FROM sales.customers GROUP BY id ORDER BY id

--! a masked number in the bound of a range
SELECT id, numrange(credit_limit, NULL) @> 250.0, width_bucket(credit_limit, 0, 5000, 50) FROM sales.customers

--! a masked number by its scale and digits
SELECT scale(credit_limit), trim_scale(credit_limit), credit_limit % 500, min_scale(credit_limit) FROM sales.customers

--! a range that fails where a hidden value is too large
SELECT int4range(code::int, 30) FROM sales.codes

--! an array of a table's rows from a text
SELECT (('{"(1,2)"}'::text)::sales.customers[])[1].ssn

--! an array's element of two types at once
SELECT array_cat(array_agg(phone), array_agg(name)), array_agg(phone) || NULL FROM sales.customers

--! arrays of masked values, compared
SELECT array_agg(phone ORDER BY id) < array_agg(email::text ORDER BY id), array_remove(array_agg(phone), NULL) FROM sales.customers

--! an array's subscript out of a masked column
SELECT (ARRAY['a', 'b'])[ascii(phone) - 96], ('{1,2}'::int[])[length(comment)] FROM sales.customers c JOIN sales.orders o ON o.customer_id = c.id

--! a masked value as the path of a document
SELECT jsonb_path_exists('{"a": 1}', ('$.' || coalesce(left(phone, 0), '') || 'a')::jsonpath) FROM sales.customers

--! a hidden event's payload by a path that fails on it
SELECT jsonb_path_query_first(payload, 'strict $.device.type()') FROM sales.events

--! a hidden event's payload by conversion
SELECT (payload ->> 'device')::int, payload -> 'x' FROM sales.events WHERE payload ? 'device'

--! a document as a number of any table
SELECT (payload -> 'a')::int::oid::regclass FROM sales.events

--! a column list with too few and too many columns
SELECT * FROM jsonb_each('{"a": 1}') AS t(a text, b jsonb, c int)

--! a column list on what has columns already
SELECT * FROM jsonb_each_text('{"a": 1}') AS (a text, b text)

--! a column list on a table
SELECT * FROM sales.customers AS c(id int, ssn text)

--! a column list on a function of one's own rows
SELECT * FROM sales.secrets() AS t(a int, b text, c int, d jsonb, e text[])

--! a column list over a visible row, with every field
SELECT x.* FROM sales.regions r, json_to_record(row_to_json(r)) AS x(code "char", name bytea, currency bpchar)

--! a column list of a scalar function, by its whole row
SELECT t, t.a FROM unnest(ARRAY[1], ARRAY['x']) AS t(a, b)

--! a column list with collations and types with modifiers
SELECT * FROM json_to_record('{"a": "xyz", "b": 1.25}') AS x(a varchar(2) COLLATE "C", b numeric(2, 1))
