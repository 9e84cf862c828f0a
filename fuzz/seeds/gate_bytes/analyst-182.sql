SELECT 9007199254740993::bigint, 1e400::numeric, 'NaN'::float8, 'infinity'::timestamptz, '\xdeadbeef'::bytea, 3.4028235e38::real, 0.1::float8 + 0.2
