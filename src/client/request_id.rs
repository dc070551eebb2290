use crate::value::Text;

/// A generated `RequestId`: a version 4 UUID ([RFC 9562], section 5.4), as in the official SDKs.
///
/// [RFC 9562]: https://www.rfc-editor.org/rfc/rfc9562#section-5.4
pub(super) struct RequestId([u8; 36]);

impl RequestId {
    /// Creates the UUID whose 122 free bits come from `bits`.
    pub(super) fn new(bits: u128) -> Self {
        let bits = bits & !(0xf << 76) & !(0x3 << 62) | 4 << 76 | 2 << 62;
        let mut digits = *b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
        let mut rest = bits;
        for digit in digits.iter_mut().rev().filter(|digit| **digit != b'-') {
            let [lowest, ..] = rest.to_le_bytes();
            *digit = match lowest & 0xf {
                value @ 0..=9 => b'0'.wrapping_add(value),
                value => b'a'.wrapping_sub(10).wrapping_add(value),
            };
            rest >>= 4;
        }
        Self(digits)
    }

    pub(super) fn text(&self) -> Text<'_> {
        Text::new(core::str::from_utf8(&self.0).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::RequestId;

    #[test]
    fn is_a_uuid_of_version_4() {
        assert_eq!(RequestId::new(0).text(), "00000000-0000-4000-8000-000000000000");
        assert_eq!(RequestId::new(u128::MAX).text(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(
            RequestId::new(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef).text(),
            "01234567-89ab-4def-8123-456789abcdef"
        );
    }
}
