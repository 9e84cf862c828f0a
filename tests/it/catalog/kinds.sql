-- One of every kind of thing that the catalog holds; what is loaded from it is in the snapshot beside the tests.
CREATE SCHEMA shop;
CREATE SCHEMA "Odd.Name";
CREATE EXTENSION citext SCHEMA public;

-- Types
CREATE TYPE shop.status AS ENUM ('new', 'paid');
ALTER TYPE shop.status ADD VALUE 'seen' BEFORE 'paid';
CREATE DOMAIN shop.plain AS text;
CREATE DOMAIN shop.positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN shop.required AS integer NOT NULL;
CREATE FUNCTION shop.is_fine(text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 <> ''''';
CREATE DOMAIN shop.checked AS text CHECK (shop.is_fine(VALUE));
CREATE TYPE shop.amount AS (value numeric, currency shop.plain);
CREATE TYPE shop.risky AS (value shop.checked);
CREATE TYPE shop.span AS RANGE (subtype = float8);

-- Casts: one that is applied unasked, one to json, one that has to be asked for, one between built-in types.
CREATE TYPE shop.colour AS ENUM ('red');
CREATE FUNCTION shop.to_text(shop.colour) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT ''x''::text';
CREATE CAST (shop.colour AS text) WITH FUNCTION shop.to_text(shop.colour) AS ASSIGNMENT;
CREATE TYPE shop.shape AS ENUM ('round');
CREATE FUNCTION shop.to_json(shop.shape) RETURNS json IMMUTABLE LANGUAGE sql AS 'SELECT ''1''::json';
CREATE CAST (shop.shape AS json) WITH FUNCTION shop.to_json(shop.shape);
CREATE TYPE shop.taste AS ENUM ('sweet');
CREATE FUNCTION shop.to_bytes(shop.taste) RETURNS bytea IMMUTABLE LANGUAGE sql AS 'SELECT ''x''::bytea';
CREATE CAST (shop.taste AS bytea) WITH FUNCTION shop.to_bytes(shop.taste);
CREATE FUNCTION shop.to_uuid(macaddr) RETURNS uuid IMMUTABLE LANGUAGE sql AS 'SELECT md5($1::text)::uuid';
CREATE CAST (macaddr AS uuid) WITH FUNCTION shop.to_uuid(macaddr) AS IMPLICIT;
CREATE FUNCTION shop.point_hash(point) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT 1';
CREATE OPERATOR CLASS shop.point_ops DEFAULT FOR TYPE point USING hash
    AS OPERATOR 1 ~= (point, point), FUNCTION 1 shop.point_hash(point);

-- Functions and operators
CREATE FUNCTION shop.twice(n integer, times integer DEFAULT 2) RETURNS integer LANGUAGE sql AS 'SELECT n * times';
CREATE FUNCTION shop.all_of(VARIADIC parts text[]) RETURNS text LANGUAGE sql AS 'SELECT parts[1]';
CREATE FUNCTION shop.pairs(IN n integer, OUT a integer, OUT b text) RETURNS SETOF record
    LANGUAGE sql AS 'SELECT 1, ''x''::text';
CREATE FUNCTION shop.nameless(OUT integer, OUT text) LANGUAGE sql AS 'SELECT 1, ''x''::text';
CREATE FUNCTION shop.listed(n integer) RETURNS TABLE (one integer) LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION shop.noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE PROCEDURE shop.tidy() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE shop.total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
CREATE AGGREGATE shop.middle(float8 ORDER BY float8) (
    SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_cont_float8_final, FINALFUNC_EXTRA = false);
CREATE OPERATOR shop.=== (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq);
CREATE OPERATOR shop.@@@ (RIGHTARG = integer, FUNCTION = int4abs);

-- Tables
CREATE TABLE shop.customers (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gone integer,
    email public.citext NOT NULL UNIQUE,
    code varchar(10) COLLATE "C",
    status shop.status DEFAULT 'new',
    seen timestamptz DEFAULT now(),
    net numeric(10, 2) DEFAULT 1.5,
    tags text[],
    doubled numeric GENERATED ALWAYS AS (net * 2) STORED
);
ALTER TABLE shop.customers DROP COLUMN gone;
COMMENT ON TABLE shop.customers IS 'Who buys';
COMMENT ON COLUMN shop.customers.code IS 'Ours';
INSERT INTO shop.customers (email) SELECT n::text FROM generate_series(1, 40) AS n;
ANALYZE shop.customers;

CREATE TABLE shop.defaults (
    serial serial,
    foreign_sequence bigint DEFAULT nextval('shop.defaults_serial_seq'),
    own_function boolean DEFAULT shop.is_fine('x'),
    own_operator boolean DEFAULT 1 OPERATOR(shop.===) 1,
    sleeps text DEFAULT pg_sleep(0)::text,
    checks shop.checked DEFAULT 'x'::text,
    by_name bigint DEFAULT nextval('shop.' || 'defaults_serial_seq')
);
CREATE SEQUENCE shop.numbers;
CREATE TABLE shop.others_sequence (
    own_and_foreign bigint DEFAULT nextval('shop.numbers'),
    own_and_computed serial
);
ALTER TABLE shop.others_sequence ALTER own_and_computed
    SET DEFAULT nextval('shop.others_sequence_own_and_computed_seq') + nextval('shop.' || 'numbers');

CREATE TABLE "Odd.Name"."Ta ble" ("Col.umn" integer, "Col umn" integer);
CREATE TABLE shop.empty ();

-- Keys
CREATE TABLE shop.keys (
    a integer,
    b integer,
    c integer,
    d integer,
    CONSTRAINT late PRIMARY KEY (b, a) DEFERRABLE,
    CONSTRAINT wide UNIQUE (c) INCLUDE (d),
    CONSTRAINT two UNIQUE (b, c)
);
CREATE UNIQUE INDEX plain_index ON shop.keys (d, c);
CREATE UNIQUE INDEX partial_index ON shop.keys (a) WHERE b > 0;
CREATE UNIQUE INDEX expression_index ON shop.keys (abs(a));
CREATE TABLE shop.orders (
    id integer PRIMARY KEY,
    customer integer CONSTRAINT nothing REFERENCES shop.customers,
    payer integer CONSTRAINT cascade REFERENCES shop.customers ON DELETE CASCADE ON UPDATE SET NULL,
    b integer,
    a integer,
    CONSTRAINT pair FOREIGN KEY (a, b) REFERENCES shop.keys (c, b) ON DELETE RESTRICT ON UPDATE SET DEFAULT
);

-- What writing runs
CREATE TABLE shop.checked_row (a text CHECK (shop.is_fine(a)));
CREATE TABLE shop.checked_fine (a text CHECK (a <> ''));
CREATE TABLE shop.checked_index (a text);
CREATE INDEX ON shop.checked_index (shop.is_fine(a));
CREATE TABLE shop.checked_predicate (a text);
CREATE INDEX ON shop.checked_predicate (a) WHERE shop.is_fine(a);
CREATE TABLE shop.checked_partition (a text) PARTITION BY LIST (shop.is_fine(a));
CREATE TRIGGER off BEFORE INSERT ON shop.checked_row FOR EACH ROW EXECUTE FUNCTION shop.noted();
ALTER TABLE shop.checked_row DISABLE TRIGGER off;
CREATE TRIGGER replica BEFORE INSERT ON shop.checked_row FOR EACH ROW EXECUTE FUNCTION shop.noted();
ALTER TABLE shop.checked_row ENABLE REPLICA TRIGGER replica;
CREATE TRIGGER always AFTER INSERT ON shop.checked_row FOR EACH ROW EXECUTE FUNCTION shop.noted();
ALTER TABLE shop.checked_row ENABLE ALWAYS TRIGGER always;
CREATE TRIGGER tidies BEFORE UPDATE ON shop.checked_row
    FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE RULE shout AS ON INSERT TO shop.checked_fine DO ALSO NOTIFY someone;
ALTER TABLE shop.checked_fine ENABLE ROW LEVEL SECURITY;

-- Trees
CREATE TABLE shop.events (id bigserial, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE shop.events_2024 PARTITION OF shop.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE shop.events_2025 PARTITION OF shop.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TRIGGER noted AFTER INSERT ON shop.events FOR EACH ROW EXECUTE FUNCTION shop.noted();
CREATE TABLE shop.base (a integer);
CREATE TABLE shop.middle (b integer) INHERITS (shop.base);
CREATE TABLE shop.other (a integer);
CREATE TABLE shop.leaf (c integer) INHERITS (shop.middle, shop.other);

-- Views
CREATE VIEW shop.names AS SELECT id, lower(email::text) AS email FROM shop.customers WHERE id % 2 = 0;
CREATE VIEW shop.over_names AS SELECT count(*), shop.total(id) FROM shop.names GROUP BY email HAVING sum(id) > 1;
CREATE VIEW shop.hidden AS SELECT relname, pg_sleep(0)::text AS s FROM pg_class WHERE 1 OPERATOR(shop.===) 1;
CREATE VIEW shop.casts AS SELECT code::shop.checked AS c, ARRAY[code]::shop.checked[] AS d FROM shop.customers;
CREATE VIEW shop.ranked AS SELECT rank() OVER (ORDER BY id), (a, b) < (1, 2) AS less
    FROM shop.orders TABLESAMPLE bernoulli (50) ORDER BY customer;
CREATE MATERIALIZED VIEW shop.kept AS SELECT id FROM shop.orders;
CREATE UNIQUE INDEX kept_key ON shop.kept (id);
CREATE TRIGGER instead INSTEAD OF INSERT ON shop.names FOR EACH ROW EXECUTE FUNCTION shop.noted();

-- Elsewhere
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE shop.remote (id integer OPTIONS (x 'y')) SERVER nowhere;
