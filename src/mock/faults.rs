/// What goes wrong, and how often: each is so many times of 256 that it could.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Faults {
    /// The handshake is answered with 503.
    pub refuse: u8,
    /// The handshake is answered with 401, though the token was good.
    pub refuse_token: u8,
    /// A connection is broken as soon as it is open.
    pub accept_then_drop: u8,
    /// A payload is delivered twice.
    pub duplicate: u8,
    /// A payload comes later, by up to `max_delay_ms`; and so does all that follows it on its connection.
    pub delay: u8,
    /// How much later at the most.
    pub max_delay_ms: u32,
    /// A payload comes in pieces of one byte.
    pub cut: u8,
    /// In front of a payload comes another that is far too long.
    pub oversize: u8,
    /// In front of a payload comes one that is cut short.
    pub garbage: u8,
    /// In front of a payload comes another of a `Type` that nobody knows.
    pub unknown_type: u8,
    /// A publish is rejected with an `ErrorCode` that nobody knows.
    pub unknown_code: u8,
    /// A publish is rejected with an error 429, and the next nine as well.
    pub burst_429: u8,
    /// The connection is broken after a publish was done, before its answer.
    pub drop_after_accept: u8,
    /// The connection is broken instead of a publish being done.
    pub drop: u8,
    /// With a publish an error 401 comes out of the blue, as if the session were over.
    pub expire: u8,
    /// With a publish, all connections are closed with 1012: the service restarts.
    pub restart: u8,
    /// With a publish, its user is disconnected.
    pub kick: u8,
}

impl Faults {
    /// Nothing goes wrong.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            refuse: 0,
            refuse_token: 0,
            accept_then_drop: 0,
            duplicate: 0,
            delay: 0,
            max_delay_ms: 0,
            cut: 0,
            oversize: 0,
            garbage: 0,
            unknown_type: 0,
            unknown_code: 0,
            burst_429: 0,
            drop_after_accept: 0,
            drop: 0,
            expire: 0,
            restart: 0,
            kick: 0,
        }
    }
}
