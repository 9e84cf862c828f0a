SELECT 1 AS one, 'two' AS two, NULL AS nothing, true AS yes, 1.50 AS price, -7 AS minus
