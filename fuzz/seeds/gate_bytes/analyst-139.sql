SELECT trim('  x '), trim(LEADING 'x' FROM 'xxa'), trim(TRAILING FROM 'a  '), trim(BOTH 'xy' FROM 'xyaxy'), ltrim('  a'), btrim('--a--', '-')
