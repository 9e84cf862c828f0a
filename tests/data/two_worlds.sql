-- What both worlds have beside the sample. `codes` holds texts that are numbers where the policy shows them: in the
-- other world, the rows that it hides hold what no cast survives.
CREATE TABLE sales.codes (
    id integer PRIMARY KEY,
    tenant_id integer NOT NULL,
    code text NOT NULL,
    divisor integer NOT NULL,
    happened_at timestamptz NOT NULL
);
CREATE INDEX codes_code ON sales.codes (code);
INSERT INTO sales.codes
SELECT i, 1 + i % 2, (i * 7 % 50)::text, i, timestamptz '2024-01-01 00:00Z' + i * interval '1 hour'
  FROM generate_series(1, 80) AS i;

CREATE TABLE sales.switches (id integer PRIMARY KEY, shown boolean NOT NULL);
INSERT INTO sales.switches SELECT i, i % 3 = 0 FROM generate_series(1, 90) AS i;

GRANT SELECT ON sales.codes, sales.switches TO wicket;
