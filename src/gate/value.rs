//! stub
use crate::gate::catalog::Type;
/// stub
pub fn to_text(_v: &serde_json::Value, _h: Option<&Type>) -> Result<Option<String>, String> { Ok(None) }
