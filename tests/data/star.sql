-- A star schema with rows for tests/corpus/star.sql and keys.sql: the same on every run and on every PostgreSQL.

CREATE SCHEMA star;

-- A number from 0 to n - 1, drawn by a seed.
CREATE FUNCTION pg_temp.draw(seed text, n integer) RETURNS integer LANGUAGE sql IMMUTABLE
    AS $$ SELECT ('x' || substr(md5(seed), 1, 7))::bit(28)::integer % n $$;

CREATE TABLE star.days (
    day date PRIMARY KEY, year integer NOT NULL, quarter integer NOT NULL, month integer NOT NULL, weekday integer NOT NULL,
    is_holiday boolean NOT NULL
);
INSERT INTO star.days
SELECT d::date, extract(year FROM d)::int, extract(quarter FROM d)::int, extract(month FROM d)::int,
       extract(isodow FROM d)::int, extract(doy FROM d)::int IN (1, 121, 359)
  FROM generate_series(timestamp '2022-01-01', timestamp '2023-12-31', interval '1 day') AS d;

CREATE TABLE star.categories (id integer PRIMARY KEY, parent integer, name text NOT NULL);
INSERT INTO star.categories VALUES
    (1, NULL, 'all'), (2, 1, 'home'), (3, 1, 'garden'), (4, 1, 'office'), (5, 2, 'kitchen'), (6, 2, 'bath'),
    (7, 3, 'tools'), (8, 3, 'plants'), (9, 4, 'paper'), (10, 4, 'desks'), (11, 5, 'pans'), (12, 5, 'knives');

CREATE TABLE star.stores (
    id integer PRIMARY KEY, name text NOT NULL, city text NOT NULL, country text NOT NULL, opened date NOT NULL,
    manager text NOT NULL, location point NOT NULL, settings json NOT NULL
);
INSERT INTO star.stores
SELECT i, 'Store ' || i, (ARRAY['Berlin', 'Hamburg', 'Lyon', 'Nice', 'Turin', 'Rome', 'Cork', 'Bonn'])[1 + (i - 1) % 8],
       (ARRAY['DE', 'DE', 'FR', 'FR', 'IT', 'IT', 'IE', 'DE'])[1 + (i - 1) % 8], date '2015-01-01' + i * 97,
       'manager ' || i, point(i, -i), json_build_object('open', 7 + i % 3, 'till', 20)
  FROM generate_series(1, 10) AS i;

CREATE TABLE star.products (
    id integer PRIMARY KEY, sku text NOT NULL UNIQUE, name text NOT NULL, brand text NOT NULL, category_id integer NOT NULL,
    price numeric(10, 2) NOT NULL, cost numeric(10, 2) NOT NULL, tags text[] NOT NULL, spec jsonb NOT NULL
);
INSERT INTO star.products
SELECT i, 'P' || to_char(i, 'FM000'), (ARRAY['Red', 'Blue', 'Big', 'Small'])[1 + i % 4] || ' thing ' || i,
       (ARRAY['Acme', 'Bolt', 'Crux'])[1 + pg_temp.draw('brand' || i, 3)], 6 + pg_temp.draw('category' || i, 7),
       5 + pg_temp.draw('price' || i, 9500) / 100.0, 1 + pg_temp.draw('cost' || i, 400) / 100.0,
       ARRAY['t' || i % 3, 'u' || i % 5],
       jsonb_build_object('grams', 100 + pg_temp.draw('grams' || i, 900), 'colours', jsonb_build_array('c' || i % 2, 'd'))
  FROM generate_series(1, 40) AS i;

CREATE TABLE star.customers (
    id integer PRIMARY KEY, tenant integer NOT NULL, name text NOT NULL, email text NOT NULL, segment text NOT NULL,
    joined date NOT NULL, credit integer NOT NULL, referred_by integer, card text NOT NULL, profile json NOT NULL
);
INSERT INTO star.customers
SELECT i, 1 + i % 3, (ARRAY['Ada', 'Bram', 'Chiara', 'Diego', 'Emma'])[1 + i % 5] || ' No ' || i,
       (ARRAY['ada', 'bram', 'chiara', 'diego', 'emma'])[1 + i % 5] || i || '@' || (ARRAY['example.com', 'example.org'])[1 + i % 2],
       (ARRAY['home', 'trade', 'public'])[1 + pg_temp.draw('segment' || i, 3)], date '2021-01-01' + pg_temp.draw('joined' || i, 700),
       pg_temp.draw('credit' || i, 1000), CASE WHEN i > 6 AND i % 4 > 0 THEN i - 3 * (1 + i % 2) END,
       '4000' || pg_temp.draw('card' || i, 9999), json_build_object('lang', (ARRAY['de', 'fr'])[1 + i % 2], 'n', i)
  FROM generate_series(1, 150) AS i;

