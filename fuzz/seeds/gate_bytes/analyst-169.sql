SELECT int4range(1, 5) * int4range(3, 9), int4range(1, 5) && int4range(5, 9), daterange('2024-01-01', '2024-02-01') -|- daterange('2024-02-01', NULL)
