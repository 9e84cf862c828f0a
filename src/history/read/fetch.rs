//! Records by their places, read back from the segments.

use super::super::lines::instances;
use super::chain::{ChainReader, Position};
use super::record::{Found, Place};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The records at these places, in their order; `None` where there is none any more. Each segment is gone through once.
///
/// # Errors
/// The operating system's.
pub fn fetch(directory: &Path, places: &[Place]) -> io::Result<Vec<Option<Found>>> {
    let chains = instances(directory)?;
    let mut order: Vec<(usize, &Place)> = places.iter().enumerate().collect();
    order.sort_by_key(|(_, place)| (&place.instance, place.segment, place.offset));
    let mut fetched: Vec<Option<Found>> = places.iter().map(|_| None).collect();
    let mut reader: Option<ChainReader> = None;
    for (at, place) in order {
        let Some((_, path)) = chains.iter().find(|(name, _)| **name == *place.instance) else { continue };
        let to = Position { instance: Arc::clone(&place.instance), segment: place.segment, offset: place.offset };
        let mut chain = match reader.take() {
            Some(chain) if chain.position().instance == to.instance && chain.position().segment == to.segment => chain,
            _ => ChainReader::open_at(path.clone(), to.clone()),
        };
        chain.go_to(to.offset)?;
        let found = chain.next()?.filter(|found| found.place == *place);
        if let Some(slot) = fetched.get_mut(at) {
            *slot = found;
        }
        reader = Some(chain);
    }
    Ok(fetched)
}
