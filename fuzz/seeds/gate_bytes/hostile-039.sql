SELECT 'sales.customers'::regclass
