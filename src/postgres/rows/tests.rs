use std::sync::Arc;

use tokio_postgres::types::Type;

use super::*;

fn json(type_: &Type, raw: &[u8]) -> String {
    let mut sink = sink::Sink::new(usize::MAX);
    Codec::of(type_).unwrap().write_json(raw, &mut sink).unwrap();
    sink.into_json()
}

fn json_of_text(type_: &Type, text: &str) -> String {
    let mut sink = sink::Sink::new(usize::MAX);
    Codec::of(type_).unwrap().write_json_of_text(text, &mut sink).unwrap();
    sink.into_json()
}

fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

#[test]
fn integers_beyond_two_to_the_53_are_strings() {
    for (value, expected) in [
        (0_i64, "0"),
        (-9_007_199_254_740_992, "-9007199254740992"),
        (9_007_199_254_740_992, "9007199254740992"),
        (9_007_199_254_740_993, "\"9007199254740993\""),
        (i64::MIN, "\"-9223372036854775808\""),
    ] {
        assert_eq!(json(&Type::INT8, &value.to_be_bytes()), expected);
        assert_eq!(json_of_text(&Type::INT8, &value.to_string()), expected);
    }
    assert_eq!(json(&Type::OID, &u32::MAX.to_be_bytes()), "4294967295");
}

#[test]
fn floats_are_shortest_and_never_invalid_json() {
    for (value, expected) in [
        (0.0_f64, "0"),
        (-0.0, "-0"),
        (0.1, "0.1"),
        (1e15, "1e+15"),
        (123_456_789_012_345.0, "123456789012345"),
        (1e-4, "0.0001"),
        (1e-5, "1e-05"),
        (1.5e300, "1.5e+300"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::NAN, "\"NaN\""),
        (f64::NEG_INFINITY, "\"-Infinity\""),
    ] {
        assert_eq!(json(&Type::FLOAT8, &value.to_be_bytes()), expected);
    }
    assert_eq!(json(&Type::FLOAT4, &1_234_567.0_f32.to_be_bytes()), "1.234567e+06");
    assert_eq!(json(&Type::FLOAT4, &0.1_f32.to_be_bytes()), "0.1");
}

#[test]
fn numerics_keep_their_scale() {
    // ndigits, weight, sign, dscale, digits
    for (raw, expected) in [
        ("0000 0000 0000 0000", "\"0\""),
        ("0000 0000 0000 0002", "\"0.00\""),
        ("0001 0000 4000 0000 0001", "\"-1\""),
        ("0002 0001 0000 0000 0001 0002", "\"10002\""),
        ("0001 0001 0000 0003 0001", "\"10000.000\""),
        ("0001 ffff 0000 0003 04ce", "\"0.123\""),
        ("0001 fffe 0000 0006 0064", "\"0.000001\""),
        ("0000 0000 c000 0000", "\"NaN\""),
        ("0000 0000 d000 0020", "\"Infinity\""),
        ("0000 0000 f000 0020", "\"-Infinity\""),
    ] {
        assert_eq!(json(&Type::NUMERIC, &hex(raw)), expected, "{raw}");
    }
}

#[test]
fn dates_and_times_are_iso_in_utc() {
    for (days, expected) in [
        (0, "2000-01-01"),
        (-1, "1999-12-31"),
        (59, "2000-02-29"),
        (i32::MAX, "infinity"),
        (i32::MIN, "-infinity"),
        (-730_485, "0001-01-01 BC"),
        (2_921_940, "10000-01-01"),
    ] {
        assert_eq!(json(&Type::DATE, &i32::to_be_bytes(days)), format!("\"{expected}\""));
    }
    for (micros, expected) in [
        (0_i64, "2000-01-01 00:00:00+00"),
        (-1, "1999-12-31 23:59:59.999999+00"),
        (1_500_000, "2000-01-01 00:00:01.5+00"),
        (i64::MAX, "infinity"),
    ] {
        assert_eq!(json(&Type::TIMESTAMPTZ, &micros.to_be_bytes()), format!("\"{expected}\""));
    }
    let timetz = [i64::to_be_bytes(86_400_000_000).as_slice(), &i32::to_be_bytes(-20_700)].concat();
    assert_eq!(json(&Type::TIMETZ, &timetz), "\"24:00:00+05:45\"");
}

