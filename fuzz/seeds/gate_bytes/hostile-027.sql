SELECT secret FROM hr.customers
