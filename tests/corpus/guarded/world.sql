-- The guarded world: the sample database, and beside it everything that somebody who wants what is hidden would reach for.
-- Every hidden cell holds a canary, a value that stands nowhere else; the twin is the same world with other canaries, and
-- with other rows where rows are hidden. `:world` is the world's name as a literal.
CREATE SCHEMA judge;
CREATE TABLE judge.canaries (canary text PRIMARY KEY);
-- Twelve consonants: no word, no number and no hexadecimal digits that anything else would print.
CREATE FUNCTION judge.canary(label text) RETURNS text LANGUAGE sql AS $$
    INSERT INTO judge.canaries SELECT translate(substr(md5(label || :world), 1, 12), '0123456789abcdef', 'bcdfghjklmnpqrst')
    ON CONFLICT (canary) DO UPDATE SET canary = excluded.canary RETURNING canary
$$;
-- A number of eight digits.
CREATE FUNCTION judge.number(label text) RETURNS integer LANGUAGE sql AS $$
    INSERT INTO judge.canaries SELECT (10000000 + abs(hashtext(label || :world)::bigint) % 89999999)::text
    ON CONFLICT (canary) DO UPDATE SET canary = excluded.canary RETURNING canary::integer
$$;
-- A number below `n`; not looked for.
CREATE FUNCTION judge.small(label text, n integer) RETURNS integer LANGUAGE sql AS $$
    SELECT (abs(hashtext(label || :world)::bigint) % n)::integer
$$;

-- Masked and denied columns of rows that are shown, and rows that aren't.
UPDATE sales.customers SET
    ssn = judge.canary('ssn' || id),
    email = 'a' || judge.canary('email' || id) || '@example.com',
    phone = judge.canary('phone' || id) || '0100',
    birth_date = make_date(extract(year FROM birth_date)::int, 1 + judge.small('month' || id, 12), 1 + judge.small('day' || id, 28)),
    credit_limit = 500 * (id % 9) + 1 + judge.small('credit' || id, 240),
    loyalty = (ARRAY['none', 'silver', 'gold'])[1 + judge.small('loyalty' || id, 3)]::sales.loyalty;
UPDATE sales.customers SET name = judge.canary('name' || id) WHERE tenant_id <> 1;
INSERT INTO sales.customers
SELECT i, 2, judge.canary('more' || i), 'b' || judge.canary('mail' || i) || '@example.com', NULL, judge.canary('number' || i), 'uk',
       'gold', '1970-01-01', 77, '2023-01-01 00:00Z'
  FROM generate_series(2001, CASE :world WHEN 'one' THEN 2003 ELSE 2005 END) AS i;
UPDATE sales.orders SET comment = judge.canary('comment' || id) WHERE comment IS NOT NULL OR id % 4 = 0;
UPDATE sales.payroll_export SET gross = judge.number('gross' || employee_id);
UPDATE hr.employees SET name = judge.canary('employee' || id), title = judge.canary('title' || id), salary = judge.number('salary' || id);
UPDATE sales.events SET payload = jsonb_build_object('device', judge.canary('login' || id)) WHERE kind = 'login';

-- A denied table, and ways that lead to it.
CREATE TABLE sales.secret (id integer PRIMARY KEY, s text NOT NULL, n integer NOT NULL, j jsonb NOT NULL, a text[] NOT NULL);
INSERT INTO sales.secret
SELECT i, judge.canary('s' || i), judge.number('n' || i), jsonb_build_object('k', judge.canary('j' || i)), ARRAY[judge.canary('a' || i)]
  FROM generate_series(1, 5) AS i;
