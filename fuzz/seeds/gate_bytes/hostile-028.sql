SELECT * FROM hr.payroll_2024
