WITH x(a, b) AS (SELECT 1, 'one') SELECT b, a FROM x
