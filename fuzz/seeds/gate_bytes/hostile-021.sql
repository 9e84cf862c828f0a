SELECT $$a$$, $x$ ' $x$ , 'it''s'
