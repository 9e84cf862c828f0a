//! A stack that is deep enough for whatever passes the token cap: the parser's tree of `1+1+1+…` is as deep as it is
//! long, and parsing, walking and dropping it are recursive.

/// Bytes of stack for one statement.
const STACK: usize = 64 << 20;

/// Bytes of stack of a thread that runs the gate without leaving its own stack: mapping another one for each statement
/// costs more than a short statement's whole way through the gate. Only what is used is ever memory.
pub const THREAD_STACK: usize = STACK + (8 << 20);

/// Runs `f` with at least [`STACK`] bytes of stack: on the thread's own if that has so much left. The whole gate runs
/// inside, so that the parser's tree is also dropped there.
pub fn on_big_stack<T>(f: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK, STACK, f)
}