CREATE VIEW sales.over_secret AS SELECT count(*) AS secrets FROM sales.secret;             -- named by the policy
CREATE VIEW sales.all_customers AS SELECT * FROM sales.customers;                           -- not named
CREATE VIEW sales.open_view AS SELECT id, status FROM sales.orders;                         -- reads nothing hidden
CREATE MATERIALIZED VIEW sales.copied AS SELECT s FROM sales.secret;
CREATE RULE "_also" AS ON INSERT TO sales.secret DO ALSO NOTHING;
CREATE TABLE sales.points_to_secret (id integer PRIMARY KEY, secret_id integer REFERENCES sales.secret, note text);
INSERT INTO sales.points_to_secret VALUES (1, 1, 'first'), (2, NULL, 'second');

-- Filtered rows that no cast survives where they are hidden in one of the worlds only.
CREATE TABLE sales.codes (
    id integer PRIMARY KEY, tenant_id integer NOT NULL, code text NOT NULL, divisor integer NOT NULL, happened_at timestamptz NOT NULL
);
CREATE INDEX codes_code ON sales.codes (code);
INSERT INTO sales.codes
SELECT i, 1 + i % 2,
       CASE WHEN i % 2 = 0 THEN (i * 7 % 50)::text WHEN :world = 'one' THEN i::text ELSE judge.canary('code' || i) END,
       CASE WHEN i % 2 = 0 OR :world = 'one' THEN i ELSE 0 END,
       timestamptz '2024-01-01 00:00Z' + i * interval '1 hour'
  FROM generate_series(1, 60) AS i;

-- A partitioned table whose columns stand in another order in its partition, inheritance, columns with the names of functions.
CREATE TYPE sales.place AS (street text, zip text);
CREATE TABLE sales.visits (gone int, id int PRIMARY KEY, ssn text, at sales.place, note text) PARTITION BY RANGE (id);
CREATE TABLE sales.visits_1 (note text, ssn text, gone int, id int NOT NULL, at sales.place);
ALTER TABLE sales.visits ATTACH PARTITION sales.visits_1 FOR VALUES FROM (0) TO (100);
ALTER TABLE sales.visits DROP COLUMN gone;
INSERT INTO sales.visits SELECT i, judge.canary('visit' || i), ROW('street ' || i, 'zip')::sales.place, 'note ' || i FROM generate_series(1, 4) AS i;
CREATE TABLE sales.shops (id int PRIMARY KEY, ssn text, name text);
CREATE TABLE sales.old_shops (closed date) INHERITS (sales.shops);
INSERT INTO sales.shops VALUES (1, judge.canary('shop'), 'new');
INSERT INTO sales.old_shops VALUES (2, judge.canary('old shop'), 'old', '2020-01-01');
CREATE TABLE sales.odd (id int PRIMARY KEY, lower text, row_to_json text, r text, "coalesce" text, "a""b" text, "SSN" text, ssn text);
INSERT INTO sales.odd VALUES (1, 'l', 'rj', 'r', 'co', 'ab', 'upper', judge.canary('odd'));
CREATE TABLE sales.customer (id int PRIMARY KEY, ssn text);
INSERT INTO sales.customer VALUES (1, judge.canary('nearly the same name'));
CREATE TABLE hr."Odd Name" (id int, s text);
INSERT INTO hr."Odd Name" VALUES (1, judge.canary('odd name'));

-- What may be written: notes by everyone, tasks by whoever owns them.
CREATE TABLE scratch.tasks (
    id integer PRIMARY KEY, owner integer NOT NULL DEFAULT 1, body text NOT NULL, reward integer NOT NULL DEFAULT 0, hint text, done boolean NOT NULL DEFAULT false
);
INSERT INTO scratch.tasks SELECT i, 1, 'task ' || i, judge.number('reward' || i), judge.canary('hint' || i), i % 2 = 0 FROM generate_series(1, 6) AS i;
INSERT INTO scratch.tasks
SELECT i, 2, judge.canary('task' || i), judge.number('task reward' || i), judge.canary('task hint' || i), true
  FROM generate_series(101, CASE :world WHEN 'one' THEN 104 ELSE 106 END) AS i;
