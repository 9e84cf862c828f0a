SELECT e.name FROM hr.employees e WHERE e.salary > (SELECT avg(x.salary) FROM hr.employees x WHERE x.department_id = e.department_id) ORDER BY e.id LIMIT 5
