SELECT badge FROM hr.employees
