SELECT abs(-3), ceil(1.2), floor(1.8), round(2.567, 1), trunc(2.9), mod(7, 3), power(2, 10), sqrt(16.0), sign(-2), ln(1.0), exp(0.0), div(7, 2), gcd(12, 18), width_bucket(5, 0, 10, 5)
