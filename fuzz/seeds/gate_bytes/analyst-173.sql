SELECT g FROM generate_series(1, 10, 3) AS g ORDER BY g
