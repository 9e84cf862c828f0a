SELECT a.id, b.id FROM hr.employees a JOIN hr.employees b ON b.hired_on > a.hired_on AND b.id = a.id + 1 ORDER BY a.id LIMIT 3
