COPY sales.customers TO '/tmp/x'
