SELECT * INTO x FROM sales.customers
