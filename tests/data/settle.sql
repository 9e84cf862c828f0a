-- The same rows in the same places: what differs is what is in them. The statistics know everything.
CLUSTER sales.customers USING customers_pkey;
CLUSTER sales.codes USING codes_pkey;
CLUSTER sales.orders USING orders_pkey;
ANALYZE;
