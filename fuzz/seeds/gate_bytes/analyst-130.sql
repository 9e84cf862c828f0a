SELECT CASE WHEN price < 50 THEN 'cheap' WHEN price < 200 THEN 'middle' ELSE 'dear' END AS class, count(*) FROM sales.products GROUP BY 1 ORDER BY 1
