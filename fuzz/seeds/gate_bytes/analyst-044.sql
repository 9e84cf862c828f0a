SELECT count(*) FROM sales.regions, hr.departments
