SELECT v.n, v.word FROM (VALUES (1, 'one'), (2, 'two')) AS v(n, word) WHERE v.n > 1