CREATE TABLE star.sales (
    id bigint PRIMARY KEY, basket integer NOT NULL, day date NOT NULL, store_id integer NOT NULL, product_id integer NOT NULL,
    customer_id integer, tenant integer NOT NULL, channel text NOT NULL, quantity integer NOT NULL,
    amount numeric(10, 2) NOT NULL
);
INSERT INTO star.sales
SELECT i, basket, date '2022-01-03' + pg_temp.draw('day' || basket, 720), 1 + pg_temp.draw('store' || basket, 10), p.id,
       CASE WHEN customer % 25 > 0 THEN customer END, 1 + customer % 3,
       (ARRAY['shop', 'shop', 'online', 'phone'])[1 + pg_temp.draw('channel' || basket, 4)], quantity,
       round(quantity * p.price * (100 - pg_temp.draw('discount' || i, 20)) / 100, 2)
  FROM (SELECT i, 1 + i / 3 AS basket, 1 + pg_temp.draw('customer' || 1 + i / 3, 150) AS customer,
               1 + pg_temp.draw('quantity' || i, 5) AS quantity
          FROM generate_series(1, 3600) AS i) AS f
  JOIN star.products AS p ON p.id = 1 + pg_temp.draw('product' || i, 40);

CREATE TABLE star.returns (sale_id bigint PRIMARY KEY, day date NOT NULL, reason text);
INSERT INTO star.returns
SELECT id, day + 1 + pg_temp.draw('back' || id, 30), (ARRAY['broken', 'late', 'wrong'])[1 + pg_temp.draw('reason' || id, 3)]
  FROM star.sales WHERE pg_temp.draw('returned' || id, 9) = 0;

CREATE TABLE star.stock (
    store_id integer, product_id integer, day date, level integer NOT NULL, note text, PRIMARY KEY (store_id, product_id, day)
);
INSERT INTO star.stock
SELECT s, p, date '2023-03-01' + d, greatest(0, pg_temp.draw(format('level %s %s %s', s, p, d / 3), 12) - 3), 'n' || d
  FROM generate_series(1, 4) AS s, generate_series(1, 6) AS p, generate_series(0, 29) AS d
 WHERE pg_temp.draw(format('counted %s %s %s', s, p, d), 5) > 0;

CREATE TABLE star.visits (
    id integer PRIMARY KEY, customer_id integer NOT NULL, tenant integer NOT NULL, at timestamptz NOT NULL, page text NOT NULL, ms integer NOT NULL
);
INSERT INTO star.visits
SELECT i, c, 1 + c % 3, timestamptz '2023-05-01 08:00Z' + (i / 40) * interval '3 hours' + pg_temp.draw('at' || i, 9000) * interval '1 second',
       (ARRAY['home', 'search', 'product', 'basket', 'pay'])[1 + pg_temp.draw('page' || i, 5)], 20 + pg_temp.draw('ms' || i, 900)
  FROM (SELECT i, 1 + pg_temp.draw('visitor' || i, 30) AS c FROM generate_series(1, 1200) AS i) AS v;

CREATE TABLE star.prices (product_id integer, valid daterange, price numeric(10, 2) NOT NULL, PRIMARY KEY (product_id, valid));
INSERT INTO star.prices
SELECT id, daterange('2022-01-01', '2022-10-01'), price FROM star.products
UNION ALL SELECT id, daterange('2022-10-01', NULL), round(price * 1.07, 2) FROM star.products;

CREATE TABLE star.goals (country text, year integer, quarter integer, goal numeric NOT NULL, PRIMARY KEY (country, year, quarter));
INSERT INTO star.goals
SELECT c, y, q, 3000 + pg_temp.draw(format('goal %s %s %s', c, y, q), 20000)
  FROM unnest(ARRAY['DE', 'FR', 'ES', 'IT']) AS c, generate_series(2022, 2024) AS y, generate_series(1, 4) AS q;

CREATE VIEW star.named_stores AS SELECT id, name, country FROM star.stores;

ANALYZE;
GRANT USAGE ON SCHEMA star TO wicket;
GRANT SELECT ON ALL TABLES IN SCHEMA star TO wicket;
