-- The database that the oracles ask made-up queries of: few rows, every type that the generator knows, NULLs, duplicates,
-- odd names, partitions, children, views.
CREATE SCHEMA shop;
CREATE SCHEMA "Odd Schema";
CREATE TYPE shop.mood AS ENUM ('sad', 'ok', 'Very Happy');
CREATE DOMAIN shop.email_address AS text CHECK (VALUE LIKE '%@%');

CREATE TABLE shop.people (
    id integer PRIMARY KEY,
    tenant_id integer NOT NULL,
    name text NOT NULL,
    email shop.email_address,
    region varchar(10),
    mood shop.mood,
    born date,
    score numeric(10, 2),
    rating double precision,
    tags text[],
    prefs jsonb,
    ssn text,
    active boolean,
    seen timestamptz,
    boss_id integer REFERENCES shop.people
);
INSERT INTO shop.people
SELECT i, 1 + i % 2, (ARRAY['Ada', 'bob', 'Ada', 'Eve, the 1st', 'élan', ''])[1 + i % 6], 'person' || i || '@example.com',
       (ARRAY['eu', 'us', NULL])[1 + i % 3], (ARRAY['sad', 'ok', 'Very Happy', NULL]::shop.mood[])[1 + i % 4],
       date '1980-01-31' + i * 97, CASE WHEN i % 5 > 0 THEN i * 3.25 END, i * 0.25,
       CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN '{}' ELSE ARRAY['a', 't' || i % 3, NULL] END,
       CASE i % 3 WHEN 0 THEN NULL ELSE jsonb_build_object('a', i % 4, 'b', 'x' || i % 2, 'c', ARRAY[i, 2]) END,
       '000-00-' || i, (ARRAY[true, false, NULL])[1 + i % 3], timestamptz '2024-01-01 00:00Z' + i * interval '7 hours',
       nullif(i / 4, 0)
  FROM generate_series(1, 24) AS i;
CREATE INDEX people_region ON shop.people (tenant_id, region);

CREATE TABLE shop.orders (
    id integer PRIMARY KEY,
    person_id integer NOT NULL REFERENCES shop.people,
    tenant_id integer NOT NULL,
    status shop.mood NOT NULL,
    total numeric(12, 2) NOT NULL,
    note text,
    reference uuid NOT NULL UNIQUE,
    placed timestamptz NOT NULL,
    during daterange,
    steps int4range
);
INSERT INTO shop.orders
SELECT i, 1 + i * 5 % 24, 1 + i % 2, (ARRAY['sad', 'ok', 'Very Happy']::shop.mood[])[1 + i % 3], i * 10.5,
       CASE WHEN i % 3 > 0 THEN 'note ' || i % 4 END, md5(i::text)::uuid,
       timestamptz '2024-01-01 00:00Z' + i * interval '31 hours',
       CASE WHEN i % 4 > 0 THEN daterange(date '2024-01-01' + i, date '2024-01-10' + 2 * i) END,
       CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN 'empty'::int4range ELSE int4range(i, i + 5) END
  FROM generate_series(1, 26) AS i;
CREATE INDEX orders_person ON shop.orders (person_id);

CREATE TABLE shop.items (
    order_id integer NOT NULL REFERENCES shop.orders,
    line smallint NOT NULL,
    sku text NOT NULL,
    quantity bigint NOT NULL,
    price numeric(10, 2),
    PRIMARY KEY (order_id, line)
);
INSERT INTO shop.items
SELECT 1 + i / 2, 1 + i % 2, 'sku-' || i % 7, i % 5, CASE WHEN i % 6 > 0 THEN i % 9 + 0.99 END
  FROM generate_series(0, 39) AS i;

CREATE TABLE shop.visits (
    id integer NOT NULL,
    person_id integer,
    day date NOT NULL,
    at timestamp NOT NULL,
    took interval,
    page text NOT NULL,
    clicks integer[],
    address inet,
    PRIMARY KEY (id, day)
) PARTITION BY RANGE (day);
CREATE TABLE shop.visits_2024_01 PARTITION OF shop.visits FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE shop.visits_2024_02 PARTITION OF shop.visits FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')
    PARTITION BY RANGE (id);
CREATE TABLE shop.visits_2024_02_few PARTITION OF shop.visits_2024_02 FOR VALUES FROM (0) TO (15);
CREATE TABLE shop.visits_2024_02_rest PARTITION OF shop.visits_2024_02 DEFAULT;
CREATE TABLE shop.visits_rest PARTITION OF shop.visits DEFAULT;
INSERT INTO shop.visits
SELECT i, CASE WHEN i % 7 > 0 THEN 1 + i % 24 END, date '2024-01-01' + 3 * i, timestamp '2024-01-01 08:00' + i * interval '70 hours',
       CASE WHEN i % 4 > 0 THEN i * interval '90 seconds' END, (ARRAY['home', 'cart', 'login'])[1 + i % 3],
       CASE i % 3 WHEN 0 THEN NULL ELSE ARRAY[i % 4, NULL, 2] END, ('10.0.0.' || i % 6)::inet
  FROM generate_series(1, 36) AS i;

