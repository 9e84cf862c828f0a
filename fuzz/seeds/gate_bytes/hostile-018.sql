SELECT U&"\0073sn" FROM sales.customers
