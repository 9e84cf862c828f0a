WITH RECURSIVE walk(id) AS (SELECT 40 UNION SELECT e.manager_id FROM hr.employees e JOIN walk w ON e.id = w.id WHERE e.manager_id IS NOT NULL) SELECT id FROM walk ORDER BY id