CREATE TABLE shop.things (id integer PRIMARY KEY, label text, weight numeric(6, 2));
CREATE TABLE shop.tools (power integer, PRIMARY KEY (id)) INHERITS (shop.things);
INSERT INTO shop.things SELECT i, 'thing ' || i % 3, i * 1.5 FROM generate_series(1, 9) AS i;
INSERT INTO shop.tools SELECT i, 'tool ' || i % 2, i * 2.5, nullif(i % 4, 0) * 100 FROM generate_series(7, 15) AS i;

CREATE TABLE "Odd Schema"."Mixed Case" (
    "Id" integer PRIMARY KEY,
    "select" text,
    "a""b" integer,
    "é" jsonb NOT NULL,
    "x y" text[],
    "order" boolean
);
INSERT INTO "Odd Schema"."Mixed Case"
SELECT i, CASE WHEN i % 3 > 0 THEN 'v' || i % 5 END, nullif(i % 6, 0), jsonb_build_object('k', i, 'a', i % 3),
       ARRAY['x', i::text], i % 2 = 0
  FROM generate_series(1, 14) AS i;

CREATE TABLE shop.regions (code varchar(10) PRIMARY KEY, name text NOT NULL, currency char(3) NOT NULL);
INSERT INTO shop.regions VALUES ('eu', 'Europe', 'EUR'), ('us', 'America', 'USD'), ('ap', 'Asia', 'JPY');
CREATE TABLE shop.empty (id integer PRIMARY KEY, name text, happened timestamptz);

CREATE VIEW shop.order_lines AS
SELECT i.order_id, i.sku, i.quantity, i.price * i.quantity AS amount, r.currency::text AS currency
  FROM shop.items AS i LEFT JOIN shop.regions AS r ON r.code = 'eu';
CREATE MATERIALIZED VIEW shop.stock AS
SELECT sku, sum(quantity)::bigint AS quantity, max(price) AS price FROM shop.items GROUP BY sku;

-- What may be written, and how it was before.
CREATE SCHEMA desk;
CREATE TABLE desk.notes (
    id integer PRIMARY KEY,
    author text NOT NULL DEFAULT 'nobody',
    body text,
    done boolean DEFAULT false,
    due date,
    tags text[],
    amount numeric(10, 2) DEFAULT 1.5,
    data jsonb
);
INSERT INTO desk.notes
SELECT i, (ARRAY['Ada', 'bob', 'Eve'])[1 + i % 3], CASE WHEN i % 4 > 0 THEN 'body ' || i % 5 END, i % 2 = 0, date '2024-01-01' + i,
       CASE WHEN i % 3 > 0 THEN ARRAY['a', 't' || i] END, i * 1.25, jsonb_build_object('a', i % 3, 'b', 'x')
  FROM generate_series(1, 12) AS i;
CREATE TABLE desk.scores (id integer, who varchar(10), points bigint CHECK (points <> 5), at timestamptz, mood shop.mood, took interval);
INSERT INTO desk.scores
SELECT i % 7, 'p' || i % 4, i * 10, timestamptz '2024-01-01 00:00Z' + i * interval '5 hours', (ARRAY['sad', 'ok', NULL]::shop.mood[])[1 + i % 3],
       i * interval '1 minute'
  FROM generate_series(1, 15) AS i;
CREATE TABLE desk.events (id integer, day date DEFAULT '2024-01-09', what text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE desk.events_old PARTITION OF desk.events FOR VALUES FROM (MINVALUE) TO ('2024-02-01');
CREATE TABLE desk.events_new PARTITION OF desk.events FOR VALUES FROM ('2024-02-01') TO ('2024-04-01');
INSERT INTO desk.events SELECT i, date '2024-01-01' + 7 * i, 'event ' || i % 3 FROM generate_series(1, 10) AS i;
CREATE SCHEMA saved;
CREATE TABLE saved.notes AS TABLE desk.notes;
CREATE TABLE saved.scores AS TABLE desk.scores;
CREATE TABLE saved.events AS TABLE desk.events;

-- What no policy shows.
CREATE TABLE shop.secrets (id integer PRIMARY KEY, secret text NOT NULL);
INSERT INTO shop.secrets SELECT i, 'secret ' || i FROM generate_series(1, 5) AS i;

GRANT USAGE ON SCHEMA shop, "Odd Schema", desk, saved TO wicket;
GRANT ALL ON ALL TABLES IN SCHEMA shop, "Odd Schema", desk, saved TO wicket;
ANALYZE;
