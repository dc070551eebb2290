use crate::text::Text;

/// A `RequestId` that was made here: a version 4 UUID ([RFC 9562], section 5.4), as the official SDKs send.
///
/// [RFC 9562]: https://www.rfc-editor.org/rfc/rfc9562#section-5.4
pub(super) struct RequestId([u8; 36]);

impl RequestId {
    /// The UUID whose 122 free bits are those of `bits`.
    pub(super) fn new(bits: u128) -> Self {
        let bits = bits & !(0xf << 76) & !(0x3 << 62) | 4 << 76 | 2 << 62;
        let mut digits = [b'-'; 36];
        let places = digits.iter_mut().enumerate().filter(|(place, _)| !matches!(place, 8 | 13 | 18 | 23));
        for ((_, digit), shift) in places.zip((0..128).step_by(4).rev()) {
            *digit = match (bits >> shift).to_le_bytes().first().map(|byte| byte & 0xf) {
                Some(low @ 0..=9) => b'0'.wrapping_add(low),
                Some(high) => b'a'.wrapping_sub(10).wrapping_add(high),
                None => b'0',
            };
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
