-- Rows for the tables of tests/corpus/tpch-schema.sql, so few and so mixed that each of the 22 questions finds some. The
-- same on every run and on every PostgreSQL.

CREATE FUNCTION pg_temp.draw(seed text, n integer) RETURNS integer LANGUAGE sql IMMUTABLE
    AS $$ SELECT ('x' || substr(md5(seed), 1, 7))::bit(28)::integer % n $$;

INSERT INTO tpch.region
SELECT i - 1, (ARRAY['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'])[i], 'region ' || i FROM generate_series(1, 5) AS i;

INSERT INTO tpch.nation
SELECT i - 1, name, region, 'nation ' || i
  FROM unnest(ARRAY['ALGERIA', 'ARGENTINA', 'BRAZIL', 'CANADA', 'EGYPT', 'ETHIOPIA', 'FRANCE', 'GERMANY', 'INDIA', 'INDONESIA',
                    'IRAN', 'IRAQ', 'JAPAN', 'JORDAN', 'KENYA', 'MOROCCO', 'MOZAMBIQUE', 'PERU', 'CHINA', 'ROMANIA',
                    'SAUDI ARABIA', 'VIETNAM', 'RUSSIA', 'UNITED KINGDOM', 'UNITED STATES'],
              ARRAY[0, 1, 1, 1, 4, 0, 3, 3, 2, 2, 4, 4, 2, 4, 0, 0, 0, 1, 2, 3, 4, 2, 3, 3, 1])
       WITH ORDINALITY AS n (name, region, i);

INSERT INTO tpch.supplier
SELECT i, 'Supplier#' || to_char(i, 'FM000'), 'street ' || i, i % 25, 10 + i % 25 || '-555-' || to_char(i, 'FM0000'),
       pg_temp.draw('balance' || i, 900000) / 100.0 - 500,
       CASE WHEN i % 17 = 0 THEN 'Customer says: Complaints' ELSE 'fine ' || i END
  FROM generate_series(1, 50) AS i;

INSERT INTO tpch.customer
SELECT i, 'Customer#' || to_char(i, 'FM000'), 'road ' || i, nation, 10 + nation || '-555-' || to_char(i, 'FM0000'),
       pg_temp.draw('account' || i, 900000) / 100.0 - 500,
       (ARRAY['BUILDING', 'AUTOMOBILE', 'MACHINERY'])[1 + pg_temp.draw('market' || i, 3)], 'note ' || i
  FROM (SELECT i, pg_temp.draw('land' || i, 25) AS nation FROM generate_series(1, 150) AS i) AS c;

INSERT INTO tpch.part
SELECT i, (ARRAY['forest green', 'green ivory', 'forest khaki', 'navy red'])[1 + pg_temp.draw('colour' || i, 4)],
       'Manufacturer#' || 1 + i % 5, (ARRAY['Brand#12', 'Brand#23', 'Brand#45', 'Brand#31'])[1 + pg_temp.draw('mark' || i, 4)],
       (ARRAY['ECONOMY ANODIZED STEEL', 'PROMO BURNISHED BRASS', 'MEDIUM POLISHED TIN', 'SMALL PLATED BRASS'])[1 + pg_temp.draw('type' || i, 4)],
       (ARRAY[49, 14, 23, 45, 19, 3, 15, 1, 5])[1 + pg_temp.draw('size' || i, 9)],
       (ARRAY['SM CASE', 'MED BOX', 'MED BAG', 'LG BOX'])[1 + pg_temp.draw('container' || i, 4)],
       900 + i, 'part ' || i
  FROM generate_series(1, 200) AS i;

INSERT INTO tpch.partsupp
SELECT p, 1 + (p + 13 * k) % 50, 1 + pg_temp.draw(format('stock %s %s', p, k), 999), 1 + pg_temp.draw(format('cost %s %s', p, k), 9900) / 100.0, 'x'
  FROM generate_series(1, 200) AS p, generate_series(0, 3) AS k;

INSERT INTO tpch.orders
SELECT i, 1 + 3 * pg_temp.draw('customer' || i, 50) + i % 2, (ARRAY['F', 'F', 'O', 'P'])[1 + pg_temp.draw('status' || i, 4)],
       1000 + pg_temp.draw('total' || i, 9000000) / 100.0, date '1992-01-01' + pg_temp.draw('date' || i, 2400),
       (ARRAY['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'])[1 + pg_temp.draw('priority' || i, 5)],
       'Clerk#' || i % 10, 0, CASE WHEN i % 7 = 0 THEN 'some special kind of requests' ELSE 'plain ' || i END
  FROM generate_series(1, 1500) AS i;

INSERT INTO tpch.lineitem
SELECT o.o_orderkey, l.part, 1 + (l.part + 13 * pg_temp.draw('source' || l.seed, 4)) % 50, l.line, l.quantity,
       l.quantity * (900 + l.part) / 10, pg_temp.draw('less' || l.seed, 11) / 100.0, pg_temp.draw('tax' || l.seed, 9) / 100.0,
       CASE WHEN o.o_orderdate < '1995-06-17' THEN (ARRAY['R', 'A'])[1 + pg_temp.draw('flag' || l.seed, 2)] ELSE 'N' END,
       CASE WHEN o.o_orderdate < '1995-06-17' THEN 'F' ELSE 'O' END, l.shipped, o.o_orderdate + 30 + pg_temp.draw('commit' || l.seed, 60),
       l.shipped + 1 + pg_temp.draw('receipt' || l.seed, 30), (ARRAY['DELIVER IN PERSON', 'NONE'])[1 + pg_temp.draw('instruct' || l.seed, 2)],
       (ARRAY['MAIL', 'SHIP', 'AIR', 'AIR REG', 'RAIL'])[1 + pg_temp.draw('mode' || l.seed, 5)], 'line ' || l.seed
  FROM tpch.orders AS o
 CROSS JOIN LATERAL (
        SELECT line, seed, 1 + pg_temp.draw('part' || seed, 200) AS part, o.o_orderdate + 1 + pg_temp.draw('ship' || seed, 120) AS shipped,
               CASE WHEN o.o_orderkey % 50 = 0 THEN 47 ELSE 1 + pg_temp.draw('quantity' || seed, 50) END AS quantity
          FROM (SELECT line, format('%s %s', o.o_orderkey, line) AS seed
                  FROM generate_series(1, CASE WHEN o.o_orderkey % 50 = 0 THEN 8 ELSE 1 + o.o_orderkey % 6 END) AS line) AS s) AS l;

ANALYZE;
GRANT USAGE ON SCHEMA tpch TO wicket;
GRANT SELECT ON ALL TABLES IN SCHEMA tpch TO wicket;
