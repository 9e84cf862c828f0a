//! Parameters travel in text format, so that PostgreSQL's own input functions read them and any type can be one.

use std::error::Error;
use std::fmt;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};

/// One value in its type's input format, or NULL.
pub(crate) struct TextParameter<'a>(pub(crate) Option<&'a str>);

impl fmt::Debug for TextParameter<'_> {
    /// The client library prints parameters into its debug log; values don't belong there.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "…" } else { "NULL" })
    }
}

impl ToSql for TextParameter<'_> {
    fn to_sql(&self, _type: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.0 {
            None => Ok(IsNull::Yes),
            Some(text) => {
                out.put_slice(text.as_bytes());
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_type: &Type) -> bool {
        true
    }

    fn encode_format(&self, _type: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_in_debug() {
        assert_eq!(format!("{:?}", TextParameter(Some("secret"))), "…");
    }
}
