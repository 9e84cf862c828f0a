//! A stack that is deep enough for whatever passes the token cap: the parser's tree of `1+1+1+…` is as deep as it is
//! long, and parsing, walking and dropping it are recursive.

/// Bytes of stack for one statement.
const STACK: usize = 64 << 20;

/// Runs `f` on a big stack. The whole gate runs inside, so that the parser's tree is also dropped there.
pub fn on_big_stack<T>(f: impl FnOnce() -> T) -> T {
    stacker::grow(STACK, f)
}
