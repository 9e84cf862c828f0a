SELECT e.name, m.name AS manager FROM hr.employees e LEFT OUTER JOIN hr.employees m ON m.id = e.manager_id ORDER BY e.id LIMIT 6