#[test]
fn intervals_keep_months_days_and_time_apart() {
    for (micros, days, months, expected) in [
        (0_i64, 0_i32, 0_i32, "00:00:00"),
        (0, 1, 14, "1 year 2 mons 1 day"),
        (3_600_000_000, -1, 0, "-1 days +01:00:00"),
        (-500_000, 0, 1, "1 mon -00:00:00.5"),
        (0, 0, -13, "-1 years -1 mons"),
        (0, 3, -1, "-1 mons +3 days"),
        (9_007_199_254_740_993, 0, 0, "2501999:47:34.740993"),
    ] {
        let raw = [micros.to_be_bytes().as_slice(), &days.to_be_bytes(), &months.to_be_bytes()].concat();
        assert_eq!(json(&Type::INTERVAL, &raw), format!("\"{expected}\""));
    }
}

#[test]
fn addresses_look_as_postgresql_prints_them() {
    for (raw, expected) in [
        ("02 20 00 04 01020304", "1.2.3.4"),
        ("02 18 00 04 01020300", "1.2.3.0/24"),
        ("03 80 00 10 00000000000000000000000000000001", "::1"),
        ("03 80 00 10 00000000000000000000000000000000", "::"),
        ("03 80 00 10 00000000000000000000ffff01020304", "::ffff:1.2.3.4"),
        ("03 80 00 10 20010db8000000000001000000000001", "2001:db8::1:0:0:1"),
        ("03 40 00 10 20010db8000100020003000400050006", "2001:db8:1:2:3:4:5:6/64"),
    ] {
        assert_eq!(json(&Type::INET, &hex(raw)), format!("\"{expected}\""));
    }
    assert_eq!(json(&Type::CIDR, &hex("02 20 01 04 01020304")), "\"1.2.3.4/32\"");
    assert_eq!(json_of_text(&Type::CIDR, "1.2.3.4/32"), "\"1.2.3.4/32\"");
    assert_eq!(json_of_text(&Type::INET, "1.2.3.4/32"), "\"1.2.3.4\"");
    assert_eq!(json_of_text(&Type::INET, "::1/128"), "\"::1\"");
    assert_eq!(json_of_text(&Type::INET, "1::/32"), "\"1::/32\"");
    assert_eq!(json(&Type::MACADDR, &hex("08002b010203")), "\"08:00:2b:01:02:03\"");
}

