//! Header compression: RFC 7541.

mod decode;
mod encode;
mod fixed;
mod huffman;
mod integer;
mod table;
mod tables;

pub use decode::Decoder;
pub use encode::{Encoder, alone};

/// A name and a value.
pub type Field = (Vec<u8>, Vec<u8>);

/// Why a block of fields can't be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Malformed {
    /// It ends in the middle.
    Truncated,
    /// A number that is too large.
    Integer,
    /// A field that is in no table.
    Index,
    /// A text that is not coded by the rules.
    Huffman,
    /// A table size beyond what was allowed, or not at the beginning.
    TableSize,
    /// More fields than the limit.
    TooLarge,
}

#[cfg(test)]
mod tests;
