//! Code shared by the binaries `chat` and `mock_room`.

pub mod clock;
pub mod display;
pub mod exit;
pub mod stdin;
pub mod websocket;
