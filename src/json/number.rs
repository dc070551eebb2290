//! What the digits of a number say, once they are known to be one.

/// How many digits are looked at: as many as 64 bits hold.
const SIGNIFICANT: u32 = 19;
/// In `isize`, no text has too many digits to count, and a processor of 32 bits takes it in one
/// register.
///
/// What is less than halfway from the largest double, 1.7976931348623157081e308, to what would be
/// the next and so is rounded to the largest: its first digits, and the power of ten of the first.
const LARGEST: (u64, isize) = (1_797_693_134_862_315_807, 308);

/// Whether a number of the grammar of RFC 8259 (section 6) is beyond the range of a double, as no
/// receiver could hold it.
pub(super) fn is_beyond_double(number: &[u8]) -> bool {
    let mut digits = 0_u64;
    let mut taken = 0_u32;
    // The power of ten of the digit in front of the point, counted from the first significant one.
    let mut power = -1_isize;
    let mut in_fraction = false;
    let mut bytes = number.iter();
    for &byte in bytes.by_ref() {
        match byte {
            b'.' => in_fraction = true,
            b'e' | b'E' => break,
            b'0'..=b'9' => {
                let significant = taken > 0 || byte != b'0';
                if significant && taken < SIGNIFICANT {
                    digits = digits.wrapping_mul(10).wrapping_add(u64::from(byte & 0x0f));
                    taken = taken.saturating_add(1);
                }
                power = match (in_fraction, significant) {
                    (false, true) => power.saturating_add(1),
                    (true, false) => power.saturating_sub(1),
                    _ => power,
                };
            }
            _ => {}
        }
    }
    let (mut exponent, mut negative) = (0_isize, false);
    for &byte in bytes {
        match byte {
            b'-' => negative = true,
            b'+' => {}
            digit => {
                exponent = exponent.saturating_mul(10).saturating_add(isize::from(digit & 0x0f));
            }
        }
    }
    power = if negative { power.saturating_sub(exponent) } else { power.saturating_add(exponent) };
    for _ in taken..SIGNIFICANT {
        digits = digits.wrapping_mul(10);
    }
    digits != 0 && (power > LARGEST.1 || power == LARGEST.1 && digits > LARGEST.0)
}

#[cfg(test)]
mod tests {
    use super::is_beyond_double;

    #[test]
    fn the_range_of_a_double() {
        for (number, beyond) in [
            ("0", false),
            ("-0.0e99999999999999999999", false),
            ("1e308", false),
            ("1.7976931348623157e308", false),
            ("1.7976931348623158e308", false),
            ("1.79769313486231580e308", false),
            ("17976931348623158067e289", false),
            ("1.7976931348623158080e308", true),
            ("1.7976931348623159e308", true),
            ("-17976931348623159e292", true),
            ("1e309", true),
            ("1E+309", true),
            ("0.0001e312", false),
            ("0.0001e313", true),
            ("123e-99999999999999999999", false),
            ("1e99999999999999999999", true),
            ("10000e-1", false),
        ] {
            assert_eq!(is_beyond_double(number.as_bytes()), beyond, "{number}");
            assert_eq!(number.parse::<f64>().unwrap().is_infinite(), beyond, "{number}");
        }
        let mut long = [b'9'; 309];
        assert!(is_beyond_double(&long));
        long[0] = b'1';
        long[1] = b'0';
        assert!(!is_beyond_double(&long));
        assert!(!is_beyond_double(&long[1..]));
    }
}
