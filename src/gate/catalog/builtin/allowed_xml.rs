//! Allowed: xml.

use super::{Group, Kind, Ruling, Size, of, sized};

pub(super) static XML: Group = Group {
    name: "xml",
    reason: "check, make and query xml values given to them; PostgreSQL answers every external entity with \
             nothing, so no file or address is read. What maps tables, queries or cursors to xml is refused",
    ruling: Ruling::Allowed,
    kind: Kind::Function,
    functions: &[
        of("xml_is_well_formed(text)"),
        of("xml_is_well_formed_content(text)"),
        of("xml_is_well_formed_document(text)"),
        of("xmlcomment(text)"),
        sized("xmlexists(text, xml)", Size::Program(1)),
        of("xmltext(text)"),
        sized("xpath(text, xml)", Size::Program(1)),
        sized("xpath(text, xml, text[])", Size::Program(1)),
        sized("xpath_exists(text, xml)", Size::Program(1)),
        sized("xpath_exists(text, xml, text[])", Size::Program(1)),
    ],
    names: &[],
    arguments: &[],
};
