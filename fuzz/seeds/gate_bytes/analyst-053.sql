SELECT e.name, d.name FROM hr.employees e, hr.departments d WHERE d.id = e.department_id AND d.name = 'Sales' ORDER BY e.id LIMIT 5
