use proptest::prelude::*;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// A message with a structured result, a text that is long if it is, and one that isn't.
fn message(seal: &Seal, json: &str, text: &str, unwanted: Option<&CancellationToken>) -> String {
    let mut result = CallToolResult::success(vec![ContentBlock::text(text), ContentBlock::text("short \" one")]);
    result.structured_content = Some(Value::String(json.to_owned()));
    seal.put_on(&mut result, unwanted);
    json!({ "content": result.content, "structured": result.structured_content, "end": "\"sealed:00:" }).to_string()
        + "\n"
}

/// The same as it shall leave.
fn expected(json: &str, text: &str) -> String {
    let blocks = [ContentBlock::text(text), ContentBlock::text("short \" one")];
    let mut whole = json!({ "content": blocks, "structured": "@@", "end": "\"sealed:00:" }).to_string() + "\n";
    whole = whole.replace("\"@@\"", json);
    whole
}

fn leaves(seal: &Seal, message: &str, at_once: usize) -> String {
    let (mut unsealing, mut out) = (Unsealing::new(seal.clone()), Vec::new());
    for part in message.as_bytes().chunks(at_once) {
        unsealing.feed(Bytes::copy_from_slice(part));
        while let Some(next) = unsealing.next() {
            assert!(next.len() <= 6 * STEP + 2);
            out.extend_from_slice(&next);
        }
    }
    assert!(unsealing.is_empty());
    String::from_utf8(out).unwrap()
}

const JSON: &str = r#"{"n":123456789012345678901234567890.10,"t":"a\"b\\c\u0001\n","e":"","x":["\\"]}"#;

#[test]
fn what_was_kept_leaves_as_it_was_however_it_is_cut() {
    let seal = Seal::new().unwrap();
    let long = "\u{0}\n\"sealed:\\ü".repeat(20_000);
    for at_once in (1..60).chain([1000, 1 << 20]) {
        let sealed = message(&seal, JSON, "brief", None) + &message(&seal, "[]", &long, None);
        assert!(sealed.len() < 1_000 && !seal.is_idle());
        let out = leaves(&seal, &sealed, at_once);
        assert!(out == expected(JSON, "brief") + &expected("[]", &long), "{at_once} at once");
        assert!(seal.is_idle());
    }
}

#[test]
fn the_mark_of_another_door_is_text_like_any_other() {
    let (seal, other) = (Seal::new().unwrap(), Seal::new().unwrap());
    let _busy = message(&seal, "[1]", "x", None);
    let message = message(&other, "[1]", "x", None);
    assert_eq!(leaves(&seal, &message, 7), message);
}

#[tokio::test]
async fn what_nobody_waits_for_is_not_kept() {
    let seal = Seal::new().unwrap();
    let unwanted = CancellationToken::new();
    let sealed = message(&seal, "[1]", &"x".repeat(SHORTEST), Some(&unwanted));
    assert!(!seal.is_idle());
    unwanted.cancel();
    while !seal.is_idle() {
        tokio::task::yield_now().await;
    }
    // Even what should have left is JSON.
    let _busy = message(&seal, "[1]", "x", None);
    serde_json::from_str::<Value>(&leaves(&seal, &sealed, 11)).unwrap();
}

#[tokio::test]
async fn a_slow_reader_gets_all_of_it() {
    let seal = Seal::new().unwrap();
    let json = json!([{ "t": "\"\\ü".repeat(100_000) }]).to_string();
    let (writer, mut reader) = tokio::io::duplex(100);
    let text = message(&seal, &json, "x", None);
    let writing = async {
        let mut writer = Unsealed::new(writer, seal.clone());
        writer.write_all(text.as_bytes()).await.unwrap();
        writer.flush().await.unwrap();
    };
    let mut read = String::new();
    tokio::join!(writing, async { reader.read_to_string(&mut read).await.unwrap() });
    assert!(read == expected(&json, "x"));
}

proptest! {
    #[test]
    fn any_text_survives(texts in prop::collection::vec(any::<String>(), 1..5), more: String, at_once in 1_usize..40) {
        let seal = Seal::new().unwrap();
        let (json, text) = (json!(texts).to_string(), more.repeat(1 + SHORTEST / more.len().max(1)));
        let left: Value = serde_json::from_str(&leaves(&seal, &message(&seal, &json, &text, None), at_once)).unwrap();
        prop_assert_eq!(&left["structured"], &json!(texts));
        prop_assert_eq!(&left["content"][0]["text"], &json!(text));
    }
}