#[test]
fn small_types() {
    assert_eq!(json(&Type::BOOL, &[1]), "true");
    assert_eq!(json_of_text(&Type::BOOL, "false"), "false");
    assert_eq!(json(&Type::BPCHAR, b"ab   "), "\"ab\"");
    assert_eq!(json(&Type::CHAR, &[0]), "\"\"");
    assert_eq!(json(&Type::CHAR, &[0xff]), "\"\\\\377\"");
    assert_eq!(json(&Type::BYTEA, &[0, 0xab]), "\"\\\\x00ab\"");
    assert_eq!(json(&Type::VARBIT, &hex("0000000a ff40")), "\"1111111101\"");
    assert_eq!(json(&Type::UUID, &hex("a0eebc999c0b4ef8bb6d6bb9bd380a11")), "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"");
    assert_eq!(json(&Type::VOID, b""), "\"\"");
    assert_eq!(json(&Type::JSONB, b"\x01{\"a\": 1}"), "{\"a\":1}");
}

#[test]
fn arrays_nest_and_keep_their_bounds() {
    let one = "00000001 00000000 00000017";
    let elements = "00000004 00000007 ffffffff";
    assert_eq!(json(&Type::INT4_ARRAY, &hex("00000000 00000000 00000017")), "[]");
    assert_eq!(json(&Type::INT4_ARRAY, &hex(&format!("{one} 00000002 00000001 {elements}"))), "[7,null]");
    assert_eq!(json(&Type::INT4_ARRAY, &hex(&format!("{one} 00000002 fffffffe {elements}"))), "\"[-2:-1]={7,NULL}\"");
    let two = "00000002 00000000 00000019 00000002 00000001 00000001 00000001 00000001 61 00000003 622c22";
    assert_eq!(json(&Type::TEXT_ARRAY, &hex(two)), "[[\"a\"],[\"b,\\\"\"]]");
    for (text, expected) in
        [("{}", "[]"), ("{7,NULL}", "[7,null]"), ("{{1,2},{3,4}}", "[[1,2],[3,4]]"), ("[0:1]={1,2}", "\"[0:1]={1,2}\"")]
    {
        assert_eq!(json_of_text(&Type::INT4_ARRAY, text), expected);
    }
    assert_eq!(json_of_text(&Type::TEXT_ARRAY, r#"{a b,"","NULL","x\"\\,}"}"#), r#"["a b","","NULL","x\"\\,}"]"#);
}

#[test]
fn malformed_values_are_errors_not_panics() {
    let types = [
        Type::BOOL,
        Type::INT4,
        Type::NUMERIC,
        Type::DATE,
        Type::TIMETZ,
        Type::INTERVAL,
        Type::UUID,
        Type::INET,
        Type::MACADDR,
        Type::VARBIT,
        Type::JSONB,
        Type::INT4_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT4_RANGE,
        Type::INT8MULTI_RANGE,
        Type::TEXT,
    ];
    let mut sink = sink::Sink::new(usize::MAX);
    for type_ in types {
        let codec = Codec::of(&type_).unwrap();
        for length in 0..40 {
            for byte in [0x00, 0x01, 0x7f, 0xff] {
                let _ = codec.write_json(&vec![byte; length], &mut sink);
            }
        }
        assert!(codec.write_json(&[0xff; 39], &mut sink).is_err(), "{type_}");
        for text in ["{", "{\"", "{\"\\", "{a", "}{", "", "x"] {
            let _ = codec.write_json_of_text(text, &mut sink);
        }
    }
}

fn columns(types: &[(&str, Type)]) -> Arc<[OutputColumn]> {
    types.iter().map(|(name, type_)| OutputColumn::new(name, type_)).collect()
}

#[test]
fn a_result_is_compact_and_keeps_duplicate_names() {
    let mut writer = RowWriter::new(columns(&[("a", Type::INT4), ("a", Type::POINT)]), Form::Text, 10, 10_000);
    assert!(writer.push(|index| Ok([Some(b"1".as_slice()), Some(b"(1,2)")][index])).unwrap());
    assert!(writer.push(|_| Ok(None)).unwrap());
    let result = writer.finish(None);
    assert_eq!(
        result.json,
        "{\"columns\":[{\"name\":\"a\",\"type\":\"integer\"},{\"name\":\"a\",\"type\":\"point\"}],\
         \"rows\":[[1,\"(1,2)\"],[null,null]],\"row_count\":2,\"truncated\":false}"
    );
    assert_eq!((result.row_count, result.truncated), (2, None));
}

#[test]
fn a_full_result_says_what_cut_it_short() {
    let text = || columns(&[("t", Type::TEXT)]);
    let mut writer = RowWriter::new(text(), Form::Binary, 2, 10_000);
    for expected in [true, true, false, false] {
        assert_eq!(writer.push(|_| Ok(Some(b"x".as_slice()))).unwrap(), expected);
    }
    let result = writer.finish(None);
    assert_eq!((result.row_count, result.truncated), (2, Some(Truncation::Rows)));
    assert!(
        result
            .json
            .ends_with("\"rows\":[[\"x\"],[\"x\"]],\"row_count\":2,\"truncated\":true,\"truncated_by\":\"rows\"}")
    );

    let mut writer = RowWriter::new(text(), Form::Binary, 1_000, 1_000);
    let mut pushed = 0;
    while writer.push(|_| Ok(Some([b'x'; 100].as_slice()))).unwrap() {
        pushed += 1;
    }
    // A later, smaller row doesn't slip in behind the one that was left out.
    assert!(!writer.push(|_| Ok(Some(b"x".as_slice()))).unwrap());
    let result = writer.finish(None);
    assert_eq!((result.row_count, result.truncated), (pushed, Some(Truncation::Bytes)));
    assert!(pushed > 5 && result.json.len() <= 1_000);
    assert!(result.json.ends_with("\"truncated\":true,\"truncated_by\":\"bytes\"}"));
    serde_json::from_str::<serde_json::Value>(&result.json).unwrap();
}

#[test]
fn exactly_as_many_rows_as_the_cap_are_not_truncated() {
    let mut writer = RowWriter::new(columns(&[("t", Type::TEXT)]), Form::Binary, 1, 10_000);
    assert!(writer.push(|_| Ok(None)).unwrap());
    assert_eq!(writer.finish(None).truncated, None);
}

mod live;