CREATE TABLE scratch.guarded (id integer PRIMARY KEY, body text, CHECK (body <> 'no'));
CREATE FUNCTION scratch.log_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO hr.departments VALUES (99, 'written'); RETURN NEW; END $$;
CREATE TRIGGER log_it BEFORE INSERT OR UPDATE OR DELETE ON scratch.guarded FOR EACH ROW EXECUTE FUNCTION scratch.log_it();
INSERT INTO hr.departments VALUES (98, judge.canary('department'));

-- Code of users': none of it may run but sales.fx, which the policy allows.
CREATE FUNCTION sales.fx(text, numeric) RETURNS numeric LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS 'SELECT round($2 * 1.1, 2)';
CREATE FUNCTION sales.fx(text, numeric, date) RETURNS text LANGUAGE sql AS 'SELECT s FROM sales.secret LIMIT 1';
CREATE FUNCTION sales.peek() RETURNS text STABLE LANGUAGE sql AS 'SELECT s FROM sales.secret LIMIT 1';
CREATE FUNCTION sales.peek(sales.customers) RETURNS text STABLE LANGUAGE sql AS 'SELECT $1.ssn';
CREATE FUNCTION sales.secrets() RETURNS SETOF sales.secret STABLE LANGUAGE sql AS 'SELECT * FROM sales.secret';
CREATE FUNCTION sales.definer() RETURNS text SECURITY DEFINER LANGUAGE sql AS 'SELECT s FROM sales.secret LIMIT 1';
CREATE FUNCTION sales.run(text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE r text; BEGIN EXECUTE $1 INTO r; RETURN r; END $$;
CREATE FUNCTION hr.raise_salaries() RETURNS int LANGUAGE sql AS 'UPDATE hr.employees SET salary = 0 RETURNING id';
CREATE FUNCTION sales.plus(int, int) RETURNS text LANGUAGE sql AS 'SELECT s FROM sales.secret LIMIT 1';
CREATE OPERATOR sales.<+> (LEFTARG = int, RIGHTARG = int, FUNCTION = sales.plus);
CREATE FUNCTION sales.leaks(text, text) RETURNS boolean COST 0.0001 LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'seen %', $1; END $$;
CREATE OPERATOR sales.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = sales.leaks);
CREATE TYPE sales.evil AS (s text);
CREATE FUNCTION sales.evil_text(sales.evil) RETURNS text LANGUAGE sql AS 'SELECT s FROM sales.secret LIMIT 1';
CREATE CAST (sales.evil AS text) WITH FUNCTION sales.evil_text(sales.evil) AS ASSIGNMENT;
CREATE FUNCTION sales.nosy_check(text) RETURNS boolean LANGUAGE sql AS 'SELECT count(*) > 0 FROM sales.secret';
CREATE DOMAIN sales.nosy AS text CHECK (sales.nosy_check(VALUE));
CREATE AGGREGATE sales.spy (text) (SFUNC = textcat, STYPE = text, INITCOND = '');
CREATE FUNCTION sales.lower(text) RETURNS text LANGUAGE sql AS 'SELECT s FROM sales.secret LIMIT 1';
CREATE SEQUENCE sales.counter;
CREATE TEXT SEARCH CONFIGURATION hr.hidden (COPY = pg_catalog.english);
CREATE EXTENSION IF NOT EXISTS dblink SCHEMA public;
CREATE EXTENSION IF NOT EXISTS tablefunc SCHEMA public;

-- Elsewhere in the server.
SELECT lo_from_bytea(4242, convert_to(judge.canary('large object'), 'UTF8'));
COMMENT ON TABLE sales.secret IS 'a denied table';
COMMENT ON COLUMN sales.customers.ssn IS 'a denied column';
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET app.secret = %L', current_database(), judge.canary('setting')); END $$;
CLUSTER sales.customers USING customers_pkey;
CLUSTER sales.orders USING orders_pkey;
CLUSTER sales.codes USING codes_pkey;
ANALYZE;
